"""Latency from measured answers: median with an interval, and the 95th percentile."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from core.text.catalog import t
from core.text.format import number


@dataclass(frozen=True)
class Latency:
    """Milliseconds an answer took, one at a time.

    Attributes:
        p50, low, high: Median and its 95 % interval (None below six answers).
        p95: 95th percentile (None below twenty answers).
        n: Answers measured.
    """

    p50: float
    low: float | None
    high: float | None
    p95: float | None
    n: int


def summarise(milliseconds: Sequence[float]) -> Latency | None:
    """Summarise measured times; None where there are none.

    The interval is distribution-free: the ranks n/2 ± 0.98·√n of the sorted times (Conover 1999,
    Practical Nonparametric Statistics, 3.2), because latencies are skewed.
    """
    n = len(milliseconds)
    if n == 0:
        return None
    times = sorted(milliseconds)
    half = NormalDist().inv_cdf(0.975) * math.sqrt(n) / 2
    low = math.floor(n / 2 - half)
    high = math.ceil(n / 2 + half)
    inside = low >= 0 and high < n and n >= 6
    return Latency(
        p50=quantile(times, 0.5),
        low=times[low] if inside else None,
        high=times[high] if inside else None,
        p95=quantile(times, 0.95) if n >= 20 else None,
        n=n,
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Quantile of sorted values with linear interpolation (NumPy's default)."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def milliseconds(value: float | None, language: str = "en") -> str:
    """A time as it is shown: "12.3 ms"; "not known" for None."""
    if value is None:
        return t("common.not_known", language)
    return f"{number(value, language=language)} ms"
