"""Where a training stands: how far, how long yet, what it took, and what that costs.

    now = progress(curve, Assumptions())
    now.left.seconds, .low, .high        now.spent.energy_wh, .usd

Standard library only.
"""

import itertools
import math
from dataclasses import dataclass

from core.train.curve import Curve, Step
from core.units import SECONDS_PER_HOUR

STRETCHES = 10
"""The time so far is cut into so many stretches; their paces give the range of what is left."""
WATTS = 65.0
"""Where nothing is measured or said: what a desktop processor is made to dissipate under load."""
USD_PER_HOUR = 0.10
"""Where nothing is said: a general-purpose cloud machine of two cores on demand (AWS m7i.large,
US$ 0.1008 in us-east-1)."""


@dataclass(frozen=True)
class Assumptions:
    """What only the user knows: average draw of the machine, and its price."""

    watts: float = WATTS
    usd_per_hour: float = USD_PER_HOUR


@dataclass(frozen=True)
class Left:
    """Seconds that are left: at the pace so far, and at the paces of 8 stretches in 10."""

    seconds: float
    low: float
    high: float


@dataclass(frozen=True)
class Spent:
    """Energy and money so far.

    `energy_measured` is False where the energy is watts times hours: an assumption.
    """

    seconds: float
    energy_wh: float
    energy_measured: bool
    usd: float


@dataclass(frozen=True)
class Progress:
    """Where a training stands; None = not known yet.

    `step` is the newest that was told of, `total_steps` how many there are if no clock ends it.
    """

    step: Step
    total_steps: int | None
    left: Left | None
    spent: Spent | None


def progress(curve: Curve, assumed: Assumptions) -> Progress | None:
    """Where it stands; None before the first step."""
    now = curve.now
    if now is None:
        return None
    return Progress(now, curve.start.get("steps"), left(curve), spent(now, assumed))


def left(curve: Curve) -> Left | None:
    """How long yet; None before three points tell a pace."""
    points = [
        (row.seconds, row.share)
        for row in curve.steps
        if row.seconds is not None and row.share is not None
    ]
    if len(points) < 3 or points[-1][0] <= 0:
        return None
    seconds, share = points[-1]
    if not share:
        return None
    rest = (1 - share) * seconds / share
    times = sorted((1 - share) / pace for pace in _paces(points))
    if not times:
        return Left(rest, rest, rest)
    cut = len(times) // STRETCHES  # the fastest and the slowest are left out
    return Left(rest, min(rest, times[cut]), max(rest, times[-1 - cut]))


def _paces(points: list[tuple[float, float]]) -> list[float]:
    """Share done in a second, for each stretch of the time so far in which something was done."""
    size = max(1, math.ceil((len(points) - 1) / STRETCHES))
    ends = [*points[:-1:size], points[-1]]
    found = []
    for (before, done_before), (after, done) in itertools.pairwise(ends):
        if after > before and done > done_before:
            found.append((done - done_before) / (after - before))
    return found


def spent(now: Step, assumed: Assumptions) -> Spent | None:
    """Energy and money so far; None where the seconds are not known."""
    if now.seconds is None:
        return None
    hours = now.seconds / SECONDS_PER_HOUR
    measured = now.energy_joules is not None
    joules = now.energy_joules if now.energy_joules is not None else assumed.watts * now.seconds
    return Spent(now.seconds, joules / SECONDS_PER_HOUR, measured, hours * assumed.usd_per_hour)
