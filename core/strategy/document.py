"""A plan as one JSON document: what `assay plan --json` prints and the workspace keeps.

Unknown is null; the end of a key tells the unit; a range has p5, p50 and p95, where null is "not
within the horizon". Nothing in it changes between two runs on the same file, seed and prices.
"""

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from core.strategy.amount import Range
from core.strategy.basis import Priced
from core.strategy.break_even import BreakEven, gpu_usd, pairs, running, utilisation
from core.strategy.decide import flips, gain, reasons
from core.strategy.pareto import pareto
from core.strategy.plan import Plan, Spread, Standing
from core.strategy.regret import regret, tried
from core.strategy.sensitivity import Bar, tornado
from core.strategy.simulate import PARTS, Path
from core.strategy.summary import summary
from core.strategy.warn import warnings
from core.units import MONTHS_PER_YEAR

Document = dict[str, Any]

POINTS, MOST_STEPS = 24, 60
"""Of a curve: it is straight between its steps."""
WIDEST = 5.0
"""Curves end at so many times the volume of today, or where the two that matter cross."""


def as_json(plan: Plan) -> Document:
    """The document of a plan."""
    scenario = plan.scenario
    even, bars, regrets = pairs(plan), tornado(plan), regret(plan)
    document: Document = {
        "plan": scenario.name,
        "title": scenario.title,
        "horizon_months": scenario.horizon_months,
        "start": _date(plan, 0),
        "prices_as_of": plan.basis.as_of,
        "seed": plan.seed,
        "draws": plan.draws,
        "company": asdict(scenario.company),
        "demand": asdict(scenario.demand),
        "quality": asdict(scenario.quality),
        "recommended_option": plan.recommended,
        "second_option": plan.second,
        "gain_usd_per_month": gain(plan),
        "probability_none": plan.probability_none,
        "ranking": _ranking(plan, even),
        "monthly": [row for option in plan.able for row in _monthly(plan, option.name)],
        "break_even": [asdict(pair) for pair in even],
        "tornado": [_bar(plan, bar) for bar in bars],
        "regret": [asdict(row) for row in regrets.outcomes],
        "minimax_option": regrets.minimax,
        "pareto": pareto(plan),
        "curves": [_curve(plan, option, even) for option in plan.able if option.first is None],
        "shocks": _shocks(plan),
        "warnings": [row.as_json() for row in warnings(plan, even)],
        "reasons": [row.as_json() for row in reasons(plan)],
        "flips": [row.as_json() for row in flips(plan, bars)],
        "prices": [asdict(line) for option in plan.basis.options for line in option.prices],
        "assumptions": [
            {"field": field, "value": scenario.value_of(field), "text": why}
            for field, why in scenario.assumptions.items()
        ],
        "ranges": [
            {"field": field, "low": low, "high": high}
            for field, (low, high) in scenario.ranges.items()
        ],
    }
    return {**document, "summary": {code: summary(document, code) for code in ("en", "zh")}}


def _date(plan: Plan, index: int) -> str:
    month = plan.month - 1 + index
    return f"{plan.year + month // MONTHS_PER_YEAR}-{month % MONTHS_PER_YEAR + 1:02d}"


def _ranking(plan: Plan, even: tuple[BreakEven, ...]) -> list[Document]:
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
    }


def _monthly(plan: Plan, name: str) -> list[Document]:
    path, drawn = plan.base[name], plan.futures[name].cash_usd
    cash = np.percentile(drawn, (5, 50, 95), axis=0, method="lower")
    volumes = plan.world().requests[0]
    return [
        {
            "option": name, "month": index + 1, "date": _date(plan, index),
            "requests_per_day": float(volumes[index]), **_month(path, index),
            "cash_p5_usd": float(cash[0, index]), "cash_p50_usd": float(cash[1, index]),
            "cash_p95_usd": float(cash[2, index]),
        }
        for index in range(plan.scenario.horizon_months)
    ]  # fmt: skip


def _month(path: Path, index: int) -> Document:
    revenue, model = float(path.revenue_usd[0, index]), float(path.model_usd[0, index])
    return {
        "revenue_usd": revenue,
        "cost_usd": model + float(path.other_usd[0, index]),
        "model_usd": model,
        "parts_usd": {f"{name}_usd": float(path.parts_usd[name][0, index]) for name in PARTS},
        "gross_margin": (revenue - model) / revenue if revenue else None,
        "cash_usd": float(path.cash_usd[0, index]),
    }


def _bar(plan: Plan, bar: Bar) -> Document:
    months, row = plan.scenario.horizon_months, bar.input
    return {
        "input": row.path, "field": row.field, "option": row.option, "how": row.how,
        "base": row.base, "low": row.low, "high": row.high,
        "gain_at_low_usd": None if bar.at_low is None else bar.at_low / months,
        "gain_at_high_usd": None if bar.at_high is None else bar.at_high / months,
        "flips_at": bar.flips_at, "flips_to": bar.flips_to,
    }  # fmt: skip


def _curve(plan: Plan, option: Priced, even: tuple[BreakEven, ...]) -> Document:
    """What a month costs to run by volume, with the range of the estimate."""
    today = plan.scenario.demand.requests_per_day
    crossings = [end for pair in even for end in (pair.requests_per_day, pair.high) if end]
    near = [end for end in crossings if end <= WIDEST * today]
    last = max(2 * today, 1.25 * max(near, default=0.0))
    curves = {end: running(plan, option, end) for end in ("value", "low", "high")}
    volumes = {last * point / POINTS for point in range(POINTS + 1)}
    for curve in curves.values():
        for stair in curve.stairs:
            for step in range(1, min(MOST_STEPS, int(last // stair.requests_per_day) + 1)):
                edge = step * stair.requests_per_day
                volumes |= {edge, edge * (1 + 1e-9)}
    at = np.array(sorted(volumes))
    return {
        "option": option.name,
        "estimated": option.machines is not None,
        "requests_per_day": at.tolist(),
        "usd_month": curves["value"](at).tolist(),
        "low_usd": curves["low"](at).tolist(),
        "high_usd": curves["high"](at).tolist(),
    }


def _shocks(plan: Plan) -> list[Document]:
    own = bool(plan.scenario.shocks)
    return [
        {
            "name": shock.name,
            "probability": shock.probability if own else None,
            "month": shock.month,
            "duration_months": shock.duration_months,
            "forces_retrain": shock.forces_retrain,
            "effects": {
                name: {"low": effect.low, "value": effect.value, "high": effect.high,
                       "how": effect.how}
                for name, effect in shock.effects().items()
            },
            "source": shock.source,
            "assumed": shock.assumed,
        }
        for shock in tried(plan)
    ]  # fmt: skip
