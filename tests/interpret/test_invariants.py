"""What must hold of any attention, with the sizes of error that float64 leaves."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from core.interpret import measures, tap
from core.interpret.capture import capture
from core.interpret.detail import Detail, steps
from tests.interpret import models

HEADS, QUERIES, SIZE = 8, 12, 64
WINDOW = 4
ROUNDING = 1e-14
"""Sums of float64 in another order differ in their last bits, more so on some processors."""


def drawn(key_heads: int = HEADS, keys: int = QUERIES, seed: int = 0) -> list[torch.Tensor]:
    """Random queries, keys and values, float64, with a batch of one."""
    generator = torch.Generator().manual_seed(seed)
    shapes = ((HEADS, QUERIES), (key_heads, keys), (key_heads, keys))
    return [torch.randn(1, *s, SIZE, generator=generator, dtype=torch.float64) for s in shapes]


def visible(pattern: str) -> torch.Tensor | None:
    """Where a query may look."""
    back = torch.arange(QUERIES)[:, None] - torch.arange(QUERIES)[None]
    return {"all": None, "causal": back >= 0, "window": (back >= 0) & (back < WINDOW)}[pattern]


def detail(q, k, v, may: torch.Tensor | None = None, scaling: float = SIZE**-0.5) -> Detail:
    """The same as one layer's detail; float64 stays float64."""
    if may is None:
        may = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool)
    arrays = (tensor[0].numpy() for tensor in (q, k, v))
    return Detail("decoder", 0, *arrays, None, may.numpy(), scaling, None)


@pytest.mark.parametrize("pattern", ["all", "causal", "window"])
@pytest.mark.parametrize("key_heads", [8, 4, 2, 1])
def test_weights_times_values_is_pytorchs_own_attention(pattern: str, key_heads: int) -> None:
    q, k, v = drawn(key_heads)
    may = visible(pattern)
    theirs = scaled_dot_product_attention(q, k, v, attn_mask=may, enable_gqa=key_heads < HEADS)
    mask = None if may is None else torch.where(may, 0.0, -torch.inf)
    ours = tap.weigh(q, k, SIZE**-0.5, None if mask is None else mask[None, None])
    mixed = ours @ v.repeat_interleave(HEADS // key_heads, dim=1)
    assert (mixed - theirs).abs().max() < ROUNDING
    for head in range(HEADS):
        found = steps(detail(q, k, v, may), head)
        assert np.abs(found.output - theirs[0, head].numpy()).max() < ROUNDING
        assert np.abs(found.weights - ours[0, head].numpy()).max() < ROUNDING


@pytest.mark.parametrize(("pattern", "seen"), [
    ("all", [QUERIES] * QUERIES),
    ("causal", list(range(1, QUERIES + 1))),
    ("window", [min(row + 1, WINDOW) for row in range(QUERIES)]),
])  # fmt: skip
def test_rows_add_up_to_one_over_exactly_the_keys_they_may_see(pattern, seen) -> None:
    q, k, v = drawn(2)
    for head in range(HEADS):
        weights = steps(detail(q, k, v, visible(pattern)), head).weights
        assert np.abs(weights.sum(-1) - 1).max() < 1e-15 and (weights >= 0).all()
        assert np.count_nonzero(weights, axis=-1).tolist() == seen
        if pattern != "all":
            assert (np.triu(weights, 1) == 0).all()


def test_without_the_division_by_the_root_of_d_the_entropy_falls() -> None:
    q, k, v = drawn()
    divided = [steps(detail(q, k, v), head).weights for head in range(HEADS)]
    raw = [steps(detail(q, k, v, scaling=1.0), head).weights for head in range(HEADS)]
    entropy, without = (measures.entropy_nats(np.stack(w)) for w in (divided, raw))
    assert (entropy > 3 * without).all()
    for found in (entropy, without):
        assert (found >= 0).all() and (found <= math.log(QUERIES)).all()


@pytest.mark.parametrize("pattern", ["all", "causal"])
def test_the_entropy_of_a_row_is_at_most_that_of_an_even_look(pattern: str) -> None:
    q, k, v = drawn(seed=3)
    weights = steps(detail(q, k, v, visible(pattern)), 0).weights
    for row, found in enumerate(weights):
        most = math.log(row + 1 if pattern == "causal" else QUERIES)
        assert -1e-12 <= measures.entropy_nats(found[None]) <= most + 1e-12


def test_a_score_that_overflows_an_exponential_is_still_a_share() -> None:
    q, k, v = drawn()
    found = steps(detail(1000 * q, k, v), 0)
    assert np.isfinite(found.weights).all() and np.abs(found.weights.sum(-1) - 1).max() < 1e-15


def test_rows_of_cross_attention_add_up_to_one_and_columns_do_not() -> None:
    found = capture(models.build("t5"), models.tokenizer(), "where is the cat on my", "mat and dog")
    cross = found.weights["cross"]
    assert cross.shape[2:] == (4, 7)
    assert np.abs(cross.sum(-1) - 1).max() < 1e-6
    assert np.abs(cross.sum(-2) - 1).max() > 0.1


@pytest.mark.parametrize("name", ["t5", "llama", "gpt2", "bert"])
def test_a_mean_of_heads_still_adds_up_to_one(name: str) -> None:
    tokenizer = models.tokenizer(end=name in ("t5", "bert"))
    found = capture(models.build(name), tokenizer, "where is the cat on my", name=name)
    for kind in found.kinds:
        assert np.abs(found.matrix(kind, 1, None).sum(-1) - 1).max() < 1e-6


@pytest.mark.parametrize("name", ["llama", "qwen3", "gpt2", "bert", "t5", "bart", "gemma3"])
def test_a_gate_on_a_head_lets_the_gradient_through_and_changes_nothing_at_one(name: str) -> None:
    model = models.build(name)
    tokenizer = models.tokenizer(end=name in ("t5", "bart", "bert"))
    inputs = dict(tokenizer("where is the cat", return_tensors="pt"))
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = inputs["input_ids"]
    gate = torch.ones(4, requires_grad=True)

    def attend(call: tap.Call) -> torch.Tensor:
        return call.mix(call.weights(torch.float32)) * gate[:, None, None]

    with torch.no_grad():
        plain = model(**inputs).logits
    with tap.attending(model, attend):
        gated = model(**inputs).logits
    assert (plain - gated).abs().max() < 1e-5
    (slope,) = torch.autograd.grad(gated.pow(2).sum(), gate)
    assert slope.shape == (4,) and (slope != 0).all()
