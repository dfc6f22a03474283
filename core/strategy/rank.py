"""The decision: the cheapest option that is good enough, why, and what would change it.

Options are ranked by what they cost over the whole horizon, growth and once-paid costs included.
An option below the floor, or of unknown quality, cannot win.
"""

from dataclasses import dataclass

from core.strategy.amount import Range
from core.strategy.flips import better_quality, prices, volumes
from core.strategy.plan import Outcome, Plan
from core.strategy.say import Sentence, Values
from core.text.format import usd


@dataclass(frozen=True)
class Decision:
    """`option` is None where none is known to be good enough.

    `gain` is US$ a month, over the horizon, against `second`; above zero at its low end, the order
    of the two is sure within the estimates.
    """

    option: str | None
    second: str | None
    gain: Range | None
    reasons: tuple[Sentence, ...]
    flips: tuple[Sentence, ...]


def decide(plan: Plan) -> Decision:
    """Choose among the options of a plan."""
    ranked = sorted((o for o in plan.outcomes if o.eligible), key=lambda o: o.total.value)
    if not ranked:
        return Decision(None, None, None, _none(plan), better_quality(plan, None))
    winner, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    months = plan.scenario.horizon_months
    gain = None
    if second is not None:
        gain = Range(
            (second.total.value - winner.total.value) / months,
            (second.total.low - winner.total.high) / months,
            (second.total.high - winner.total.low) / months,
        )
    flips = [*volumes(plan, winner, ranked[1:]), *prices(plan, winner, ranked[1:])]
    flips.sort(key=lambda flip: flip[0])
    return Decision(
        winner.name,
        second.name if second else None,
        gain,
        (*_why(plan, winner, second, gain), *_why_not(plan, winner)),
        (*(sentence for _, sentence in flips), *better_quality(plan, winner)),
    )


def _none(plan: Plan) -> tuple[Sentence, ...]:
    quality = plan.scenario.quality
    nobody = Sentence("reason.none", {"metric": quality.metric, "floor": quality.floor})
    return (nobody, *_why_not(plan, None))


def _why(plan: Plan, winner: Outcome, second: Outcome | None, gain: Range | None) -> list[Sentence]:
    months = plan.scenario.horizon_months
    if second is None or gain is None:
        return [Sentence("reason.only", {"option": winner.name})]
    said = [
        Sentence(
            "reason.cheapest",
            {"option": winner.name, "months": months, "total_usd": winner.total.value,
             "second": second.name, "second_usd": second.total.value},
        ),
    ]  # fmt: skip
    if usd(gain.low) != usd(gain.high):
        said.append(Sentence(
            "reason.clear" if gain.low > 0 else "reason.overlap",
            {"option": winner.name, "second": second.name, "low_usd": gain.low,
             "high_usd": gain.high},
        ))  # fmt: skip
    asked, quality = plan.scenario.quality, winner.priced.quality
    ends = [end for end in (quality.low, quality.high) if end is not None] if quality else []
    if quality and len({asked.good_enough(end) for end in ends}) == 2:
        said.append(
            Sentence(
                "reason.floor_inside",
                {"option": winner.name, "metric": quality.metric, "quality": quality.value,
                 "low": quality.low, "high": quality.high, "floor": asked.floor},
            )
        )  # fmt: skip
    return said


def _why_not(plan: Plan, winner: Outcome | None) -> list[Sentence]:
    """Why each option that looks as good on cost, or cannot win, does not."""
    said = []
    quality = plan.scenario.quality
    for one in plan.outcomes:
        values: Values = {"option": one.name, "metric": quality.metric, "floor": quality.floor}
        if one.priced.problem is not None:
            said.append(one.priced.problem)
        elif one.meets_floor is None:
            said.append(Sentence("reason.unknown", values))
        elif one.meets_floor is False and one.priced.quality:
            said.append(Sentence("reason.below", {**values, "quality": one.priced.quality.value}))
        elif winner and one is not winner and one.monthly.value < winner.monthly.value:
            said.append(Sentence("reason.later", {**values, "winner": winner.name}))
    return said
