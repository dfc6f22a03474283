"""The machines an option runs on: what one replica bears, from the serving estimate of Cost."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from core.cost.load import SCALE_UP_MINUTES
from core.cost.prices import own_price
from core.cost.served import ServingEstimate
from core.cost.serving import estimate_serving
from core.cost.traffic import TRAFFIC
from core.errors import BadInput
from core.models.shape import Shape
from core.strategy.amount import Range
from core.strategy.basis import Answer, Machines, Response
from core.strategy.say import Sentence
from core.strategy.sections import Demand, Hosted, Option
from core.table import find
from core.units import MINUTES_PER_HOUR

FACTORS = (1 / 8, 1 / 2, 1.0, 2.0, 8.0)
"""Tokens of a request against the scenario's, at which the rate of a replica is asked for."""
MOST_SPARE = 100


@dataclass(frozen=True)
class Fleet:
    """Machines and the time of an answer; `problem` says why the option cannot serve."""

    machines: Machines | None
    answer: Answer | None
    notes: tuple[str, ...]
    problem: Sentence | None


@lru_cache(maxsize=256)
def fleet_of(option: Hosted, shape: Shape, demand: Demand, market: str) -> Fleet:
    """Estimate the machines for a model at a demand; `market` names the price of its GPU-hour.

    Raises:
        NotFound: There is no such GPU.
        BadInput: The GPUs cannot share the model.
    """
    tokens = demand.input_tokens + option.prompt_tokens, demand.output_tokens
    found = _estimate(option, shape, demand, *tokens)
    notes = tuple(note.say("en") for note in found.assumptions)
    rate = _rate(found)
    if rate is None:
        why = Sentence("reason.no_fit", {
            "option": option.name, "gpus": option.gpus, "gpu": option.gpu,
            "precision": option.precision,
        })  # fmt: skip
        return Fleet(None, None, notes, why)
    machines = Machines(
        rate=rate,
        runs=found.capacity_requests_per_second.n if found.capacity_requests_per_second else 0,
        hours=found.load.traffic.hours,
        scale_up_hours=SCALE_UP_MINUTES / MINUTES_PER_HOUR,
        least=option.min_replicas,
        most=option.max_replicas,
        spare=0,
        autoscale=option.autoscale and option.pricing != "reserved",
        gpus=option.gpus,
        price=market,
        input_response=_response(option, shape, demand, rate.value, of_input=True),
        output_response=_response(option, shape, demand, rate.value, of_input=False),
    )
    busiest = machines.busiest(demand.requests_per_day, rate.value)
    spare = _spare(busiest, option.machine_availability, demand.availability)
    long = (
        (demand.input_tokens_p95 or demand.input_tokens) + option.prompt_tokens,
        demand.output_tokens if demand.output_tokens_p95 is None else demand.output_tokens_p95,
    )
    answer = _answer(found, long[0] / tokens[0], long[1])
    return Fleet(replace(machines, spare=spare), answer, notes, too_slow(option, demand, answer))


def _estimate(
    option: Hosted, shape: Shape, demand: Demand, input_tokens: float, output_tokens: float
) -> ServingEstimate:
    return estimate_serving(
        shape, option.gpu, option.gpus, max(1, round(input_tokens)), round(output_tokens),
        requests_per_day=demand.requests_per_day, precision=option.precision,
        traffic=find(TRAFFIC, demand.daily_shape, "daily shape"),
        min_replicas=option.min_replicas, price=own_price(1.0),
    )  # fmt: skip


def _rate(found: ServingEstimate) -> Range | None:
    """Requests per second of one replica; None if the model does not fit."""
    capacity = found.capacity_requests_per_second
    if capacity is None or not found.replicas:
        return None
    each = capacity.times(1 / found.replicas, "requests/s")
    return Range(each.value, each.low, each.high)


def _response(
    option: Hosted, shape: Shape, demand: Demand, rate: float, *, of_input: bool
) -> Response:
    """How the rate follows the tokens of a request; factors that do not fit are left out."""
    points = []
    tokens = (demand.input_tokens + option.prompt_tokens, demand.output_tokens)
    moved = tokens[0] if of_input else tokens[1]
    for factor in FACTORS if moved else (1.0,):
        try:
            found = _rate(_estimate(
                option, shape, demand, tokens[0] * (factor if of_input else 1),
                tokens[1] * (1 if of_input else factor),
            ))  # fmt: skip
        except BadInput:  # longer than what the estimate takes
            continue
        if found is not None:
            points.append((math.log(factor), math.log(found.value / rate)))
    return tuple(points)


def _spare(needed: int, works: float, wanted: float | None) -> int:
    """The fewest replicas beyond those needed, so that as many work as often as wanted.

    Machines fail independently of each other: binomial.
    """
    if wanted is None or works >= 1:
        return 0
    for spare in range(MOST_SPARE):
        n = needed + spare
        enough = sum(
            math.comb(n, down) * (1 - works) ** down * works ** (n - down)
            for down in range(spare + 1)
        )
        if enough >= wanted:
            return spare
    return MOST_SPARE


def _answer(found: ServingEstimate, longer: float, output_tokens: float) -> Answer | None:
    """A long request among average ones, in the busiest hour.

    Its prompt takes as much longer as it has more tokens; its answer, a step of the batch for each.
    """
    whole = found.time_per_request
    if whole is None:
        return None
    first, token = found.time_to_first_token, found.time_per_output_token
    if first is None or token is None:
        seconds = Range(*(longer * end for end in (whole.value, whole.low, whole.high)))
    else:
        seconds = Range(*(
            longer * getattr(first, end) + output_tokens * getattr(token, end)
            for end in ("value", "low", "high")
        ))  # fmt: skip
    return Answer(seconds, "estimated", f"{whole.n} published runs")


def too_slow(option: Option, demand: Demand, answer: Answer | None) -> Sentence | None:
    """Why an option cannot serve, if its answers take longer than may be."""
    limit = demand.latency_seconds
    if limit is not None and answer is not None and answer.seconds.value > limit:
        return Sentence(
            "reason.too_slow",
            {"option": option.name, "answer_seconds": answer.seconds.value, "limit_seconds": limit},
        )
    return None
