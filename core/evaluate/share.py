"""A share of yes among n, with its interval."""

import math
from dataclasses import dataclass

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
