"""The steps of the formula, against PyTorch's own attention and against the models' weights."""

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from core.errors import BadInput, NotFound
from core.interpret import store
from core.interpret.captured import check_place
from core.interpret.detail import diagonals, row, rows, spread, steps
from core.work.attention import compute
from core.work.attention import detail as make
from core.workspace import Workspace
from tests.interpret import captures, models


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("key_heads", [4, 2, 1])
def test_the_output_is_that_of_the_fused_kernel(causal: bool, key_heads: int) -> None:
    found = captures.detail(key_heads=key_heads, causal=causal, queries=6, keys=6)
    q, k, v = (
        torch.from_numpy(a).double()[None] for a in (found.queries, found.keys, found.values)
    )
    theirs = scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=True)[0].numpy()
    for head in range(found.heads):
        ours = steps(found, head)
        assert np.abs(ours.output - theirs[head]).max() < 2e-15
        assert np.abs(ours.weights.sum(-1) - 1).max() < 1e-15
        assert (ours.weights >= 0).all()
        if causal:
            assert (np.triu(ours.weights, 1) == 0).all()


def test_each_step_is_what_its_name_says() -> None:
    found = captures.detail(bias=True, causal=True)
    ours = steps(found, 3)
    assert found.key_head(3) == 1
    assert ours.scores[2, 1] == pytest.approx(
        float(found.queries[3, 2].astype(float) @ found.keys[1, 1].astype(float))
    )
    assert found.bias is not None
    assert np.allclose(ours.scaled, ours.scores * found.scaling + found.bias[3])
    assert np.isneginf(ours.masked[~found.visible]).all()
    assert np.array_equal(ours.masked[found.visible], ours.scaled[found.visible])
    assert np.array_equal(row(found, 3, 2), ours.weights[2])
    assert np.array_equal(rows(found, 3, np.array([0, 2])), ours.weights[[0, 2]])


def test_a_query_that_may_look_nowhere_looks_nowhere() -> None:
    found = captures.detail()
    found.visible[1] = False
    assert (steps(found, 0).weights[1] == 0).all()


def test_a_bias_by_distance_is_kept_as_one_number_a_distance() -> None:
    draw = np.random.default_rng(0).normal(size=(3, 9)).astype(np.float32)
    bias = spread(draw, 4)
    assert bias.shape == (3, 4, 6)
    assert (bias[:, 1, 2] == bias[:, 0, 1]).all() and (bias[:, 0, 0] == draw[:, 3]).all()
    assert np.array_equal(diagonals(bias), draw)
    other = bias.copy()
    other[0, 1, 1] += 1
    assert diagonals(other) is None


@pytest.mark.parametrize(("name", "target"), [
    ("t5", "mat and dog"), ("llama", None), ("gemma2", None), ("bert", None),
])  # fmt: skip
def test_a_layer_read_later_gives_the_weights_that_were_drawn(tmp_path, name, target) -> None:
    folder = tmp_path / name
    models.build(name).save_pretrained(folder)
    models.tokenizer(end=name == "t5").save_pretrained(folder)
    workspace = Workspace.open(tmp_path / "home")
    asked = {"workspace": str(workspace.root), "model": str(folder), "target": target}
    key = compute({**asked, "text": "where is the cat on my mat"})["key"]
    whole = store.open_capture(workspace, key)
    for kind in whole.kinds:
        place = {"workspace": str(workspace.root), "key": key, "kind": kind, "layer": 1}
        assert make(place)["new"] and not make(place)["new"]
        found = store.open_detail(workspace, key, kind, 1)
        for head in range(found.heads):
            assert np.abs(steps(found, head).weights - whole.weights[kind][1, head]).max() < 1e-6


def test_a_detail_that_cannot_be_had_says_so(tmp_path) -> None:
    workspace = Workspace.open(tmp_path)
    store.save(workspace, "abc", captures.seq2seq())
    with pytest.raises(NotFound, match="make it again"):
        store.open_detail(workspace, "abc", "cross", 0)
    request = {"workspace": str(tmp_path), "key": "abc", "kind": "cross"}
    with pytest.raises(BadInput, match="no cross layer 7 in tiny; choose one from 0 to 2"):
        make({**request, "layer": 7})
    path = store.detail_path(workspace, "abc", "cross", 0)
    store.save_detail(path, captures.detail("cross"))
    assert store.open_detail(workspace, "abc", "cross", 0).scaling == pytest.approx(8**-0.5)
    np.savez(path, keys=np.zeros(3))
    with pytest.raises(BadInput, match="not a readable detail"):
        store.open_detail(workspace, "abc", "cross", 0)


@pytest.mark.parametrize(("kind", "layer", "head", "words"), [
    ("self", 0, 0, "no 'self' attention of tiny for this text; choose encoder or decoder or cross"),
    ("encoder", 2, 0, "no encoder layer 2 in tiny; choose one from 0 to 1"),
    ("encoder", -1, 0, "no encoder layer -1"),
    ("decoder", 0, 2, "no decoder head 2 in tiny; choose one from 0 to 1"),
])  # fmt: skip
def test_a_layer_or_head_out_of_range_is_refused(kind, layer, head, words) -> None:
    check_place(captures.seq2seq(), "decoder", 2, 1)
    with pytest.raises(BadInput, match=words):
        check_place(captures.seq2seq(), kind, layer, head)
