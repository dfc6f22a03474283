"""Measured beside predicted on one machine: how far off the formula is there, and what is left.

The logarithm of measured ÷ predicted speed of a job is taken as

    machine's own offset + scatter between jobs on one machine

with normal distributions. What is known before anything is measured comes from the published runs
of the back-test: how far sources (a framework or engine on its machines) lie apart, and how far the
runs of one source do. For a processor or a card that no published run is of, the offset may be a
factor of `UNKNOWN_FACTOR` either way, and jobs are taken to scatter `UNKNOWN_SCATTER` times as far.
Each measurement shrinks what is not known of the offset:

    precision after = 1 / between² + n / within²         (normal prior, normal likelihood)

and an estimate on that machine is multiplied by the posterior's median, its range made of what is
left of the offset and of the scatter between jobs, which no number of measurements takes away. From
`FEWEST_OWN` measurements on, their own scatter counts, pooled with the published one.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from core.cost.backtest import checks
from core.cost.estimate import Z_95, Shrunk, Spread
from core.cost.hardware import Gpu
from core.cost.scores import UNSEEN

UNKNOWN_FACTOR = 5.0
UNKNOWN_SCATTER = 2.0
FEWEST_OWN = 3
WAITING = 0.5
"""From this share of its step on, a job is one that waits for launches."""
PRIOR_JOBS = 8
"""The published scatter counts as much as so many measurements."""
HERE = "this-machine"
"""The name of the card that stands for the machine that was measured."""


@dataclass(frozen=True)
class Measurement:
    """One job on a machine: tokens per second, measured and as the formula has it.

    `source` is the run's name, or "probe" and what it trained; `steps` = how many were timed;
    `launched` = the share of a predicted step that waits for kernels to be launched.
    """

    source: str
    method: str
    measured_tokens_per_second: float
    predicted_tokens_per_second: float
    steps: int
    at: str
    launched: float = 0.0

    @property
    def ratio(self) -> float:
        """Measured ÷ predicted speed."""
        return self.measured_tokens_per_second / self.predicted_tokens_per_second


@dataclass(frozen=True)
class ServedMeasurement:
    """A load test on a machine: requests per second, measured and as the formula has it.

    `source` is the test's name; `regime` = "alone" (one request at a time: one over its time) or
    "full" (what the server finished where it had no more to give); `requests` = how many were
    timed.
    """

    source: str
    engine: str
    regime: str
    measured_requests_per_second: float
    predicted_requests_per_second: float
    requests: int
    at: str

    @property
    def ratio(self) -> float:
        """Measured ÷ predicted speed."""
        return self.measured_requests_per_second / self.predicted_requests_per_second


@dataclass(frozen=True)
class Machine:
    """A machine, what was measured of its processor or card, and the jobs that ran on it.

    `card` is the row of the card where it is a known one, else what a short measurement found:
    `known` says which. `measured` are trainings, `served` load tests.
    """

    name: str
    card: Gpu
    known: bool
    measured: tuple[Measurement, ...] = ()
    served: tuple[ServedMeasurement, ...] = ()

    @property
    def date(self) -> str:
        """Of the newest measurement."""
        return max((one.at[:10] for one in self.measured), default="")

    def with_one(self, found: Measurement) -> "Machine":
        """The same with a measurement, which takes the place of one of the same source."""
        rest = tuple(one for one in self.measured if one.source != found.source)
        return replace(self, measured=(*rest, found))

    def with_served(self, found: ServedMeasurement) -> "Machine":
        """The same with a load test, which takes the place of the same one's."""
        rest = tuple(
            one for one in self.served if (one.source, one.regime) != (found.source, found.regime)
        )
        return replace(self, served=(*rest, found))


@lru_cache(maxsize=16)
def scatter(kind: str) -> tuple[float, float]:
    """Standard deviations of log(measured ÷ predicted): between sources, and within one.

    Of the published runs of a kind, by constants fitted without their source: an analysis of
    variance of one way (Snedecor & Cochran 1989, Statistical Methods, chapter 13).
    """
    by_source = defaultdict(list)
    for one in checks(kind):
        by_source[one.source].append(math.log(one.measured / one.elsewhere))
    groups = list(by_source.values())
    total = sum(map(len, groups))
    means = [sum(group) / len(group) for group in groups]
    inside = sum(sum((x - m) ** 2 for x in g) for g, m in zip(groups, means, strict=True))
    within = inside / max(1, total - len(groups))
    middle = sum(map(sum, groups)) / total
    apart = sum(len(g) * (m - middle) ** 2 for g, m in zip(groups, means, strict=True))
    effective = (total - sum(len(g) ** 2 for g in groups) / total) / max(1, len(groups) - 1)
    between = (apart / max(1, len(groups) - 1) - within) / effective
    return UNSEEN * math.sqrt(max(between, within / 4)), UNSEEN * math.sqrt(within)


def shrink(
    machine: Machine, kind: str, method: str | None = None, launched: float | None = None
) -> Shrunk:
    """Put the measurements of a machine to the range of a kind.

    A job that waits for launches says how fast a machine starts kernels, and nothing of how fast it
    computes: measurements count for jobs of their own regime alone.

    Args:
        machine: What was measured.
        kind: As `core.cost.backtest` names it: "finetuning", "adapters" or "pretraining".
        method: Only measurements of this method count, where there are any; None = all do.
        launched: Share of the job's predicted step that waits for launches; None = all count.
    """
    found = [
        one
        for one in machine.measured
        if launched is None or (one.launched >= WAITING) == (launched >= WAITING)
    ]
    found = [one for one in found if one.method == method] or found
    return posterior(machine, kind, [one.ratio for one in found], machine.date)


def posterior(machine: Machine, kind: str, ratios: Sequence[float], date: str) -> Shrunk:
    """The range of a kind after some measured ÷ predicted speeds on a machine.

    Args:
        machine: Where they were measured.
        kind: As `core.cost.backtest` names it.
        ratios: Measured ÷ predicted speed of each job.
        date: Of the newest.
    """
    between, within = scatter(kind)
    if not machine.known:
        between, within = math.log(UNKNOWN_FACTOR) / Z_95, UNKNOWN_SCATTER * within
    logs = [math.log(ratio) for ratio in ratios]
    n = len(logs)
    if n >= FEWEST_OWN:
        middle = sum(logs) / n
        own = sum((x - middle) ** 2 for x in logs)
        within = math.sqrt((PRIOR_JOBS * within**2 + own) / (PRIOR_JOBS + n - 1))
    before = _spread(kind, math.hypot(between, within))
    if not n:
        return Shrunk(1.0, before, before, 0, machine.name, date)
    left = 1 / (1 / between**2 + n / within**2)
    offset = left * sum(logs) / within**2
    after = _spread(kind, math.hypot(math.sqrt(left), within))
    return Shrunk(math.exp(offset), before, after, n, machine.name, date)


def _spread(kind: str, deviation: float) -> Spread:
    reach = math.exp(Z_95 * deviation)
    return Spread(kind, 1 / reach, reach, len(checks(kind)))
