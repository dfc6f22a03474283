"""How wrong the estimates of a kind are, and the range that they wear for it.

The spread of a kind runs from the 5 % to the 95 % quantile of measured ÷ predicted, both taken
outwards, so that it holds at least 90 % of the kind's runs; and it always holds 1. How honest such
a spread is for a family that it was not made from is the score's coverage.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.cost.backtest import KINDS, Check, checks, kind
from core.cost.estimate import Spread

COVERAGE = 0.90
WITHIN = 0.20
"""The band that the page draws."""
FEWEST_RUNS = 8
"""Fewer runs of other families than these give no range for one."""
UNSEEN = 1.3
"""Times as wide, on a logarithmic scale, as the runs of known families say: with it, a family that
was left out lies inside the range of the others about as often as the range promises."""
UNLIKE = 1.5
"""Times as wide again is the range of a job unlike any published one."""


@dataclass(frozen=True)
class Score:
    """How wrong the estimates of a kind are.

    `within` is the share within 20 %; `coverage_90` the share of runs inside the range that all
    other families give (None = too few runs). The 95 % interval of the median is free of any
    distribution: the ranks n/2 ± 0.98·√n (Conover 1999, Practical Nonparametric Statistics, 3.2).
    `elsewhere` are the errors with a run's source left out.
    """

    kind: str
    unit: str
    n: int
    groups: int
    median_abs_error: float
    median_low: float
    median_high: float
    p90_abs_error: float
    median_signed_error: float
    coverage_90: float | None
    within: float
    low_factor: float
    high_factor: float
    elsewhere_median_abs_error: float
    elsewhere_p90_abs_error: float


@lru_cache(maxsize=64)
def spread(name: str, *, unlike: bool = False) -> Spread:
    """Where at least 90 % of measured ÷ predicted lie, for a kind.

    Args:
        name: The kind.
        unlike: For a job unlike any published one: the wider of the errors with a family and with a
            source left out, and `UNLIKE` times that.
    """
    found = checks(name)
    here = _spread(name, [check.measured / check.predicted for check in found])
    if not unlike:
        return here
    there = _spread(name, [check.measured / check.elsewhere for check in found])
    low, high = min(here.low, there.low) ** UNLIKE, max(here.high, there.high) ** UNLIKE
    return Spread(name, low, high, len(found))


def _spread(name: str, ratios: Sequence[float]) -> Spread:
    ordered = sorted(ratios)
    n, tail = len(ordered), (1 - COVERAGE) / 2
    low, high = ordered[math.floor(tail * n)], ordered[math.ceil((1 - tail) * n) - 1]
    return Spread(name, min(1.0, low) ** UNSEEN, max(1.0, high) ** UNSEEN, n)


def score(name: str) -> Score:
    """How wrong the estimates of a kind are on the published runs."""
    return scores(checks(name))[0]


def scores(found: Sequence[Check]) -> list[Score]:
    """How wrong estimates are, one score for each kind that occurs."""
    by_kind = {
        one.name: group
        for one in KINDS
        if (group := [check for check in found if check.kind == one.name])
    }
    return [_score(name, group) for name, group in by_kind.items()]


def _score(name: str, found: Sequence[Check]) -> Score:
    signed = np.array([check.error for check in found])
    errors = np.sort(np.abs(signed))
    elsewhere = np.abs([check.elsewhere / check.measured - 1 for check in found])
    half = 0.98 * math.sqrt(len(errors))
    low = max(0, math.floor(len(errors) / 2 - half))
    high = min(len(errors) - 1, math.ceil(len(errors) / 2 + half))
    span = _spread(name, [check.measured / check.predicted for check in found])
    return Score(
        kind=name,
        unit=kind(name).unit,
        n=len(found),
        groups=len({check.group for check in found}),
        median_abs_error=float(np.median(errors)),
        median_low=float(errors[low]),
        median_high=float(errors[high]),
        p90_abs_error=float(np.quantile(errors, 0.9)),
        median_signed_error=float(np.median(signed)),
        coverage_90=_coverage(name, found),
        within=float(np.mean(errors <= WITHIN)),
        low_factor=span.low,
        high_factor=span.high,
        elsewhere_median_abs_error=float(np.median(elsewhere)),
        elsewhere_p90_abs_error=float(np.quantile(elsewhere, 0.9)),
    )


def _coverage(name: str, found: Sequence[Check]) -> float | None:
    """Share of runs inside the range that the published runs of all other families give."""
    known = checks(name)
    inside = []
    for check in found:
        others = [one.measured / one.predicted for one in known if one.group != check.group]
        if len(others) >= FEWEST_RUNS:
            span = _spread(name, others)
            inside.append(span.low <= check.measured / check.predicted <= span.high)
    return float(np.mean(inside)) if inside else None
