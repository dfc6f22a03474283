"""Views of attention as arrays: small pictures, the mean of heads, what stands out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.interpret.captured import Capture
from core.interpret.measures import PLACES, Head, sinks

CELL = 24
"""A head of more tokens than this is drawn smaller: each cell shows the largest weight under it."""


def shrink(matrix: ArrayLike, size: int = CELL) -> NDArray[np.float32]:
    """Pool a (…, queries, keys) picture to at most `size` cells a side, keeping each maximum.

    A weight that stands out stays visible; a mean would wash it away.
    """
    found = np.asarray(matrix, np.float32)
    for axis in (-2, -1):
        length = found.shape[axis]
        if length > size:
            starts = np.arange(size) * length // size
            found = np.maximum.reduceat(found, starts, axis=axis)
    return found


def sharpest(heads: list[Head]) -> Head:
    """The head that a place names most clearly; if none is named, the one of least entropy."""
    placed = [head for head in heads if head.pattern in PLACES]
    if placed:
        return max(placed, key=lambda head: head.pattern_share or 0)
    return min(heads, key=lambda head: head.entropy_nats)


def pattern_counts(heads: list[Head]) -> dict[str, int]:
    """How many heads have each pattern, most frequent first."""
    counts: dict[str, int] = {}
    for head in heads:
        counts[head.pattern] = counts.get(head.pattern, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


@dataclass(frozen=True)
class Look:
    """One query and the key it looks at most."""

    query: int
    key: int
    weight: float


def matrix(
    capture: Capture, kind: str, layer: int, head: int | Sequence[int] | None
) -> NDArray[np.float32]:
    """The weights (queries, keys) of one head; the mean of several, or, for None, of all."""
    if head is None or isinstance(head, int):
        return capture.matrix(kind, layer, head)
    return np.asarray(np.mean([capture.matrix(kind, layer, one) for one in head], axis=0))


def strongest_look(
    capture: Capture, kind: str, layer: int, head: int | Sequence[int] | None
) -> Look | None:
    """The largest weight that is on no sink and whose query had a choice; None if there is none."""
    weights = matrix(capture, kind, layer, head).astype(np.float64)
    weights[:, sinks(capture.separators(kind))] = 0
    if capture.causal(kind):
        weights[:1] = 0
    if not weights.any():
        return None
    query, key = np.unravel_index(int(weights.argmax()), weights.shape)
    return Look(int(query), int(key), float(weights[query, key]))
