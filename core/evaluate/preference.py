"""Which of two was liked better: the share of B's wins, how sure it is, and whether two agree.

- A tie is half a win for each. The interval is Wilson's (1927) with that share: exact in its
  variance without ties, and wider than need be with them.
- The p-value is that of the two-sided sign test on the examples without a tie (Dixon and Mood
  1946): the same binomial as McNemar's exact test.
- Agreement of two judges beyond chance is Cohen's κ (1960).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluate.paired import mcnemar

A, B, TIE = "a", "b", "tie"
OUTCOMES = (A, B, TIE)
_Z = 1.959963984540054
"""97.5 % quantile of the standard normal."""


@dataclass(frozen=True)
class WinRate:
    """How often B was preferred to A.

    Attributes:
        n: Examples judged.
        wins, ties, losses: Of B.
        rate: (wins + ties / 2) / n; None where nothing was judged.
        low, high: Ends of its 95 % interval.
        p_value: How likely chance alone gives so uneven a count; None where all are ties.
    """

    n: int
    wins: int
    ties: int
    losses: int
    rate: float | None
    low: float | None
    high: float | None
    p_value: float | None

    @property
    def verdict(self) -> str:
        """What B is beside A: "better", "worse" or, undecided, "tie"."""
        if self.low is None or self.high is None or self.p_value is None or self.p_value >= 0.05:
            return "tie"
        return "better" if self.low > 0.5 else "worse" if self.high < 0.5 else "tie"


def win_rate(outcomes: Sequence[str]) -> WinRate:
    """Count outcomes, each one of OUTCOMES."""
    count = Counter(outcomes)
    n, wins, losses = len(outcomes), count[B], count[A]
    if n == 0:
        return WinRate(0, 0, 0, 0, None, None, None, None)
    rate = (wins + count[TIE] / 2) / n
    low, high = wilson(rate, n)
    right = np.array([outcome == B for outcome in outcomes], dtype=np.float64)
    wrong = np.array([outcome == A for outcome in outcomes], dtype=np.float64)
    p_value = mcnemar(wrong, right) if wins + losses else None
    return WinRate(n, wins, count[TIE], losses, rate, low, high, p_value)


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share of n."""
    middle = share + _Z**2 / (2 * n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    below = 1 + _Z**2 / n
    return max(0.0, (middle - half) / below), min(1.0, (middle + half) / below)


@dataclass(frozen=True)
class Agreement:
    """How far two judges agree on the examples that both judged.

    Attributes:
        n: Examples that both judged.
        share: Of them, judged the same; None where n is 0.
        kappa: Cohen's κ: 1 = always, 0 = as chance would; None where both only ever said one and
            the same thing, or n is 0.
    """

    n: int
    share: float | None
    kappa: float | None


def agreement(one: Mapping[str, str], other: Mapping[str, str]) -> Agreement:
    """Compare two judges' outcomes by the ids of examples."""
    pairs = [(one[id_], other[id_]) for id_ in one if id_ in other]
    n = len(pairs)
    if not n:
        return Agreement(0, None, None)
    share = sum(left == right for left, right in pairs) / n
    lefts, rights = Counter(left for left, _ in pairs), Counter(right for _, right in pairs)
    by_chance = sum(lefts[name] * rights[name] for name in OUTCOMES) / n**2
    kappa = None if by_chance == 1 else (share - by_chance) / (1 - by_chance)
    return Agreement(n, share, kappa)
