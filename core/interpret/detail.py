"""One layer's attention, step by step: Q·Kᵀ, scale, mask, softmax, ·V, with every number exact.

softmax(Q·Kᵀ·scaling + bias, where a query may look)·V is Vaswani et al. 2017, equation 1; the bias
is T5's, the cap Gemma 2's. Everything is computed in float64 from what the model handed over.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Detail:
    """What one attention layer worked with, for one text.

    Attributes:
        kind: "encoder", "decoder" or "cross".
        layer: Counted from 0 within its kind.
        queries: (heads, queries, d_k), rotated already where the model rotates them (RoPE).
        keys: (key heads, keys, d_k); with fewer key heads than heads, each serves a group of heads.
        values: (key heads, keys, d_v).
        bias: (heads, queries, keys), added to the scaled scores (T5), or None.
        visible: (queries, keys), where a query may look.
        scaling: What Q·Kᵀ is multiplied with: 1/√d_k, or 1 for T5.
        softcap: Scaled scores become softcap·tanh(score/softcap) (Gemma 2), or None.
    """

    kind: str
    layer: int
    queries: NDArray[np.float32]
    keys: NDArray[np.float32]
    values: NDArray[np.float32]
    bias: NDArray[np.float32] | None
    visible: NDArray[np.bool_]
    scaling: float
    softcap: float | None

    @property
    def heads(self) -> int:
        """Number of heads."""
        return int(self.queries.shape[0])

    @property
    def key_heads(self) -> int:
        """Number of key and value heads."""
        return int(self.keys.shape[0])

    def key_head(self, head: int) -> int:
        """The key and value head that serves a head."""
        return head // (self.heads // self.key_heads)


@dataclass(frozen=True)
class Steps:
    """The formula's matrices for one head, float64.

    Attributes:
        scores: Q·Kᵀ, (queries, keys).
        scaled: Scores times the scaling, capped, plus the bias.
        masked: The same, −∞ where a query may not look.
        weights: softmax of `masked`; each row adds up to 1, or is 0 where nothing is visible.
        output: Weights·V, (queries, d_v): what the head passes on.
    """

    scores: Array
    scaled: Array
    masked: Array
    weights: Array
    output: Array


def steps(detail: Detail, head: int) -> Steps:
    """Every step of one head, from Q·Kᵀ to the output."""
    everything = np.arange(detail.queries.shape[1])
    scores, scaled, masked, weights = _weigh(detail, head, everything)
    values = detail.values[detail.key_head(head)].astype(np.float64)
    return Steps(scores, scaled, masked, weights, weights @ values)


def rows(detail: Detail, head: int, chosen: NDArray[np.int64]) -> Array:
    """The exact weights of some queries of one head, (chosen, keys)."""
    return _weigh(detail, head, chosen)[3]


def row(detail: Detail, head: int, query: int) -> Array:
    """The exact weights of one query of one head, (keys,)."""
    return np.asarray(rows(detail, head, np.array([query]))[0])


def _weigh(
    detail: Detail, head: int, chosen: NDArray[np.int64]
) -> tuple[Array, Array, Array, Array]:
    queries = detail.queries[head, chosen].astype(np.float64)
    keys = detail.keys[detail.key_head(head)].astype(np.float64)
    scores = queries @ keys.T
    scaled = scores * detail.scaling
    if detail.softcap is not None:
        scaled = detail.softcap * np.tanh(scaled / detail.softcap)
    if detail.bias is not None:
        scaled = scaled + detail.bias[head, chosen]
    visible = detail.visible[chosen]
    masked = np.where(visible, scaled, -np.inf)
    # The largest score is taken away first, so that no exponential overflows.
    largest = np.max(masked, axis=-1, keepdims=True, initial=-np.inf)
    powers = np.exp(masked - np.where(np.isfinite(largest), largest, 0))
    sums = powers.sum(-1, keepdims=True)
    weights = np.divide(powers, sums, out=np.zeros_like(powers), where=sums > 0)
    return scores, scaled, masked, weights


def diagonals(bias: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """A bias that depends on the distance alone, as one number a distance; None if it does not.

    Args:
        bias: (heads, queries, keys).

    Returns:
        (heads, queries + keys − 1), from the last query and first key to the first query and last
        key: for T5 at 2,048 tokens 200 kB instead of 200 MB.
    """
    first_column, first_row = bias[:, ::-1, 0], bias[:, 0, 1:]
    found = np.concatenate([first_column, first_row], axis=1)
    same = np.array_equal(spread(found, bias.shape[1]), bias)
    return found if same else None


def spread(found: NDArray[np.float32], queries: int) -> NDArray[np.float32]:
    """The bias that `diagonals` made small, as a view (heads, queries, keys) of the same memory."""
    keys = found.shape[1] - queries + 1
    windows = np.lib.stride_tricks.sliding_window_view(found, keys, axis=1)
    return np.asarray(windows[:, ::-1])
