"""A plan as one JSON document: what `assay plan --json` prints and the workspace keeps.

Unknown is null; the end of a key tells the unit; `*_low` and `*_high` are the ends of an estimate.
"""

from dataclasses import asdict
from typing import Any

from core import record
from core.strategy.amount import ENDS
from core.strategy.options import Priced
from core.strategy.plan import BreakEven, Outcome, Plan
from core.strategy.rank import Decision, decide


def as_json(plan: Plan, decision: Decision | None = None) -> dict[str, Any]:
    """The document of a plan; None = decide now."""
    scenario = plan.scenario
    chosen = decision or decide(plan)
    return {
        "plan": scenario.name,
        "title": scenario.title,
        "created_at": record.now(),
        "horizon_months": scenario.horizon_months,
        "company": asdict(scenario.company),
        "demand": asdict(scenario.demand),
        "quality": asdict(scenario.quality),
        "recommended_option": chosen.option,
        "second_option": chosen.second,
        "gain_usd_per_month": chosen.gain and asdict(chosen.gain),
        "reasons": [sentence.as_json() for sentence in chosen.reasons],
        "flips": [sentence.as_json() for sentence in chosen.flips],
        "options": [_outcome(outcome, scenario.demand.requests_per_day, scenario.horizon_months)
                    for outcome in plan.outcomes],
        "break_even": [_break_even(pair) for pair in plan.break_even],
        "assumptions": [
            {"field": field, "value": scenario.value_of(field), "text": why}
            for field, why in scenario.assumptions.items()
        ],
        "prices": [asdict(line) for outcome in plan.outcomes for line in outcome.priced.prices],
    }  # fmt: skip


def _outcome(outcome: Outcome, volume: float, months: int) -> dict[str, Any]:
    priced, able = outcome.priced, outcome.priced.problem is None
    return {
        "name": outcome.name,
        "kind": priced.option.kind,
        "feasible": able,
        "problem": priced.problem and priced.problem.as_json(),
        **_ends("monthly_usd", outcome.monthly if able else None),
        "parts": {
            f"{name}_usd": part.value for name, part in priced.parts(volume).items()
        } if able else None,
        **_ends("one_time_usd", priced.once if able else None),
        "one_time_usd_per_month": priced.once.value / months if able else None,
        **_ends("total_usd", outcome.total if able else None),
        "quality": priced.quality and asdict(priced.quality),
        "meets_floor": outcome.meets_floor,
        "eligible": outcome.eligible,
        **_machines(priced, volume),
        "run": priced.run,
        "runway_months": outcome.cash.runway_months if able else None,
        "runway_months_low": outcome.cash_low.runway_months if able else None,
        "runway_months_high": outcome.cash_high.runway_months if able else None,
        "cash_usd": list(outcome.cash.balance_usd) if able else None,
        "cash_usd_low": list(outcome.cash_low.balance_usd) if able else None,
        "cash_usd_high": list(outcome.cash_high.balance_usd) if able else None,
    }  # fmt: skip


def _machines(priced: Priced, volume: float) -> dict[str, Any]:
    fleet = priced.fleet
    stairs = priced.running.value.stairs
    return {
        "replicas": stairs[0].number(volume) if stairs else None,
        "requests_per_day_per_replica": stairs[0].requests_per_day if stairs else None,
        **_ends("answer_seconds", fleet.answer_seconds if fleet else None),
        "notes": [note.say("en") for note in fleet.notes] if fleet else [],
    }


def _ends(name: str, amount: Any) -> dict[str, float | None]:
    """NAME, NAME_low and NAME_high."""
    keys = (name, f"{name}_low", f"{name}_high")
    return {
        key: getattr(amount, end) if amount else None for key, end in zip(keys, ENDS, strict=True)
    }


def _break_even(pair: BreakEven) -> dict[str, Any]:
    return {
        "a": pair.a, "b": pair.b, "requests_per_day": pair.requests_per_day,
        "low": pair.low, "high": pair.high, "month": pair.month,
    }  # fmt: skip
