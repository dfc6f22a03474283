"""Why the recommended option, why not the others, and what would change it, in sentences."""

import numpy as np

from core.strategy.plan import Plan
from core.strategy.say import Sentence, Values
from core.strategy.sensitivity import Bar

MOST_FLIPS = 8


def gain(plan: Plan) -> dict[str, float] | None:
    """US$ a month that the recommended option leaves beyond the second, over the horizon.

    `value` is the average over the futures, `low` and `high` hold 90 % of them; None if there are
    not two.
    """
    if plan.recommended is None or plan.second is None:
        return None
    more = plan.futures[plan.recommended].end_usd - plan.futures[plan.second].end_usd
    low, high = np.percentile(more, (5, 95), method="lower") / plan.scenario.horizon_months
    return {"value": float(more.mean() / plan.scenario.horizon_months), "low": float(low),
            "high": float(high)}  # fmt: skip


def reasons(plan: Plan) -> tuple[Sentence, ...]:
    """Why this one, and why each other one is not it."""
    quality = plan.scenario.quality
    if plan.recommended is None:
        first = Sentence("reason.none", {"metric": quality.metric, "floor": quality.floor})
        return (first, *_why_not(plan))
    first_row, more = plan.standings[0], gain(plan)
    if more is None:
        why = Sentence("reason.only", {"option": plan.recommended})
    else:
        why = Sentence("reason.best", {
            "option": plan.recommended, "second": plan.second, "gain_usd": more["value"],
            "low_usd": more["low"], "high_usd": more["high"],
            "best_share": first_row.probability_best,
        })  # fmt: skip
    return (why, *_why_not(plan))


def _why_not(plan: Plan) -> list[Sentence]:
    quality = plan.scenario.quality
    rows = {row.option: row for row in plan.standings}
    said = []
    for option in plan.basis.options:
        values: Values = {"option": option.name, "metric": quality.metric, "floor": quality.floor}
        if option.problem is not None:
            said.append(option.problem)
        elif rows[option.name].meets_floor is None:
            said.append(Sentence("reason.unknown", values))
        elif rows[option.name].meets_floor is False and option.quality:
            said.append(Sentence("reason.below", {**values, "quality": option.quality.value}))
    return said


def flips(plan: Plan, bars: tuple[Bar, ...]) -> tuple[Sentence, ...]:
    """What would change the answer: a score to measure, then values, the nearest one first."""
    found = [bar for bar in bars if bar.flips_at is not None]
    found.sort(key=_distance)
    return (*_measure(plan), *(_flip(bar) for bar in found[:MOST_FLIPS]))


def _distance(bar: Bar) -> float:
    """How far off, in ranges of the input."""
    row = bar.input
    if bar.flips_at is None:
        return np.inf
    up = bar.flips_at > row.base
    reach = row.high - row.base if up else row.base - row.low
    return abs(bar.flips_at - row.base) / reach if reach else np.inf


def _flip(bar: Bar) -> Sentence:
    row = bar.input
    up = bar.flips_at is not None and bar.flips_at > row.base
    key = f"flip.{'up' if up else 'down'}" + ("" if bar.flips_to else "_none")
    return Sentence(key, {
        "input": row.path, "field": row.field, "of": row.option, "at": bar.flips_at,
        "base": row.base, "winner": bar.flips_to,
    })  # fmt: skip


def _measure(plan: Plan) -> list[Sentence]:
    """Options that would lead if their quality were known to be good enough."""
    quality = plan.scenario.quality
    lead = plan.standings[0].expected_usd if plan.recommended else -np.inf
    said = []
    for row in plan.standings:
        if row.rank is not None or row.expected_usd <= lead or row.meets_floor is False:
            continue
        said.append(Sentence("flip.measure", {"option": row.option, "metric": quality.metric,
                                              "floor": quality.floor}))  # fmt: skip
    return said
