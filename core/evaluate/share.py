"""A share of yes among n, with its interval."""

import math
from dataclasses import dataclass

import numpy as np

from core.evaluate.scorer import Array

Z_95 = 1.959963984540054
"""97.5 % quantile of the standard normal."""


@dataclass(frozen=True)
class Share:
    """A share of yes among n, with its 95 % interval (Wilson 1927)."""

    value: float
    low: float
    high: float
    n: int


def share(yes: float, n: float) -> Share | None:
    """Wilson score interval of a share; None where nobody said anything.

    Wilson (1927), JASA 22, 209-212: sound at small n and at shares near 0 or 1, where users'
    feedback, and a model's rare labels, mostly are.
    """
    if n == 0:
        return None
    p = yes / n
    scale = 1 + Z_95**2 / n
    middle = (p + Z_95**2 / (2 * n)) / scale
    half = Z_95 * math.sqrt(p * (1 - p) / n + Z_95**2 / (4 * n**2)) / scale
    return Share(p, max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half)), int(n))


def alike_interval(
    counts: Array, _value: float, resampled: Array, _seed: int
) -> tuple[float, float]:
    """The 95 % interval of a share of examples: percentiles, or Wilson's where all are alike.

    Where every example is right, or none, every resample is too: percentiles would claim to know
    the share exactly. Counts are (n, 2), 1 or 0 and 1.
    """
    yes, n = counts.sum(0)
    low, high = np.quantile(resampled, [0.025, 0.975])
    found = share(yes, n) if low == high else None
    return (found.low, found.high) if found else (float(low), float(high))
