"""The rows of a plan's document that stand for one option each."""

import math
from typing import Any

from core.strategy.amount import Range
from core.strategy.basis import Priced, Training
from core.strategy.break_even import BreakEven, gpu_usd, utilisation
from core.strategy.plan import Plan, Spread, Standing
from core.strategy.simulate import PARTS

Document = dict[str, Any]


def ranking(plan: Plan, even: tuple[BreakEven, ...]) -> list[Document]:
    """Every option in order; those that cannot serve come last."""
    rows = [_standing(plan, row, even) for row in plan.standings]
    barred = [option for option in plan.basis.options if option.problem is not None]
    return rows + [_barred(plan, option) for option in barred]


def _standing(plan: Plan, row: Standing, even: tuple[BreakEven, ...]) -> Document:
    option = plan.basis.option(row.option)
    path, months = plan.base[row.option], plan.scenario.horizon_months
    volume = plan.scenario.demand.requests_per_day
    machines = option.machines
    return {
        "option": row.option,
        "kind": option.kind,
        "rank": row.rank,
        "eligible": row.rank is not None,
        "feasible": True,
        "problem": None,
        "probability_best": row.probability_best,
        "cost_total_usd": spread(row.total_usd),
        "cost_month_usd": spread(row.total_usd, 1 / months),
        "expected_cash_end_usd": row.expected_usd,
        "cash_end_usd": spread(row.end_usd),
        "cash_low_point_usd": row.low_usd.p50,
        "cash_low_point_range_usd": spread(row.low_usd),
        "runway_months": spread(row.runway_months),
        "survives": row.survives,
        **_quality(option),
        "meets_floor": row.meets_floor,
        "probability_meets_floor": row.probability_meets_floor,
        "answer_seconds": _answer(option),
        "one_time_usd": spread(row.once_usd),
        "lead_months": option.lead_months,
        "parts_month_usd": {
            f"{name}_usd": float(path.parts_usd[name].sum() / months) for name in PARTS
        },
        "replicas": machines.busiest(volume, machines.rate.value) + machines.spare
        if machines else None,
        "spare_replicas": machines.spare if machines else None,
        "requests_per_second_per_replica": ends(machines.rate) if machines else None,
        "utilisation": utilisation(option, volume),
        "break_even_utilisation": _busy_enough(plan, option, even),
        "training": _training(plan, option),
        "run": option.run,
        "notes": list(option.notes),
    }  # fmt: skip


def _barred(plan: Plan, option: Priced) -> Document:
    """An option that cannot serve: what is known of it, and why."""
    empty = spread(None)
    return {
        "option": option.name, "kind": option.kind, "rank": None, "eligible": False,
        "feasible": False, "problem": option.problem and option.problem.as_json(),
        "probability_best": 0.0, "cost_total_usd": empty, "cost_month_usd": empty,
        "expected_cash_end_usd": None, "cash_end_usd": empty, "cash_low_point_usd": None,
        "cash_low_point_range_usd": empty, "runway_months": empty, "survives": None,
        **_quality(option),
        "meets_floor": None if option.quality is None
        else plan.scenario.quality.good_enough(option.quality.value),
        "probability_meets_floor": None, "answer_seconds": _answer(option), "one_time_usd": empty,
        "lead_months": option.lead_months, "parts_month_usd": None, "replicas": None,
        "spare_replicas": None, "requests_per_second_per_replica": None, "utilisation": None,
        "break_even_utilisation": None, "training": _training(plan, option), "run": option.run,
        "notes": list(option.notes),
    }  # fmt: skip


def spread(row: Spread | None, factor: float = 1.0) -> Document:
    """A range as JSON; infinity and what is not known are null."""
    values = (row.p5, row.p50, row.p95) if row else (None,) * 3
    return {
        name: None if value is None or math.isinf(value) else value * factor
        for name, value in zip(("p5", "p50", "p95"), values, strict=True)
    }


def ends(amount: Range) -> Document:
    """An estimate as JSON."""
    return {"value": amount.value, "low": amount.low, "high": amount.high}


def _quality(option: Priced) -> Document:
    known = option.quality
    return {
        "quality": known.value if known else None,
        "quality_low": known.low if known else None,
        "quality_high": known.high if known else None,
        "quality_n": known.n if known else None,
        "quality_kind": known.kind if known else None,
        "quality_source": known.source if known else None,
    }


def _answer(option: Priced) -> Document | None:
    known = option.answer
    return {**ends(known.seconds), "kind": known.kind, "source": known.source} if known else None


def _busy_enough(plan: Plan, option: Priced, even: tuple[BreakEven, ...]) -> float | None:
    """How busy the machines must be to be as cheap as the cheapest API; None = never, or no API."""
    apis = {o.name for o in plan.able if o.tokens is not None}
    shares = [p.utilisation for p in even if p.b == option.name and p.a in apis]
    return max((share for share in shares if share is not None), default=None)


def _rounds(training: Training) -> Document | None:
    """Rounds of retraining that were carried out here, whether or not their hours count."""
    rounds = training.rounds
    if rounds is None:
        return None
    return {"n": rounds.number, "seconds": ends(rounds.seconds), "device": rounds.device}


def _training(plan: Plan, option: Priced) -> Document | None:
    training = option.training
    if training is None:
        return None
    usd = gpu_usd(plan, training.price)
    hours = training.gpu_hours
    return {
        "gpu_hours": ends(hours),
        "usd": ends(Range(hours.value * usd, hours.low * usd, hours.high * usd)),
        "days": ends(training.days),
        "runs": training.runs,
        "kind": "measured" if training.measured else "estimated",
        "rounds": _rounds(training),
    }
