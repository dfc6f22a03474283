"""A plan as one JSON document: what `assay plan --json` prints and the workspace keeps.

Unknown is null; the end of a key tells the unit; a range has p5, p50 and p95, where null is "not
within the horizon". Nothing in it changes between two runs on the same file, seed and prices.
"""

from dataclasses import asdict
from typing import Any

import numpy as np

from core.strategy.basis import Priced
from core.strategy.break_even import BreakEven, curve_of, pairs
from core.strategy.decide import flips, gain, reasons
from core.strategy.document_rows import ranking
from core.strategy.pareto import pareto
from core.strategy.plan import Plan
from core.strategy.regret import regret, tried
from core.strategy.sensitivity import Bar, tornado
from core.strategy.shock_source import source_text
from core.strategy.simulate import PARTS, Path
from core.strategy.summary import summary
from core.strategy.warn import warnings
from core.text.catalog import LANGUAGES
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
        "ranking": ranking(plan, even),
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
            {"field": field, "value": scenario.value_of(field), "low": low, "high": high}
            for field, (low, high) in scenario.ranges.items()
        ],
    }
    return {**document, "summary": {code: summary(document, code) for code in LANGUAGES}}


def _date(plan: Plan, index: int) -> str:
    month = plan.month - 1 + index
    return f"{plan.year + month // MONTHS_PER_YEAR}-{month % MONTHS_PER_YEAR + 1:02d}"


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
    curves = {end: curve_of(plan, option, end) for end in ("value", "low", "high")}
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
            "source_text": {code: source_text(shock, code) for code in LANGUAGES},
            "assumed": shock.assumed,
        }
        for shock in tried(plan)
    ]  # fmt: skip
