"""What the cost engine predicts for a server under test, beside what was measured of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.cost.calibrate_serving import STREAM_BELOW
from core.cost.crew import crew_of
from core.cost.engines import ENGINES
from core.cost.estimate import Estimate
from core.cost.serving_notes import ranges
from core.deploy.loadtest import Plan
from core.deploy.loadtest_knee import ERRORS, FOLLOWS, Knee
from core.deploy.loadtest_subject import Subject
from core.deploy.loadtest_summary import Summary

FEWEST = 20
"""Answers, below which nothing is compared."""
TOO_MUCH = ("ok", "busy", "timeout")
"""What becomes of requests to a server that has too many of them; all else is something wrong."""
IDLE = 0.3
"""Requests in work on average, below which a server is taken to answer one at a time."""


@dataclass(frozen=True)
class Compared:
    """A number measured beside its prediction; `regime` is that of `core.cost.calibrate_serving`.

    `plain` is the prediction without what was measured here before. Requests a second, or seconds
    of one request where the unit says so.
    """

    regime: str
    unit: str
    measured: float
    predicted: Estimate
    plain: float
    n: int

    @property
    def error(self) -> float:
        """Predicted ÷ measured − 1."""
        return self.predicted.value / self.measured - 1


@dataclass(frozen=True)
class Predicted:
    """Predictions for a test.

    Attributes:
        card: What they are for; here = the machine that answered, else an A100 in its place.
        engine, engine_known, precision, input_tokens, output_tokens, counted: As a Subject has
            them.
        earlier: Load tests of before that correct them, by regime.
        rates, seconds: Mean time of a request at each rate; None = more than it could bear.
        compared: Measured beside predicted.
    """

    card: str
    here: bool
    engine: str
    engine_known: bool
    precision: str
    input_tokens: float
    output_tokens: float
    counted: str
    earlier: dict[str, int]
    rates: tuple[float, ...]
    seconds: tuple[float | None, ...]
    compared: tuple[Compared, ...]


def predict(
    subject: Subject, plan: Plan, summaries: Sequence[Summary], knee: Knee | None,
    alone: int | None,
) -> Predicted | None:  # fmt: skip
    """Predict a test and compare; None where the engine is none that is known, or it does not fit.

    Args:
        subject: What was tested.
        plan: How.
        summaries: Of its stages.
        knee: Of a ramp.
        alone: Place of the stage with one request at a time.
    """
    if subject.engine not in {row.name for row in ENGINES}:
        return None
    if subject.replica().largest_batch < 1:
        return None
    rates = sorted({s.offered for s in summaries if s.rate is not None and s.sent})
    found = (_alone(subject, summaries, alone), _full(subject, plan, summaries, knee))
    return Predicted(
        subject.card.title, subject.machine is not None, subject.engine, subject.engine_known,
        subject.precision, subject.input_tokens, subject.output_tokens, subject.counted,
        {r: held.n for r in ("alone", "full") if (held := subject.held(r))},
        tuple(rates), _curve(subject, rates), tuple(one for one in found if one),
    )  # fmt: skip


def _curve(subject: Subject, rates: Sequence[float]) -> tuple[float | None, ...]:
    """Mean time of a request at some rates on one copy, waiting included."""
    if not rates:
        return ()
    times = []
    for regime in ("alone", "full"):
        crew = crew_of(subject.replica(subject.held(regime)))
        state = crew.state(np.asarray(rates), np.ones(len(rates)))
        seconds = np.asarray(state.pace.answer + state.wait_seconds, float)
        within = np.asarray(rates) < crew.rate
        times.append((np.where(within, seconds, np.inf), np.asarray(state.pace.running)))
    (few, running), (many, _) = times
    found = np.where(running < STREAM_BELOW, few, many)
    return tuple(float(value) if np.isfinite(value) else None for value in found)


def _alone(subject: Subject, summaries: Sequence[Summary], alone: int | None) -> Compared | None:
    """One request at a time: its mean time."""
    found = summaries[alone] if alone is not None and alone < len(summaries) else _idle(summaries)
    if found is None or not _usable(found) or not found.total.mean or found.busy_share > ERRORS:
        return None
    copy = subject.replica(subject.held("alone"))
    return Compared(
        "alone", "s", found.total.mean,
        Estimate.of(copy.alone_seconds, "s", ranges(copy, 1.0).token, inverse=True),
        subject.replica().alone_seconds, found.answered,
    )  # fmt: skip


def _idle(summaries: Sequence[Summary]) -> Summary | None:
    """The stage that left the server idle most of the time, or the one client's."""
    for found in summaries:
        busy = found.throughput * (found.total.mean or 0.0)
        if found.clients == 1 or (found.rate is not None and busy < IDLE and found.answered):
            return found
    return None


def _full(
    subject: Subject, plan: Plan, summaries: Sequence[Summary], knee: Knee | None
) -> Compared | None:
    """A server that has no more to give: answers a second."""
    found = _fullest(plan, summaries)
    if found is None or not found.throughput:
        return None
    copy = subject.replica(subject.held("full"))
    crew, plain = crew_of(copy), crew_of(subject.replica())
    value, before = crew.rate, plain.rate
    running = crew.places
    if found.clients is not None:
        running = min(float(found.clients), crew.places)
        value = float(crew.at(running).pace.requests_per_second)
        before = float(plain.at(running).pace.requests_per_second)
    return Compared(
        "full", "requests/s", found.throughput,
        Estimate.of(value, "requests/s", ranges(copy, running).rate), before, found.answered,
    )  # fmt: skip


def _fullest(plan: Plan, summaries: Sequence[Summary]) -> Summary | None:
    """The stage in which most was answered, of those in which more was asked than answered."""
    if plan.kind == "clients":
        past = [s for s in summaries if (s.clients or 0) > 1]
    else:
        past = [
            s for s in summaries if s.rate is not None
            and (s.busy_share > ERRORS or s.throughput < FOLLOWS * s.offered)
        ]  # fmt: skip
    usable = [s for s in past if _usable(s)]
    return max(usable, key=lambda s: s.throughput, default=None)


def _usable(found: Summary) -> bool:
    """Whether a stage says how fast a server is: what it did not answer was too much for it."""
    wrong = sum(n for name, n in found.counts.items() if name not in TOO_MUCH)
    return found.answered >= FEWEST and found.trustworthy and wrong <= ERRORS * found.sent
