"""Quality against cost, with the time of an answer beside: which options no other one beats."""

from typing import Any

from core.strategy.basis import Priced
from core.strategy.plan import Plan


def pareto(plan: Plan) -> list[dict[str, Any]]:
    """Every option that can serve with what is known of it; an unknown score is no point.

    An option is on the front if no other is at least as good, as cheap and as fast, and better in
    one of them. Where a time is not known, the options are compared by quality and cost.
    """
    known = [option for option in plan.able if option.quality is not None]
    cost = {row.option: row.total_usd.p50 / plan.scenario.horizon_months for row in plan.standings}
    direction = plan.scenario.quality.direction
    return [
        {
            "option": one.name,
            "quality": one.quality.value if one.quality else None,
            "cost_month_usd": cost[one.name],
            "answer_seconds": one.answer.seconds.value if one.answer else None,
            "measured": {
                "quality": one.quality is not None and one.quality.kind == "measured",
                "latency": one.answer is not None and one.answer.kind == "measured",
            },
            "on_front": not any(
                _beats(other, one, cost, direction) for other in known if other is not one
            ),
        }
        for one in known
    ]


def _beats(x: Priced, y: Priced, cost: dict[str, float], direction: int) -> bool:
    better = [
        (x.quality.value - y.quality.value) * direction if x.quality and y.quality else 0.0,
        cost[y.name] - cost[x.name],
    ]
    if x.answer is not None and y.answer is not None:
        better.append(y.answer.seconds.value - x.answer.seconds.value)
    return min(better) >= 0 and max(better) > 0
