"""What would change the winner: a volume, a price, or a measurement.

Exact, not sampled: volumes come from the crossings of two costs over the horizon, prices from the
straight line that a cost is in its price.
"""

import math

from core.strategy.curve import crossings
from core.strategy.plan import Outcome, Plan
from core.strategy.say import Sentence, Values
from core.strategy.sections import ApiOption, TunedOption

SEARCHED = 100.0
"""A volume that changes the winner is looked for between today's ÷ and × this."""
LARGEST_CHANGE = 10.0
"""A price that would have to move by more than this factor is not worth a sentence."""


def volumes(plan: Plan, winner: Outcome, others: list[Outcome]) -> list[tuple[float, Sentence]]:
    """The nearest volume above, and below, today's at which another option costs least."""
    today, growth = plan.scenario.demand.requests_per_day, plan.growth
    own = winner.priced.spending().total(growth)
    above: list[tuple[float, str]] = []
    below: list[tuple[float, str]] = []
    for other in others:
        theirs = other.priced.spending().total(growth)
        for crossing in crossings(own, theirs, today, today * SEARCHED):
            if crossing.b_cheaper_above:
                above.append((crossing.requests_per_day, other.name))
                break
        for crossing in reversed(crossings(own, theirs, today / SEARCHED, today)):
            if not crossing.b_cheaper_above:
                below.append((crossing.requests_per_day, other.name))
                break
    found = [("flip.more", *min(above))] if above else []
    found += [("flip.fewer", *max(below))] if below else []
    return [
        (
            abs(math.log(volume / today)),
            Sentence(
                key, {"requests_per_day": volume, "today_requests_per_day": today, "winner": name}
            ),
        )
        for key, volume, name in found
    ]


def prices(plan: Plan, winner: Outcome, others: list[Outcome]) -> list[tuple[float, Sentence]]:
    """How far the winner's price must rise, or another's fall, until another option wins."""
    if not others:
        return []
    found = []
    second = others[0]
    margin = second.total.value - winner.total.value
    moves = (
        [(winner, 1 + margin / _priced_usd(plan, winner), second.name)]
        if _priced_usd(plan, winner)
        else []
    )
    for other in others:
        behind = other.total.value - winner.total.value
        if (usd := _priced_usd(plan, other)) > behind:
            moves.append((other, 1 - behind / usd, other.name))
    for outcome, factor, name in moves:
        if not 1 / LARGEST_CHANGE <= factor <= LARGEST_CHANGE:
            continue
        values: Values = {"option": outcome.name, "winner": name, "change": factor - 1}
        line = outcome.priced.prices[0]
        if isinstance(outcome.priced.option, ApiOption):
            key = "flip.api_price"
        else:
            key = "flip.gpu_price"
            values |= {"now_hour_usd": line.usd, "then_hour_usd": line.usd * factor}
        found.append(
            (abs(math.log(factor)), Sentence(f"{key}_{'up' if factor > 1 else 'down'}", values))
        )
    return found


def _priced_usd(plan: Plan, outcome: Outcome) -> float:
    """The part of an option's total over the horizon that moves with its price."""
    spending, option = outcome.priced.spending(), outcome.priced.option
    months, curve = plan.scenario.horizon_months, spending.monthly
    running = spending.total(plan.growth).at(plan.scenario.demand.requests_per_day)
    people = months * curve.fixed_usd + sum(spending.lumps(months))
    compute = (
        outcome.priced.once.value - option.one_time_usd if isinstance(option, TunedOption) else 0
    )
    rounds = sum(1 for lump in spending.lumps(months)[1:] if lump)
    return running - people + compute * (1 + rounds)


def better_quality(plan: Plan, winner: Outcome | None) -> tuple[Sentence, ...]:
    """Options that would win if they were known to be good enough, the most saving first."""
    months, quality = plan.scenario.horizon_months, plan.scenario.quality
    barred = [
        o for o in plan.outcomes
        if not o.eligible and o.priced.problem is None
        and (winner is None or o.total.value < winner.total.value)
    ]  # fmt: skip
    barred.sort(key=lambda o: o.total.value)
    said = []
    for one in barred:
        known = one.priced.quality
        saved = (winner.total.value - one.total.value) / months if winner else None
        values: Values = {
            "option": one.name, "metric": quality.metric, "floor": quality.floor,
            "quality": known.value if known else None, "saved_usd": saved,
        }  # fmt: skip
        said.append(Sentence("flip.quality" if winner else "flip.measure", values))
    return tuple(said)
