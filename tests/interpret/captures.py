"""A made-up capture, for tests of what is drawn and stored."""

import numpy as np

from core.interpret.captured import Capture
from core.interpret.detail import Detail, spread
from core.interpret.facts import Layer, Parity

LABELS = ("·Where", "·is", "·my", "·refund", "</s>")
TARGET_LABELS = ("<pad>", "·Wo", "·ist", "</script><b>")


def attention(layers: int, heads: int, queries: int, keys: int, *, causal: bool = False):
    scores = np.random.default_rng(0).normal(0, 2, (layers, heads, queries, keys))
    if causal:
        scores = np.where(np.tril(np.ones((queries, keys))) > 0, scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


def seq2seq() -> Capture:
    """Two layers of two heads (decoder: three), five source tokens, four target tokens."""
    return Capture(
        model="tiny", text="Where is my refund", target="Wo ist", prefix="",
        tokens=tuple(label.replace("·", "▁") for label in LABELS),
        target_tokens=tuple(label.replace("·", "▁") for label in TARGET_LABELS),
        next_tokens=("▁Wo", "▁ist", "</script><b>", "</s>"),
        labels=LABELS, target_labels=TARGET_LABELS,
        next_labels=("·Wo", "·ist", "</script><b>", "</s>"),
        special=(False,) * 4 + (True,), target_special=(True, False, False, False),
        generated=None, head_dim=8, scaling=1.0,
        parity=Parity(2e-7, 3e-6, 1e-7, 1e-4, 1e-3, "float32"),
        weights={
            "encoder": attention(2, 2, 5, 5),
            "decoder": attention(3, 2, 4, 4, causal=True),
            "cross": attention(3, 2, 4, 5),
        },
        created_at="2026-11-23T10:00:00+00:00", seconds=0.2,
        layers={
            "encoder": (Layer(2, 2, None, causal=False),) * 2,
            "decoder": (Layer(2, 2, None, causal=True),) * 3,
            "cross": (Layer(2, 2, None, causal=False),) * 3,
        },
        inputs={"input_ids": (5, 6, 7, 8, 1), "decoder_input_ids": (0, 9, 10, 11)},
    )  # fmt: skip


def detail(
    kind: str = "decoder", layer: int = 0, *, heads: int = 4, key_heads: int = 2,
    queries: int = 4, keys: int = 4, causal: bool = True, bias: bool = False, d: int = 8,
) -> Detail:  # fmt: skip
    """One made-up layer: four heads in two groups, causal, with 1/√d."""
    draw = np.random.default_rng(1).normal
    visible = np.ones((queries, keys), bool)
    distances = draw(0, 1, (heads, queries + keys - 1)).astype(np.float32)
    return Detail(
        kind, layer,
        draw(0, 1, (heads, queries, d)).astype(np.float32),
        draw(0, 1, (key_heads, keys, d)).astype(np.float32),
        draw(0, 1, (key_heads, keys, d)).astype(np.float32),
        spread(distances, queries) if bias else None,
        np.tril(visible) if causal else visible,
        1.0 if bias else d**-0.5, None,
    )  # fmt: skip
