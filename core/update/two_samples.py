"""Are two samples of numbers from one distribution, and if not, how far apart are they?

- The test is the two-sample Kolmogorov-Smirnov test with its asymptotic p-value (Smirnov 1939),
  the argument corrected for small samples (Stephens 1970). It sees shifts and changes of shape;
  ties, as lengths have, only make it more cautious.
- The effect is Cliff's delta: the chance that a live value is the larger of two minus the chance
  that it is the smaller, −1 to 1. Its 95 % interval is the asymmetric one of Feng and Cliff (2004,
  Journal of Modern Applied Statistical Methods 3) on Cliff's (1993) consistent variance.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov

from core.evaluate.share import Z_95

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """How a second sample lies to a first.

    Attributes:
        distance: Kolmogorov and Smirnov's D: the largest gap between the two shares of values up to
            a point, 0 to 1.
        at: Where that gap is.
        p_value: Of the test that there is none.
        delta, low, high: Cliff's delta and its 95 % interval; above 0, the second is larger.
    """

    distance: float
    at: float
    p_value: float
    delta: float
    low: float
    high: float


def shift(first: Numbers, second: Numbers) -> Shift:
    """Compare two samples of at least two numbers each, first with second."""
    a, b = np.sort(first), np.sort(second)
    distance, at = _distance(a, b)
    delta, low, high = cliff(a, b)
    return Shift(distance, at, ks_p(distance, len(a), len(b)), delta, low, high)


def _distance(a: Numbers, b: Numbers) -> tuple[float, float]:
    points = np.concatenate([a, b])
    gaps = np.abs(
        np.searchsorted(a, points, side="right") / len(a)
        - np.searchsorted(b, points, side="right") / len(b)
    )
    place = int(gaps.argmax())
    return float(gaps[place]), float(points[place])


def ks_p(distance: float, n: int, m: int) -> float:
    """P-value of a distance D between samples of n and m numbers."""
    root = math.sqrt(n * m / (n + m))
    return float(kolmogorov((root + 0.12 + 0.11 / root) * distance))


def cliff(a: Numbers, b: Numbers) -> tuple[float, float, float]:
    """Cliff's delta of sorted samples, b against a, and its 95 % interval.

    Rows of the dominance matrix are summed by binary search, so that no matrix is made.
    """
    n, m = len(b), len(a)
    below, upto = np.searchsorted(a, b, side="left"), np.searchsorted(a, b, side="right")
    of_b = (below - (m - upto)) / m  # for each of b: share of a below it minus share above it
    over, from_ = np.searchsorted(b, a, side="right"), np.searchsorted(b, a, side="left")
    of_a = ((n - over) - from_) / n
    delta = float(of_b.mean())
    if abs(delta) >= 1:
        return delta, *_apart(delta, min(n, m))
    untied = float((below + (m - upto)).sum())
    squares = untied - n * m * delta**2
    variance = (
        m**2 * float(((of_b - delta) ** 2).sum()) + n**2 * float(((of_a - delta) ** 2).sum())
        - squares
    ) / (n * m * (n - 1) * (m - 1))  # fmt: skip
    # Cliff's floor: the estimate can be negative by chance.
    variance = max(variance, (1 - delta**2) / (n * m - 1))
    spread = Z_95 * math.sqrt(variance)
    middle, half = delta - delta**3, spread * math.sqrt((1 - delta**2) ** 2 + spread**2)
    scale = 1 - delta**2 + spread**2
    return delta, max(-1.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def _apart(delta: float, n: int) -> tuple[float, float]:
    """The interval where every value of one sample lies beyond every one of the other."""
    least = (n - Z_95**2) / (n + Z_95**2)
    return (least, 1.0) if delta > 0 else (-1.0, -least)
