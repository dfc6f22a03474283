"""Intervals and tests of what many heads do on the same sentences.

Resamples come as weights (resamples, sentences): how often each sentence was drawn. All heads meet
the same ones, as do the two sides of a comparison.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

COVERAGE = 0.95
TRIALS = 10_000


def ends(values: ArrayLike) -> tuple[Array, Array]:
    """The middle 95 % of resampled values (resamples, …): Efron's percentile interval."""
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(np.asarray(values, np.float64), [tail, 1 - tail], axis=0)
    return np.asarray(low), np.asarray(high)


def means(values: ArrayLike, weights: ArrayLike) -> Array:
    """The mean over sentences of (sentences, …) in each resample, (resamples, …)."""
    v, w = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    return np.asarray(np.tensordot(w, v, axes=1) / len(v))


def ranks(values: ArrayLike) -> Array:
    """Ranks along the last axis, from 1; equal values share the mean of theirs."""
    v = np.asarray(values, np.float64)
    if v.ndim > 1:
        return np.stack([ranks(row) for row in v])
    _, place, count = np.unique(v, return_inverse=True, return_counts=True)
    last = count.cumsum()
    return np.asarray((last - (count - 1) / 2)[place])


def spearman(a: ArrayLike, b: ArrayLike) -> float | None:
    """Spearman's rank correlation of two lists; None where one of them does not vary."""
    x, y = ranks(a), ranks(b)
    x, y = x - x.mean(), y - y.mean()
    size = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum() / size) if size > 0 else None


def partial(a: ArrayLike, b: ArrayLike, fixed: ArrayLike) -> float | None:
    """Spearman's correlation of two lists with a third held fixed (first-order partial).

    None where one of the two does not vary, or says no more than the third.
    """
    ab, az, bz = spearman(a, b), spearman(a, fixed), spearman(b, fixed)
    if ab is None or az is None or bz is None:
        return ab
    left = (1 - az * az) * (1 - bz * bz)
    return float((ab - az * bz) / np.sqrt(left)) if left > 1e-12 else None


def above(differences: ArrayLike, seed: int = 0, trials: int = TRIALS) -> Array:
    """One-sided p-values that the mean of each column is above 0, corrected for all columns.

    If it were not, each sentence's differences would be as likely to have the other sign. Signs are
    drawn for whole sentences, so that heads keep their dependence, and each head is held against
    the largest t of all heads in a trial (Westfall and Young 1993, single-step maxT): the chance of
    any false alarm is what the p-value says, however many heads there are.

    Args:
        differences: (sentences, heads).
        seed: Of the signs.
        trials: How many; the smallest p-value is 1 / (trials + 1).

    Returns:
        (heads,)
    """
    d = np.asarray(differences, np.float64)
    n = len(d)
    if n < 2:
        return np.ones(d.shape[1])
    squares = (d * d).sum(0)
    observed = _t(d.sum(0), squares, n)
    rng = np.random.default_rng(seed)
    reached = np.zeros(d.shape[1])
    for begin in range(0, trials, 1000):
        signs = rng.choice((-1.0, 1.0), size=(min(1000, trials - begin), n))
        largest = _t(signs @ d, squares, n).max(-1)
        # The tolerance keeps trials that equal the observation but for rounding.
        reached += (largest[:, None] >= observed * (1 - 1e-9) - 1e-12).sum(0)
    return np.asarray((reached + 1) / (trials + 1))


def _t(sums: Array, squares: Array, n: int) -> Array:
    """Student's t of sums of n differences whose squares add up to `squares`; 0 where none vary."""
    spread = np.sqrt(np.maximum(squares - sums * sums / n, 0) / (n - 1) * n)
    tiny = 1e-12 * np.sqrt(squares)
    return np.asarray(np.divide(sums, np.maximum(spread, tiny), out=np.zeros_like(sums),
                                where=np.broadcast_to(squares > 0, sums.shape)))  # fmt: skip


def related(a: ArrayLike, b: ArrayLike, seed: int = 0, trials: int = TRIALS) -> float | None:
    """Two-sided p-value of Spearman's correlation: how often chance pairs reach it.

    None where one of the two does not vary.
    """
    x, y = ranks(a), ranks(b)
    x, y = x - x.mean(), y - y.mean()
    if not x.any() or not y.any():
        return None
    observed = abs(float(x @ y))
    rng = np.random.default_rng(seed)
    mixed = rng.permuted(np.broadcast_to(y, (trials, len(y))), axis=1)
    reached = int((np.abs(mixed @ x) >= observed * (1 - 1e-9)).sum())
    return (reached + 1) / (trials + 1)
