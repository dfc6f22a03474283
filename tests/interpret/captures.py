"""A made-up capture, for tests of what is drawn and stored."""

import numpy as np

from core.interpret.store import Capture, Parity

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
    )  # fmt: skip
