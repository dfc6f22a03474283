"""Captured attention against the models' own outputs, for each family."""

import dataclasses

import numpy as np
import pytest
import torch

from core.errors import BadInput, WorkFailed
from core.interpret import parity, tap
from core.interpret.capture import capture
from tests.interpret import models

SHAPES = {
    "t5": {"encoder": (3, 4, 7, 7), "decoder": (2, 4, 4, 4), "cross": (2, 4, 4, 7)},
    "bart": {"encoder": (2, 4, 7, 7), "decoder": (3, 4, 4, 4), "cross": (3, 4, 4, 7)},
    "marian": {"encoder": (2, 4, 7, 7), "decoder": (3, 4, 4, 4), "cross": (3, 4, 4, 7)},
    "bert": {"encoder": (2, 4, 11, 11)},
    "distilbert": {"encoder": (2, 4, 11, 11)},
    "llama": {"decoder": (2, 4, 9, 9)},
    "gpt2": {"decoder": (2, 4, 9, 9)},
    "gemma2": {"decoder": (2, 4, 9, 9)},
    "roberta": {"encoder": (2, 4, 11, 11)},
    "qwen3": {"decoder": (2, 4, 9, 9)},
    "mistral": {"decoder": (2, 4, 9, 9)},
    "gemma3": {"decoder": (3, 4, 9, 9)},
    "bloom": {"decoder": (2, 4, 9, 9)},
    "mpt": {"decoder": (2, 4, 9, 9)},
}
BYPASS = ("bloom", "mpt")
DECODERS = ("llama", "gpt2", "gemma2", "qwen3", "mistral", "gemma3", *BYPASS)
TEXT, TARGET = "where is the cat on my", "mat and dog"


def grab(name: str, text: str = TEXT, target: str | None = TARGET):
    causal = name in DECODERS
    sep = " " if causal and target else ""
    return capture(
        models.build(name), models.tokenizer(end=not causal), text + sep, target, name=name
    )


@pytest.mark.parametrize("name", SHAPES)
def test_each_family_gives_its_kinds_and_passes_the_check(name: str) -> None:
    found = grab(name)
    assert {kind: w.shape for kind, w in found.weights.items()} == SHAPES[name]
    if name in BYPASS:
        assert found.parity.attention_max_abs_error is None and found.scaling is None
    else:
        assert found.parity.attention_max_abs_error < 1e-6
        assert found.scaling == (1.0 if name == "t5" else pytest.approx(8**-0.5))
    assert found.parity.output_max_abs_error < 1e-5
    assert found.parity.row_sum_error < 1e-6
    for kind, weights in found.weights.items():
        assert weights.dtype == np.float32
        assert len(found.queries(kind)) == weights.shape[2]
        assert len(found.keys(kind)) == len(found.separators(kind)) == weights.shape[3]
        assert (weights >= 0).all()
        if kind == "decoder":
            assert (np.triu(weights, 1) == 0).all()
    assert found.head_dim == 8
    assert found.parity.mask_max_weight == 0


def test_weights_are_those_of_a_plain_forward_pass_with_labels() -> None:
    model, tokenizer = models.build("t5"), models.tokenizer()
    found = capture(model, tokenizer, TEXT, TARGET)
    model.set_attn_implementation("eager")
    batch = tokenizer(TEXT, return_tensors="pt")
    labels = tokenizer(text_target=TARGET, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        theirs = model(**batch, labels=labels, output_attentions=True)
    for kind, tensors in (("encoder", theirs.encoder_attentions),
                          ("decoder", theirs.decoder_attentions),
                          ("cross", theirs.cross_attentions)):  # fmt: skip
        assert np.array_equal(found.weights[kind], torch.cat(tensors).numpy())
    assert found.tokens[-1] == "</s>" and found.special[-1] and not found.special[0]
    assert found.target_tokens == ("<pad>", "mat", "and", "dog")
    assert found.next_tokens == ("mat", "and", "dog", "</s>")


@pytest.mark.parametrize("name", ["t5", "bart"])
def test_without_a_target_the_model_writes_its_own(name: str) -> None:
    model, tokenizer = models.build(name), models.tokenizer()
    model.generation_config.max_new_tokens = 6
    found = capture(model, tokenizer, TEXT)
    written = model.generate(
        **tokenizer(TEXT, return_tensors="pt"), do_sample=False, max_new_tokens=6
    )
    assert found.generated == tokenizer.decode(written[0], skip_special_tokens=True)
    assert len(found.target_tokens) == written.shape[1] - 1
    again = capture(model, tokenizer, TEXT)
    assert np.array_equal(found.weights["cross"], again.weights["cross"])


def test_the_model_keeps_its_own_attention() -> None:
    model = models.build("llama")
    capture(model, models.tokenizer(end=False), TEXT)
    assert model.config._attn_implementation == "sdpa"


def test_dropout_never_reaches_the_picture() -> None:
    model = models.build("t5")
    calm = capture(model, models.tokenizer(), TEXT, TARGET)
    again = capture(model.train(), models.tokenizer(), TEXT, TARGET)
    assert model.config.dropout_rate > 0
    assert np.array_equal(calm.weights["cross"], again.weights["cross"])


def test_grouped_key_heads_show_every_query_head() -> None:
    found = grab("llama", target=None)
    assert found.weights["decoder"].shape[1] == 4
    assert models.build("llama").config.num_key_value_heads == 2


@pytest.mark.parametrize(("text", "target", "words"), [
    ("  ", None, "text is empty"), (TEXT, " ", "target is empty"),
])  # fmt: skip
def test_nothing_to_look_at_is_refused(text: str, target: str | None, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        grab("t5", text, target)


def test_a_picture_that_differs_from_the_recomputation_is_not_drawn(monkeypatch) -> None:
    right = tap.weigh

    def tilted(*given, **more):
        return (right(*given, **more) + 0.01) / 1.01

    monkeypatch.setattr(tap, "weigh", tilted)
    with pytest.raises(WorkFailed, match=r"weights differ from a recomputation by .* 0\.0001"):
        grab("llama", target=None)


@pytest.mark.parametrize("name", [
    "attention_max_abs_error", "row_sum_error", "output_max_abs_error",
])  # fmt: skip
@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_every_error_can_refuse_the_picture(name: str, value: float) -> None:
    good = grab("llama", target=None).parity
    parity.check(good, "m")
    with pytest.raises(WorkFailed, match="is not drawn"):
        parity.check(dataclasses.replace(good, **{name: value}), "m")


def test_recomputed_weights_equal_a_plain_softmax() -> None:
    query, key = torch.randn(1, 4, 5, 8), torch.randn(1, 2, 6, 8)
    mask = torch.zeros(1, 1, 5, 6)
    mask[..., 4:] = torch.finfo(torch.float32).min
    bias = torch.randn(1, 4, 5, 6)
    found = tap.weigh(query, key, 0.5, mask, bias)
    for head in range(4):
        scores = (query[0, head] @ key[0, head // 2].T * 0.5 + bias[0, head])[:, :4].exp()
        expected = scores / scores.sum(-1, keepdim=True)
        assert torch.allclose(found[0, head, :, :4].float(), expected, atol=1e-6)
    assert (found[..., 4:] == 0).all()
