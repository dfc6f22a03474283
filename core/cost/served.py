"""An estimate of serving: what it says, and what it rests on."""

from dataclasses import dataclass

from core.cost.crew import Crew
from core.cost.engines import Engine
from core.cost.estimate import Estimate, Note
from core.cost.frontier import Pace
from core.cost.hardware import Gpu
from core.cost.load import Load
from core.cost.prices import Price
from core.cost.replica import Replica, ServingMemory
from core.cost.traffic import Day
from core.models.shape import Shape


@dataclass(frozen=True)
class ServingEstimate:
    """Serving a model at some traffic.

    None: the model does not fit, or the quantity does not apply (an encoder writes no tokens; with
    requests in flight there are no hours of a `day`). Of a day, replicas, requests in work, memory
    and times are those of its busiest hour, the rest is of the whole day. `running` is the mean
    number of requests in work on one replica; `capacity` is what all replicas of the busiest hour
    could bear; `memory` is of one GPU; `late` is the share of requests over the target. A million
    output tokens `with_input` is all the money over the output: what makers of benchmarks print. At
    full use the replicas work all the time: over the real price, it is how busy they are.
    """

    replica: Replica
    load: Load
    price: Price
    fits: bool
    memory: ServingMemory
    assumptions: tuple[Note, ...]
    advice: Note | None = None
    crew: Crew | None = None
    points: Pace | None = None
    day: Day | None = None
    replicas: int | None = None
    running: float | None = None
    requests_per_second: float | None = None
    utilisation: float | None = None
    late: float | None = None
    capacity_requests_per_second: Estimate | None = None
    output_tokens_per_second: Estimate | None = None
    time_to_first_token: Estimate | None = None
    time_per_output_token: Estimate | None = None
    time_per_request: Estimate | None = None
    usd_per_million_input_tokens: Estimate | None = None
    usd_per_million_output_tokens: Estimate | None = None
    usd_per_million_output_tokens_with_input: Estimate | None = None
    usd_per_request: Estimate | None = None
    usd_per_request_at_full_use: Estimate | None = None
    usd_per_month: Estimate | None = None
    gpu_hours_per_month: Estimate | None = None
    energy_kwh: Estimate | None = None
    co2_kg: Estimate | None = None

    @property
    def shape(self) -> Shape:
        """The model."""
        return self.replica.shape

    @property
    def gpu(self) -> Gpu:
        """The card."""
        return self.replica.gpu

    @property
    def gpus(self) -> int:
        """GPUs of one replica."""
        return self.replica.gpus

    @property
    def engine(self) -> Engine:
        """The engine."""
        return self.replica.engine


def kept_at_p95(estimate: ServingEstimate) -> bool | None:
    """Whether the targets are kept at the slow end of the ranges too; None = there are none."""
    target = estimate.load.target
    first = estimate.time_to_first_token or estimate.time_per_request
    pairs = (
        (target.first_seconds, first), (target.token_seconds, estimate.time_per_output_token),
    )  # fmt: skip
    asked = [(most, found) for most, found in pairs if most is not None and found is not None]
    return all(found.high <= most for most, found in asked) if asked else None
