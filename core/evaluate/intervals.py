"""Bootstrap: what the score might have been with other examples of the same kind."""

from collections.abc import Iterator, Sequence

import numpy as np

from core.evaluate.scorer import Array, Scorer

RESAMPLES = 1000
COVERAGE = 0.95
_CELLS = 4_000_000
"""Weights held at once: 32 MB."""


def draws(n: int, count: int, seed: int) -> Iterator[Array]:
    """Resamples with replacement, as weights: arrays (some, n), `count` rows in all.

    Equal arguments give equal weights, so two models, or two metrics, meet the same resamples.
    """
    rng = np.random.default_rng(seed)
    for rows in blocks(n, count):
        picks = rng.integers(n, size=(rows, n))
        flat = picks + n * np.arange(rows)[:, None]
        weights = np.bincount(flat.ravel(), minlength=rows * n)
        yield weights.reshape(rows, n).astype(np.float64)


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
    ends = np.cumsum([table.shape[1] for table in tables])[:-1]
    wide = np.concatenate(tables, axis=1)
    sums = np.concatenate([weights @ wide for weights in draws(len(wide), resamples, seed)])
    return np.split(sums, ends, axis=1)


def bootstrap(scorer: Scorer, counts: Array, seed: int, resamples: int) -> Array:
    """Scores of resamples of the examples, shape (resamples,). Counts are (n, k)."""
    return scorer.corpus(resampled([counts], seed, resamples)[0])


def percentile(values: Array) -> tuple[float, float]:
    """The middle 95 % of the values (Efron's percentile interval)."""
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
