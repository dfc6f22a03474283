"""A day of requests: how they come by the hour, and how many replicas run when.

Within an hour requests come at random at one rate. Replicas are added before they are needed: one
that takes a while to start is paid for from then on, so that in each hour as many are ready as the
hour needs.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import table
from core.cost.crew import Crew, State
from core.errors import BadInput, NotFound
from core.units import HOURS_PER_DAY, HOURS_PER_MONTH, MINUTES_PER_HOUR, SECONDS_PER_HOUR

Vector = NDArray[np.float64]
MOST_MINUTES = HOURS_PER_DAY * MINUTES_PER_HOUR


@dataclass(frozen=True)
class Traffic:
    """How the requests of a day are spread over its 24 hours, from midnight on; any scale.

    `source` says where the numbers are from; None = an assumption of ours, made up to be plain.
    """

    name: str
    hours: tuple[float, ...]
    source: str | None = None

    def rates(self, requests_per_day: float) -> Vector:
        """Requests per second in each hour, on a day with so many."""
        weights = np.array(self.hours) / max(self.hours)
        return np.asarray(requests_per_day * weights / (weights.sum() * SECONDS_PER_HOUR))


FLAT = Traffic("flat", (1.0,) * HOURS_PER_DAY, "by definition")
TRAFFIC = (
    FLAT,
    Traffic("office-hours", (2, 2, 2, 2, 2, 3, 5, 15, 50, 90, 100, 95, 70, 85, 100, 95, 80, 50, 20,
                             10, 6, 4, 3, 2)),
    Traffic("consumer-evening", (45, 30, 20, 15, 12, 12, 18, 30, 40, 45, 50, 55, 60, 58, 55, 58,
                                 65, 75, 85, 95, 100, 98, 85, 65)),
    Traffic("two-peaks", (15, 10, 8, 8, 8, 12, 25, 60, 95, 100, 80, 65, 60, 60, 60, 65, 75, 90, 100,
                          95, 75, 50, 35, 22)),
)  # fmt: skip
"""100 is the busiest hour. But for the first, they are shapes to plan with, not measurements."""


def traffic(text: str) -> Traffic:
    """A shape by name, or 24 numbers with commas between them.

    Raises:
        NotFound: There is no such shape.
        BadInput: There are not 24 numbers, or one of them cannot be.
    """
    if "," not in text:
        try:
            return table.find(TRAFFIC, text, "traffic shape")
        except NotFound as error:
            raise NotFound(f"{error} Or give 24 numbers, with commas between them.") from None
    try:
        hours = tuple(float(word) for word in text.split(","))
    except ValueError:
        raise BadInput(
            "traffic: not all of that are numbers; give 24, one for each hour, with commas between."
        ) from None
    if len(hours) != HOURS_PER_DAY:
        raise BadInput(f"traffic: {len(hours)} numbers cannot be; give 24, one for each hour.")
    if not all(0 <= hour < math.inf for hour in hours) or not 0 < max(hours) < 1e12:
        raise BadInput(
            "traffic: a number is negative, infinite or absurd, or all are 0; give 24 numbers "
            "from 0 on."
        )
    return Traffic("own", hours, "stated by the user")


@dataclass(frozen=True)
class Day:
    """Replicas through a day; arrays have one number for each hour.

    `needed` must be ready in the hour; `paid` are those that are rented, the ones that start
    included, on average over the hour.
    """

    requests_per_second: Vector
    needed: Vector
    paid: Vector
    utilisation: Vector
    state: State

    @property
    def peak(self) -> int:
        """The busiest hour."""
        return int(self.requests_per_second.argmax())

    @property
    def most(self) -> int:
        """Replicas at the busiest hour."""
        return int(self.needed.max())

    @property
    def replica_hours_per_month(self) -> float:
        """Hours of all replicas that are paid for in a month."""
        return float(self.paid.mean()) * HOURS_PER_MONTH

    @property
    def late(self) -> float | None:
        """Share of the day's requests that miss the target; None = no target."""
        if self.state.late is None:
            return None
        return float(np.average(self.state.late, weights=self.requests_per_second))


def plan_day(crew: Crew, rates: Vector, least: int, scale_up_minutes: float) -> Day:
    """Replicas through a day.

    Args:
        crew: The replicas.
        rates: Requests per second in each of 24 hours.
        least: Replicas that always run.
        scale_up_minutes: Until a replica that is asked for is ready.
    """
    needed = crew.replicas(rates, least)
    paid = ahead(needed, scale_up_minutes / MINUTES_PER_HOUR)
    bears = np.maximum(paid, 1e-12) * crew.rate
    return Day(rates, needed, paid, rates / bears, crew.state(rates, needed))


def ahead(needed: Vector, hours: float) -> Vector:
    """Replicas on average over each hour, where each is asked for some hours before it is needed.

    At any moment all are there that the time from then until `hours` later needs; the day repeats.
    """
    whole = math.floor(hours)
    now = np.max([np.roll(needed, -shift) for shift in range(whole + 1)], axis=0)
    later = np.maximum(now, np.roll(needed, -(whole + 1)))
    part = hours - whole
    return np.asarray((1 - part) * now + part * later)
