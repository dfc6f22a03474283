"""The machines an option runs on: what one replica bears and costs, from the serving estimate.

Replicas are planned for the busiest hour and run all month.
"""

from dataclasses import dataclass

from core.cost.crew import TARGET_LOAD
from core.cost.estimate import Estimate, Note
from core.cost.hardware import gpu as find_gpu
from core.cost.prices import Price, own_price, price_of
from core.cost.serving import estimate_serving
from core.models.shape import Shape
from core.strategy.curve import Stair
from core.strategy.say import Sentence
from core.strategy.sections import Demand, HostOption, TunedOption
from core.units import HOURS_PER_MONTH, SECONDS_PER_DAY


@dataclass(frozen=True)
class Fleet:
    """Replicas of one size.

    `requests_per_day` is the average volume that one replica bears; None if the model does not
    fit. `answer_seconds` is for a whole answer in the busiest hour. `problem` says why the option
    cannot serve, None if it can.
    """

    requests_per_day: Estimate | None
    usd_per_replica_month: float
    min_replicas: int
    price: Price
    answer_seconds: Estimate | None
    notes: tuple[Note, ...]
    problem: Sentence | None

    def stairs(self, end: str) -> tuple[Stair, ...]:
        """The cost by volume when a replica bears its "value", "low" or "high"."""
        if self.requests_per_day is None:
            return ()
        bears: float = getattr(self.requests_per_day, end)
        return (Stair(self.usd_per_replica_month, bears, self.min_replicas),)


def gpu_price(option: HostOption | TunedOption) -> Price:
    """The price of a GPU-hour: the option's own, else the published one.

    Raises:
        NotFound: There is no such GPU, or no published price of that provider.
    """
    card = find_gpu(option.gpu)
    if option.usd_per_gpu_hour is not None:
        return own_price(option.usd_per_gpu_hour)
    return price_of(card, option.gpu_provider, option.pricing)


def fleet_of(option: HostOption | TunedOption, shape: Shape, demand: Demand) -> Fleet:
    """Estimate the machines for a model at a demand.

    Raises:
        NotFound: There is no such GPU, or no published price of that provider.
    """
    price = gpu_price(option)
    busiest = demand.requests_per_day * demand.peak_factor / SECONDS_PER_DAY
    estimate = estimate_serving(
        shape, option.gpu, option.gpus, demand.input_tokens + option.prompt_tokens,
        demand.output_tokens, requests_per_second=busiest, precision=option.precision, price=price,
    )  # fmt: skip
    capacity = estimate.capacity_requests_per_second
    bears = None
    if capacity is not None and estimate.replicas:
        planned = TARGET_LOAD * SECONDS_PER_DAY / (estimate.replicas * demand.peak_factor)
        bears = capacity.times(planned, "requests/day")
    answer = estimate.time_per_request
    return Fleet(
        requests_per_day=bears,
        usd_per_replica_month=option.gpus * price.usd_per_gpu_hour * HOURS_PER_MONTH,
        min_replicas=option.min_replicas,
        price=price,
        answer_seconds=answer,
        notes=estimate.assumptions,
        problem=_problem(option, demand, bears, answer),
    )


def _problem(
    option: HostOption | TunedOption,
    demand: Demand,
    bears: Estimate | None,
    answer: Estimate | None,
) -> Sentence | None:
    if bears is None:
        return Sentence(
            "reason.no_fit",
            {"option": option.name, "gpus": option.gpus, "gpu": option.gpu,
             "precision": option.precision},
        )  # fmt: skip
    limit = demand.latency_seconds
    if limit is not None and answer is not None and answer.value > limit:
        return Sentence(
            "reason.too_slow",
            {"option": option.name, "answer_seconds": answer.value, "limit_seconds": limit},
        )
    return None
