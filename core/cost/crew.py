"""How many replicas some traffic needs: enough for the load, and for few requests to wait long.

Each replica holds at most as many requests as keep its times within the target; others wait for a
free place (Erlang C over the places of all replicas). At most `TARGET_LOAD` of what replicas can
bear is planned for, and at most `LATE` of the requests may wait so long that their first token
comes after the target.
"""

import math
from dataclasses import dataclass

import numpy as np

from core.cost.frontier import NO_TARGET, Pace, Target, limit, pace_at
from core.cost.queueing import erlang_c, late_share, mean_wait_seconds
from core.cost.replica import Replica
from core.cost.transformer import Number

TARGET_LOAD = 0.8
"""Of what a replica can bear, what is planned for: the rest absorbs uneven arrivals."""
DOUBLINGS = 30
"""Of the replicas that the load needs, until hardly any request waits for another."""
LATE = 0.05
"""Of the requests, how many may miss the target."""


@dataclass(frozen=True)
class State:
    """Replicas at work: the pace of each, the mean wait for a place, and who is late.

    `late` is the share of requests whose first token comes after the target; None = no target.
    """

    pace: Pace
    wait_seconds: Number
    late: Number | None


@dataclass(frozen=True)
class Crew:
    """Replicas of one kind. `places` is what each holds at once, `rate` what it can bear."""

    copy: Replica
    target: Target
    places: float
    rate: float

    @property
    def slots(self) -> float:
        """Places of one replica; one even where less than one request runs on average."""
        return max(1.0, self.places)

    @property
    def held_seconds(self) -> float:
        """How long a request holds its place, so that full places bear just the rate."""
        return self.slots / self.rate

    def state(self, rates: Number, replicas: Number) -> State:
        """What some replicas do at some arrival rates; more than they can bear is waiting."""
        rates, replicas = np.asarray(rates, float), np.asarray(replicas, float)
        each = np.minimum(rates / np.maximum(replicas, 1), self.rate)
        pace = pace_at(self.copy, np.minimum(self.copy.batch_at(each), self.places))
        servers, load = np.maximum(replicas, 1) * self.slots, rates * self.held_seconds
        wait = mean_wait_seconds(servers, load, self.held_seconds)
        return State(pace, wait, self._late(pace, servers, load))

    def at(self, running: float) -> State:
        """What a replica does that always has some requests in work: nobody waits for a place."""
        pace = pace_at(self.copy, running)
        return State(pace, np.zeros(()), self._late(pace, self.slots, 0.0))

    def _late(self, pace: Pace, servers: Number, load: Number) -> Number | None:
        """Two waits: for a place, and while other prompts are read."""
        if self.target.first_seconds is None:
            return None
        prompt = self.copy.prompt_seconds()
        held_up = prompt * pace.reading / (1 - pace.reading)
        free = np.maximum(0.0, servers - load)
        return late_share(
            self.target.first_seconds - (pace.first - held_up),
            erlang_c(servers, load), free / self.held_seconds,
            pace.reading, (1 - pace.reading) / prompt,
        )  # fmt: skip

    def replicas(self, rates: Number, least: int = 1) -> Number:
        """The smallest numbers of replicas for some arrival rates; at no requests the least."""
        rates = np.asarray(rates, float)
        load = np.ceil(rates / (TARGET_LOAD * self.rate) - 1e-9)
        few = np.maximum(load, np.where(rates > 0, max(1, least), least))
        if self.target.first_seconds is None:
            return few
        many = few.copy()
        for _ in range(DOUBLINGS):
            late = self._missed(rates, many)
            if not late.any():
                break
            many = np.where(late, 2 * many, many)
        low, high = few, many
        while (low < high).any():
            middle = np.floor((low + high) / 2)
            late = self._missed(rates, middle)
            low, high = np.where(late, middle + 1, low), np.where(late, high, middle)
        return high

    def _missed(self, rates: Number, replicas: Number) -> Number:
        late = self.state(rates, replicas).late
        return (np.asarray(late) > LATE) & (rates > 0)


def crew_of(copy: Replica, target: Target = NO_TARGET, points: Pace | None = None) -> Crew:
    """Replicas of a kind that fits, held to a target.

    Raises:
        BadInput: No load keeps to the target.
    """
    places = limit(copy, target, points)
    return Crew(copy, target, places, float(pace_at(copy, places).requests_per_second))


def replicas_for(crew: Crew, in_flight: float, least: int = 1) -> int:
    """Replicas that hold some requests in flight, each followed by the next."""
    return max(1, least, math.ceil(in_flight / crew.places - 1e-9))
