"""What an option costs by volume, and where two options cross.

A cost is a straight line (tokens at a price) plus stairs (machines, each for so many requests a
day). Both are exact, so that a crossing is solved piece by piece rather than searched for.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MAX_REQUESTS_PER_DAY = 1e9
"""No crossing is looked for beyond this volume: nobody plans for it."""
LEAST = 1e-6
"""A crossing below it is that of two options that cost the same at no volume, and rounding."""
MAX_PIECES = 200_000
"""Steps looked at for one pair; a machine that serves very little ends the search earlier."""
PERIODS = 64
"""Steps looked at where two options rise equally fast, and so never part for good."""


@dataclass(frozen=True)
class Stair:
    """`usd` for each machine: one for every `requests_per_day`, at least `minimum` of them."""

    usd: float
    requests_per_day: float
    minimum: int = 1

    def count(self, volume: Array) -> Array:
        """Machines at each volume (requests per day)."""
        return np.maximum(self.minimum, np.ceil(volume / self.requests_per_day))

    def number(self, volume: float) -> int:
        """Machines at one volume."""
        return int(self.count(np.asarray(volume)))


@dataclass(frozen=True)
class Curve:
    """US$ as a function of requests per day: fixed + line + stairs."""

    fixed_usd: float
    usd_per_daily_request: float = 0.0
    stairs: tuple[Stair, ...] = ()

    def __call__(self, volume: float | Array) -> Array:
        """US$ at each volume; shape as given."""
        v = np.asarray(volume, dtype=np.float64)
        total = self.fixed_usd + self.usd_per_daily_request * v
        for stair in self.stairs:
            total = total + stair.usd * stair.count(v)
        return total

    def at(self, volume: float) -> float:
        """US$ at one volume."""
        return float(self(volume))

    @property
    def slope(self) -> float:
        """US$ per daily request in the long run, stairs levelled out."""
        return self.usd_per_daily_request + sum(s.usd / s.requests_per_day for s in self.stairs)

    @property
    def flat_until(self) -> float:
        """The volume at which the last of the minimum machines is full."""
        return max((s.minimum * s.requests_per_day for s in self.stairs), default=0.0)

    @property
    def step_usd(self) -> float:
        """The most that the stairs can stand above their long-run line, beyond `flat_until`."""
        return sum(s.usd for s in self.stairs)


@dataclass(frozen=True)
class Crossing:
    """At this volume the order of two options changes; above it `b` is cheaper, or is not."""

    requests_per_day: float
    b_cheaper_above: bool


def crossings(a: Curve, b: Curve, start: float, end: float) -> list[Crossing]:
    """Every volume between `start` and `end` at which a − b changes its sign.

    Between two steps the difference is a straight line, so each piece has at most one root; at a
    step it jumps. Equal costs count as `b` cheaper (it is no dearer).
    """
    edges = _edges(a, b, start, end)
    middle = (edges[1:] + edges[:-1]) / 2
    half = (edges[1:] - edges[:-1]) / 2
    slope = a.usd_per_daily_request - b.usd_per_daily_request
    centre = a(middle) - b(middle)
    left, right = centre - slope * half, centre + slope * half
    found: list[Crossing] = []
    for i in np.flatnonzero(_changes(left, right)):
        cheaper_left, cheaper_right = bool(left[i] >= 0), bool(right[i] >= 0)
        if i and bool(right[i - 1] >= 0) != cheaper_left:
            found.append(Crossing(float(edges[i]), cheaper_left))
        if cheaper_left != cheaper_right:
            found.append(Crossing(float(edges[i] - left[i] / slope), cheaper_right))
    return found


def _changes(left: Array, right: Array) -> npt.NDArray[np.bool_]:
    """Pieces that begin with a jump over zero, or cross it."""
    changed: npt.NDArray[np.bool_] = (left >= 0) != (right >= 0)
    changed[1:] |= (right[:-1] >= 0) != (left[1:] >= 0)
    return changed


def _edges(a: Curve, b: Curve, start: float, end: float) -> Array:
    """Both ends and every step between them, in order; fewer steps mean a nearer end."""
    stairs = [s for s in (*a.stairs, *b.stairs) if s.usd]
    for stair in stairs:
        end = min(end, start + stair.requests_per_day * (MAX_PIECES // len(stairs)))
    parts = [np.array([start, end])]
    for stair in stairs:
        first = max(stair.minimum, int(start // stair.requests_per_day) + 1)
        last = int(end // stair.requests_per_day)
        parts.append(np.arange(first, last + 1) * stair.requests_per_day)
    edges = np.unique(np.concatenate(parts))
    return edges[(edges >= start) & (edges <= end)]


def break_even(a: Curve, b: Curve) -> float | None:
    """Requests per day from which `b` stays no dearer than `a`; 0 = always; None = never.

    Beyond the flat parts each stair lies at most one machine above its long-run line, so that
    the sign of a − b is settled above a volume that is known, and no root hides beyond it.
    """
    flat = max(a.flat_until, b.flat_until)
    largest = max((s.requests_per_day for s in (*a.stairs, *b.stairs)), default=1.0)
    gap = a.slope - b.slope
    parallel = abs(gap) <= 1e-12 * max(abs(a.slope), abs(b.slope))
    if parallel:
        settled = flat + PERIODS * largest
    elif gap > 0:
        settled = (b.fixed_usd - a.fixed_usd + b.step_usd) / gap
    else:
        settled = (a.fixed_usd - b.fixed_usd + a.step_usd) / -gap
    end = min(MAX_REQUESTS_PER_DAY, max(flat, settled, 0.0) + 2 * largest)
    found = [one for one in crossings(a, b, 0.0, end) if one.requests_per_day > LEAST]
    if found:
        last = found[-1]
        swings = parallel and last.requests_per_day > flat + largest
        return last.requests_per_day if last.b_cheaper_above and not swings else None
    return 0.0 if a.at(end) >= b.at(end) else None
