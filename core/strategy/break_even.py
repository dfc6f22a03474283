"""From which volume one option costs no more to run than another, solved; and from which month."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.strategy.basis import Priced
from core.strategy.curve import Curve, break_even
from core.strategy.plan import Plan
from core.units import DAYS_PER_MONTH, SECONDS_PER_DAY


@dataclass(frozen=True)
class BreakEven:
    """Requests a day from which `b` costs no more a month than `a`; None = never.

    Of the two, `a` is the cheaper one at the lowest volume. `low` and `high` take both estimates
    at the ends that favour and disfavour `b`. Once-paid costs are left out: `month` counts them,
    with the volume as planned, and is the first month at whose end the option that is cheaper in
    the long run has cost no more; 0 = from the start, None = not within the horizon. `utilisation`
    is how busy the machines of `b` are at that volume, of what they can bear at most.
    """

    a: str
    b: str
    requests_per_day: float | None
    low: float | None
    high: float | None
    month: int | None
    utilisation: float | None


def curve_of(plan: Plan, option: Priced, end: str = "value") -> Curve:
    """What a month costs to run by volume, retraining spread evenly, at the prices of the start.

    `end` is "value", "low" (cheap) or "high" (dear), of what a replica bears and a training takes.
    """
    company, demand = plan.scenario.company, plan.scenario.demand
    fixed = option.team_people * company.person_usd_per_month
    if option.usd_per_customer_month is not None:
        fixed += option.usd_per_customer_month * company.customers
    if option.retrain_every_months:
        fixed += round_usd(plan, option, end) / option.retrain_every_months
    if option.tokens is not None:
        prices = option.tokens
        share = demand.cacheable_share if prices.cached is not None else 0.0
        into = share * (prices.cached or 0.0) + (1 - share) * prices.input
        read = demand.input_tokens + option.prompt_tokens
        request = read * into + demand.output_tokens * prices.output
        return Curve(fixed, request * DAYS_PER_MONTH)
    if option.machines is None:
        return Curve(fixed)
    rate = getattr(option.machines.rate, {"low": "high", "high": "low"}.get(end, end))
    return option.machines.curve(rate, gpu_usd(plan, option.machines.price), fixed)


def gpu_usd(plan: Plan, market: str) -> float:
    """US$ of a GPU-hour of a market."""
    return next(row for row in plan.basis.markets if row.name == market).usd_per_gpu_hour.value


def round_usd(plan: Plan, option: Priced, end: str = "value") -> float:
    """US$ of one round of retraining."""
    usd = option.retrain_usd
    if option.training is not None and option.kind != "pretrained":
        usd += getattr(option.training.gpu_hours, end) * gpu_usd(plan, option.training.price)
    return usd


def pairs(plan: Plan) -> tuple[BreakEven, ...]:
    """Every two options that can serve and are not staged."""
    single = [option for option in plan.able if option.first is None]
    return tuple(_pair(plan, x, y) for x, y in combinations(single, 2))


def _pair(plan: Plan, x: Priced, y: Priced) -> BreakEven:
    a, b = (x, y) if curve_of(plan, x).at(0.0) <= curve_of(plan, y).at(0.0) else (y, x)
    at = break_even(curve_of(plan, a), curve_of(plan, b))
    return BreakEven(
        a=a.name,
        b=b.name,
        requests_per_day=at,
        low=break_even(curve_of(plan, a, "high"), curve_of(plan, b, "low")),
        high=break_even(curve_of(plan, a, "low"), curve_of(plan, b, "high")),
        month=pays_back(plan, a.name, b.name),
        utilisation=utilisation(b, at) if at else None,
    )


def utilisation(option: Priced, requests_per_day: float) -> float | None:
    """How busy the machines of an option are at a volume, on average over the day.

    Of what all replicas that are paid for can bear; None = it has no machines.
    """
    machines = option.machines
    if machines is None:
        return None
    rate = machines.rate.value
    paid = machines.replicas(requests_per_day, rate)
    return requests_per_day / (paid * rate * SECONDS_PER_DAY)


def pays_back(plan: Plan, a: str, b: str) -> int | None:
    """The month at whose end `b` has cost no more than `a`, and stays so to the horizon.

    0 = from the start; None = not within the horizon.
    """
    spent_a, spent_b = (np.cumsum(plan.base[name].model_usd[0]) for name in (a, b))
    behind = np.nonzero(spent_b > spent_a)[0]
    if not len(behind):
        return 0
    month = int(behind[-1]) + 2
    return month if month <= len(spent_a) else None
