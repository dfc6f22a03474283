"""Whether a new model should take the old one's place, and how users like the present one."""

import math
from dataclasses import dataclass

Z_95 = 1.959964
"""The 97.5 % point of the normal distribution."""


@dataclass(frozen=True)
class Verdict:
    """Old against new on the same test rows.

    Attributes:
        name: "better", "worse" or "tie" (not distinguishable on this data).
        promote: Whether the new model should serve.
        difference, low, high: New minus old, with its 95 % interval, in the metric's unit, turned
            so that more is better.
    """

    name: str
    promote: bool
    difference: float
    low: float
    high: float


def judge(difference: float, low: float, high: float, *, higher_is_better: bool = True) -> Verdict:
    """Judge from the paired difference (new minus old) and its 95 % interval.

    Only an interval that lies wholly above zero promotes: a tie leaves the old model, which is
    known, where it is.
    """
    if not higher_is_better:
        difference, low, high = -difference, -high, -low
    name = "better" if low > 0 else "worse" if high < 0 else "tie"
    return Verdict(name, name == "better", difference, low, high)


@dataclass(frozen=True)
class Share:
    """A share of yes among n, with its 95 % interval (Wilson 1927)."""

    value: float
    low: float
    high: float
    n: int


def share(yes: int, n: int) -> Share | None:
    """Wilson score interval of a share; None where nobody said anything.

    Wilson (1927), JASA 22, 209-212: sound at small n and at shares near 0 or 1, where users'
    feedback mostly is.
    """
    if n == 0:
        return None
    p = yes / n
    scale = 1 + Z_95**2 / n
    middle = (p + Z_95**2 / (2 * n)) / scale
    half = Z_95 * math.sqrt(p * (1 - p) / n + Z_95**2 / (4 * n**2)) / scale
    return Share(p, max(0.0, middle - half), min(1.0, middle + half), n)
