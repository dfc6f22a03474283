"""Quantiles of times with their intervals, where some never ended and neighbours are alike.

The interval is distribution-free: the q-quantile of n lies between the order statistics of ranks
n·q ± 1.96·√(n·q·(1−q)) (Conover 1999, Practical Nonparametric Statistics, 3.2), as
`core.deploy.latency` has it for the median. Requests that wait in one queue are alike, so that n of
them say less than n independent ones: n is divided by 1 + 2·Σρ, the autocorrelation of "slower than
the quantile", up to its first negative one (Geyer 1992, Practical Markov Chain Monte Carlo, 3.3).

A time that was waited for in vain is infinite: a quantile among these is not known, but more than
was waited.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Z = NormalDist().inv_cdf(0.975)
FEWEST = {0.5: 1, 0.95: 20, 0.99: 100}
"""Quantile -> below so many times nothing is said of it."""
LONGEST = 200
"""Neighbours that are looked at."""


@dataclass(frozen=True)
class Quantile:
    """A quantile in seconds and its 95 % interval.

    Attributes:
        value: None = too few times, or `beyond`.
        low, high: None = not known; `high` is also None where it lies beyond what was waited.
        beyond: The quantile is longer than was waited for.
        n: Times.
        effective: As many independent ones would say as much.
    """

    value: float | None
    low: float | None
    high: float | None
    beyond: bool
    n: int
    effective: float


def quantile(times: Vector, share: float) -> Quantile:
    """The quantile of times in the order of sending; infinite = waited for in vain."""
    n = len(times)
    if n < FEWEST[share]:
        return Quantile(None, None, None, False, n, float(n))
    ordered = np.sort(times)
    place = share * (n - 1)
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    beyond = bool(np.isinf(above))
    value = None if beyond else float(below + (place % 1) * (above - below))
    alike = effective(times > (float(below) if value is None else value))
    half = Z * math.sqrt(n * share * (1 - share)) * math.sqrt(n / alike)
    low, high = math.floor(n * share - half), math.ceil(n * share + half)
    return Quantile(
        value,
        _finite(ordered[low]) if low >= 0 else None,
        _finite(ordered[high]) if high < n else None,
        beyond, n, alike,
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def effective(marks: NDArray[np.bool_]) -> float:
    """How many independent marks say as much as these, which lie in the order of time."""
    n = len(marks)
    centred = marks - marks.mean()
    variance = float((centred**2).mean())
    if n < 3 or variance == 0:
        return float(n)
    total = 1.0
    for lag in range(1, min(LONGEST, n // 2)):
        alike = float((centred[:-lag] * centred[lag:]).mean()) / variance
        if alike <= 0:
            break
        total += 2 * alike
    return max(1.0, n / total)
