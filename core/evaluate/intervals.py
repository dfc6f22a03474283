"""Bootstrap: what the score might have been with other examples of the same kind."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluate.scorer import Array, Scorer

RESAMPLES = 1000
COVERAGE = 0.95
_CELLS = 4_000_000
"""Weights held at once: 32 MB."""


def draws(n: int, count: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Resamples with replacement, as weights: arrays (some, n), `count` rows in all.

    Equal arguments give equal weights, so two models, or two metrics, meet the same resamples.
    """
    rng = np.random.default_rng(seed)
    for rows in blocks(n, count):
        picks = rng.integers(n, size=(rows, n))
        flat = picks + n * np.arange(rows)[:, None]
        weights = np.bincount(flat.ravel(), minlength=rows * n)
        yield weights.reshape(rows, n)


def blocks(n: int, count: int) -> Iterator[int]:
    """Split `count` rows of n cells into parts that fit in memory."""
    most = max(1, _CELLS // max(n, 1))
    while count > 0:
        yield min(count, most)
        count -= most


def resampled(tables: Sequence[Array], seed: int, resamples: int) -> list[Array]:
    """Sums of the same resamples for several tables (n, k) of the same examples.

    Returns:
        For each table (resamples, k). All are drawn for at once: drawing takes longer than summing.
    """
    return _summed(tables, draws(len(tables[0]), resamples, seed))


def swapped(tables: Sequence[Array], seed: int, trials: int) -> list[Array]:
    """Sums over the examples that a coin chooses, the same ones for several tables (n, k).

    Returns:
        For each table (trials, k).
    """
    return _summed(tables, _coins(len(tables[0]), trials, seed))


def _coins(n: int, count: int, seed: int) -> Iterator[NDArray[np.uint8]]:
    """Heads as 1 and tails as 0: arrays (some, n), `count` rows in all."""
    rng = np.random.default_rng(seed)
    for rows in blocks(n, count):
        bits = np.frombuffer(rng.bytes(rows * n // 8 + 1), np.uint8)
        yield np.unpackbits(bits, count=rows * n).reshape(rows, n)


def _summed(tables: Sequence[Array], weights: Iterable[NDArray[Any]]) -> list[Array]:
    ends = np.cumsum([table.shape[1] for table in tables])[:-1]
    wide = np.concatenate(tables, axis=1)
    # Whole numbers are exact in half the bytes, while their sums are below 2^24.
    whole = bool((np.mod(wide, 1) == 0).all()) and len(wide) * np.abs(wide).max() < 2**24
    kind = np.float32 if whole else np.float64
    wide = wide.astype(kind)
    sums: NDArray[Any] = np.concatenate([np.matmul(each.astype(kind), wide) for each in weights])
    return np.split(sums.astype(np.float64), ends, axis=1)


def bootstrap(scorer: Scorer, counts: Array, seed: int, resamples: int) -> Array:
    """Scores of resamples of the examples, shape (resamples,). Counts are (n, k)."""
    return scorer.corpus(resampled([counts], seed, resamples)[0])


def percentile(values: Array) -> tuple[float, float]:
    """The middle 95 % of the values (Efron's percentile interval)."""
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
