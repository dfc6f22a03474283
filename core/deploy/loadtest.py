"""What a load test asks of a server: how requests come, how long, and where it must stop.

    rate     at random (Poisson) at one rate
    shape    a day's hours at their own rates, squeezed into some minutes
    ramp     steps of growing rates, until the server is past its knee
    clients  some callers, each of which waits for its answer before it asks again

But for the last, arrivals do not wait for answers (an open loop): a server that stalls keeps the
requests that came in the meantime waiting, and they are counted, each from the moment when it was
to be sent. A client that waits for its turn would leave them out and look better than its users'
day was ("coordinated omission"; Tene 2013, How NOT to Measure Latency).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

from core.cost.traffic import traffic
from core.errors import BadInput
from core.units import SECONDS_PER_MINUTE

KINDS = ("rate", "shape", "ramp", "clients")
MOST_RATE = 5_000.0
"""Requests a second: more than one process can send in time."""
MOST_SECONDS = 4 * 3600.0
MOST_REQUESTS = 1_000_000
MOST_IN_FLIGHT = 4_096
MOST_CLIENTS = 1_024
MOST_PER_DAY = 1e9
IN_FLIGHT = 512
TIMEOUT_SECONDS = 60.0
SECONDS = 30.0
RAMP_SECONDS = 600.0
"""For a whole ramp at most, where nothing else is asked."""
STEP_SECONDS = 10.0
MULTIPLE = 3.0
"""Times the unloaded p95, what p95 may be at the knee."""
WARM_UP = 0.1
"""Of a stage's time, what is left out at its beginning; `WARM_UP_SECONDS` at most."""
WARM_UP_SECONDS = 5.0
MAX_TOKENS = 128


@dataclass(frozen=True)
class Plan:
    """How requests come.

    Attributes:
        kind: One of KINDS.
        rate: Requests a second, of "rate".
        shape: The day's shape, of "shape": a name, or 24 numbers with commas.
        requests_per_day: Of the day that is squeezed: each hour keeps its own rate.
        clients: Of "clients".
        seconds: How long it takes; of a ramp, at most.
        step_seconds: Of one step of a ramp, at least.
        multiple: Of a ramp: times the unloaded p95, what p95 may be at the knee.
        max_p95_seconds: Of a ramp: what p95 may be besides; None = no such limit.
        most_requests: In all, at most.
        most_in_flight: Sent and not answered at once; what would come on top is not sent.
        timeout_seconds: From the intended sending to the last byte.
        seed: Of the arrivals.

    Raises:
        BadInput: On making: a number cannot be.
    """

    kind: str
    rate: float | None = None
    shape: str | None = None
    requests_per_day: float | None = None
    clients: int | None = None
    seconds: float = SECONDS
    step_seconds: float = STEP_SECONDS
    multiple: float = MULTIPLE
    max_p95_seconds: float | None = None
    most_requests: int = MOST_REQUESTS
    most_in_flight: int = IN_FLIGHT
    timeout_seconds: float = TIMEOUT_SECONDS
    seed: int = 0

    def __post_init__(self) -> None:
        """See that it can be done."""
        if self.kind not in KINDS:
            raise BadInput(f"kind: {self.kind!r} is none; give one of {', '.join(KINDS)}.")
        if self.kind == "rate":
            _within("rate", self.rate, MOST_RATE, "requests a second")
        if self.kind == "shape":
            traffic(self.shape or "")
            _within("requests-per-day", self.requests_per_day, MOST_PER_DAY, "requests")
            self._check_peak()
        if self.kind == "clients":
            _whole("clients", self.clients, MOST_CLIENTS)
        for name, value, most in (
            ("duration", self.seconds, MOST_SECONDS),
            ("step-seconds", self.step_seconds, MOST_SECONDS),
            ("timeout", self.timeout_seconds, 3600.0),
            ("max-p95-ms", self.max_p95_seconds, 3600.0),
        ):
            if value is not None:
                _within(name, value, most, "seconds")
        if not 1 < self.multiple <= 1000:
            raise BadInput(f"multiple: {self.multiple:g} cannot be; give a number above 1.")
        _whole("max-requests", self.most_requests, MOST_REQUESTS)
        _whole("max-in-flight", self.most_in_flight, MOST_IN_FLIGHT)
        if not 0 <= self.seed < 2**32:
            raise BadInput(f"seed: {self.seed} cannot be; give a whole number from 0 on.")
        if self.expected > self.most_requests:
            raise BadInput(
                f"That would be about {self.expected:,.0f} requests; at most "
                f"{self.most_requests:,} are sent in one test. Take a lower rate, a shorter "
                "--duration, or raise --max-requests."
            )

    def _check_peak(self) -> None:
        peak = max(self.hourly())
        if peak > MOST_RATE:
            raise BadInput(
                f"requests-per-day: the busiest hour would be {peak:,.0f} requests a second; one "
                f"client sends at most {MOST_RATE:,.0f}. Give fewer."
            )

    def hourly(self) -> list[float]:
        """Requests a second in each hour of the day that is squeezed."""
        rates = traffic(self.shape or "").rates(self.requests_per_day or 0.0)
        return [float(rate) for rate in rates]

    @property
    def expected(self) -> float:
        """Requests on average, where that is known beforehand; of a ramp and of clients 0."""
        if self.kind == "rate":
            return (self.rate or 0.0) * self.seconds
        if self.kind == "shape":
            hours = self.hourly()
            return sum(hours) / len(hours) * self.seconds
        return 0.0

    def to_json(self) -> dict[str, Any]:
        """As a request and a record hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Stage:
    """A stretch of a test at one rate, or with some clients (then `rate` is None).

    `counted` = there are as many requests as the rate promises, at random times: a short step is
    then what it says it is.
    """

    rate: float | None
    seconds: float
    warm_up: float = 0.0
    clients: int | None = None
    counted: bool = False


def warm_up(seconds: float) -> float:
    """What is left out at the beginning of a stage."""
    return min(WARM_UP * seconds, WARM_UP_SECONDS)


def stages(plan: Plan) -> list[Stage]:
    """The stages of a plan; a ramp finds its own as it goes."""
    if plan.kind == "rate":
        return [Stage(plan.rate, plan.seconds, warm_up(plan.seconds))]
    if plan.kind == "clients":
        return [Stage(None, plan.seconds, warm_up(plan.seconds), plan.clients)]
    if plan.kind == "shape":
        hours = plan.hourly()
        each = plan.seconds / len(hours)
        # Only the first is cold: the others go on from the one before.
        return [
            Stage(rate, each, warm_up(each) if not place else 0.0)
            for place, rate in enumerate(hours)
        ]
    return []


def minutes(value: float) -> float:
    """Minutes as seconds.

    Raises:
        BadInput: They are no time.
    """
    if not 0 < value < math.inf:
        raise BadInput(f"minutes: {value:g} cannot be; give a number above 0.")
    return value * SECONDS_PER_MINUTE


def _within(name: str, value: float | None, most: float, unit: str) -> None:
    if value is None:
        raise BadInput(f"{name} is missing; give a number of {unit} above 0.")
    if not 0 < value <= most:
        raise BadInput(f"{name}: {value:g} cannot be; give {unit} above 0 and at most {most:,.0f}.")


def _whole(name: str, value: int | None, most: int) -> None:
    if value is None or not 1 <= value <= most:
        raise BadInput(f"{name}: {value} cannot be; give a whole number from 1 to {most:,}.")
