"""One layer of a long text: small in memory, exact where it is read, checked against eager."""

import numpy as np
import pytest

from core.errors import BadInput, WorkFailed
from core.interpret import capture as capturing
from core.interpret import capture_words, layer, long, store
from core.interpret.capture import capture
from core.interpret.captured import check_place
from core.interpret.detail import Detail, spread
from core.workspace import Workspace
from tests.interpret import models
from tests.interpret.test_capture import DECODERS

TEXT, TARGET = "where is the cat on my mat", "and dog"
TAPPED = ("t5", "bart", "bert", "distilbert", "roberta", "llama", "gpt2", "qwen3", "mistral",
          "gemma3", "gemma2")  # fmt: skip


def grab(name: str, **how):
    tokenizer = models.tokenizer(end=name not in DECODERS)
    target = TARGET if name in ("t5", "bart") else None
    return capture(models.build(name), tokenizer, TEXT, target, name=name, **how)


@pytest.mark.parametrize("name", TAPPED)
def test_the_kept_layer_is_that_of_the_whole_picture(name: str) -> None:
    whole = grab(name)
    for kind in whole.kinds:
        found = grab(name, long=True, kind=kind, layer=1)
        assert found.weights == {} and found.kinds == [kind] and found.long is not None
        assert found.parity.attention_max_abs_error is not None
        assert found.parity.attention_max_abs_error < 1e-6
        assert found.parity.mask_max_weight == 0 and found.parity.output_max_abs_error < 1e-5
        exact = whole.weights[kind][1]
        shares = (found.long.pixels / 255.0) ** 2
        assert np.abs(shares - exact).max() <= 1 / 255 + 1e-6
        for head in range(4):
            assert np.abs(found.matrix(kind, 1, head) - exact[head]).max() < 1e-6
        assert found.long.weight(2, 1, 1) == pytest.approx(float(exact[2, 1, 1]), abs=1e-6)
        assert np.abs(found.matrix(kind, 1, None) - exact.mean(0)).max() < 1e-6
        measured = [head for head in whole.summary() if (head.kind, head.layer) == (kind, 1)]
        for ours, theirs in zip(found.summary(), measured, strict=True):
            assert (ours.kind, ours.layer, ours.head) == (theirs.kind, theirs.layer, theirs.head)
            assert ours.entropy_nats == pytest.approx(theirs.entropy_nats, abs=1e-5)
            assert ours.pattern == theirs.pattern


def test_it_comes_back_from_disk_as_it_was(tmp_path) -> None:
    workspace = Workspace.open(tmp_path)
    found = grab("t5", long=True, kind="encoder", layer=2)
    store.save(workspace, "abc", found)
    back = store.open_capture(workspace, "abc")
    assert back.long is not None and found.long is not None
    assert np.array_equal(back.long.pixels, found.long.pixels)
    assert np.array_equal(back.matrix("encoder", 2, 1), found.matrix("encoder", 2, 1))
    assert back.summary() == found.summary()
    assert store.list_captures(workspace)[0].kept == ("encoder", 2)
    check_place(back, "encoder", 2, 3)
    with pytest.raises(BadInput, match="only encoder layer 2 was kept; ask for layer 1"):
        check_place(back, "encoder", 1)
    with pytest.raises(BadInput, match="no 'cross' attention of t5 for this text; choose encoder"):
        check_place(back, "cross", 0)


def test_a_text_too_long_for_all_layers_keeps_the_middle_one(monkeypatch) -> None:
    assert capture_words.kept(grab("llama"), "en") is None
    monkeypatch.setattr(capturing, "ALL_BYTES", 1000)
    monkeypatch.setattr(capture_words, "ALL_BYTES", 1000)
    found = grab("gemma3")
    assert found.long is not None
    assert (found.long.detail.kind, found.long.detail.layer) == ("decoder", 1)
    assert found.windows("decoder") == [4, 4, None]
    assert str(capture_words.kept(found, "en")).startswith("All 3 layers would take 0 MB, so layer")
    both = grab("t5")
    assert both.long is not None and both.long.detail.kind == "cross"
    asked = grab("gemma3", kind="decoder", layer=2)
    assert asked.long is not None and asked.long.detail.layer == 2


@pytest.mark.parametrize(("name", "how", "words"), [
    ("llama", {"layer": 2}, "no decoder layer 2 in llama; choose one from 0 to 1"),
    ("llama", {"kind": "cross"}, "no 'cross' attention in llama, as it has no decoder that reads"),
    ("bloom", {}, "bloom computes attention with code of its own, so no single layer can be kept"),
])  # fmt: skip
def test_a_layer_that_cannot_be_kept_is_refused(name, how, words) -> None:
    with pytest.raises(BadInput, match=words):
        grab(name, long=True, **how)


def test_a_layer_that_differs_from_eager_is_not_drawn(monkeypatch) -> None:
    right = layer.rows

    def tilted(*given):
        return (right(*given) + 0.01) / 1.08

    monkeypatch.setattr(layer, "rows", tilted)
    with pytest.raises(WorkFailed, match="weights differ from a recomputation"):
        grab("llama", long=True)


def test_what_is_kept_is_small() -> None:
    heads, tokens, size = 12, 512, 64
    found = long.Long(
        Detail(
            "decoder", 0, *(np.zeros((heads, tokens, size), np.float32),) * 3,
            spread(np.zeros((heads, 2 * tokens - 1), np.float32), tokens),
            np.ones((tokens, tokens), bool), 0.125, None,
        ),
        np.zeros((heads, tokens, tokens), np.uint8),
    )  # fmt: skip
    assert found.nbytes == heads * tokens**2 + 3 * heads * tokens * size * 4 + tokens**2
    assert found.nbytes < 12 * heads * tokens**2 * 4 / 10


def test_bytes_keep_small_weights_apart() -> None:
    weights = np.array([0.0, 1e-5, 1e-4, 1e-3, 0.5, 1.0], np.float32)
    assert long.roots(weights).tolist() == [0, 1, 3, 8, 180, 255]
    every = np.linspace(0, 1, 100_001)
    assert np.abs((long.roots(every) / 255.0) ** 2 - every).max() < 0.0039 + 1e-4
