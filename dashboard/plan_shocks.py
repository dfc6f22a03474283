"""Shocks on the Strategy page: what each does to every option, and where its numbers come from."""

from typing import Any

from core.strategy.figures import percent
from core.strategy.findings import largest_regret
from core.strategy.say import shock_label
from core.strategy.shock_words import effects
from core.text.format import usd
from dashboard import plan_tables as tables
from dashboard import ui
from dashboard.plan_shown import Shown

t = ui.t

Document = dict[str, Any]


def regret(document: Document) -> tables.Rows:
    """Shocks down, options across: what each leaves less than the best one."""
    named = {row["option"]: row["option"] for row in document["ranking"] if row["feasible"]}
    taken = (tables.head("shock"), tables.head("probability"))
    columns = {
        name: f"{name}{' ' if name in taken else ''}"
        f"{' ●' if name == document['minimax_option'] else ''}" for name in named
    }  # fmt: skip
    chances = {row["name"]: row["probability"] for row in document["shocks"]}
    found: dict[str | None, dict[str, str]] = {}
    for row in document["regret"]:
        shock = row["shock"]
        if shock not in found:
            chance = tables.DASH if shock is None else _chance(chances.get(shock))
            label = tables.head("planned") if shock is None else shock_label(shock, ui.lang())
            found[shock] = {tables.head("shock"): label, tables.head("probability"): chance}
        found[shock][columns[row["option"]]] = _regretted(row["regret_usd"])
    worst = largest_regret(document)
    last = {tables.head("shock"): tables.head("largest"), tables.head("probability"): tables.DASH}
    last |= {column: _regretted(worst.get(name)) for name, column in columns.items()}
    return [*found.values(), last]


def _chance(probability: float | None) -> str:
    return tables.head("not_drawn") if probability is None else percent(probability)


def _regretted(amount: float | None) -> str:
    return tables.head("no_regret") if amount is None else usd(amount, ui.lang())


def shocks(shown: Shown) -> tables.Rows:
    """What each shock does, and how probable it is."""
    return [
        {
            tables.head("shock"): shock_label(row["name"], ui.lang()),
            tables.head("probability"): tables.head("not_drawn") if row["probability"] is None
            else percent(row["probability"]),
            tables.head("month_number"): str(row["month"] or tables.head("any")),
            tables.head("lasts_months"): str(row["duration_months"] or tables.head("stays")),
            tables.head("effect"): tables.head("joint").join(effects(row, ui.lang())),
        }
        for row in shown.document["shocks"]
    ]  # fmt: skip


def shock_sources(shown: Shown) -> str:
    """Where the numbers of each shock come from, as a list."""
    lang = ui.lang()
    return "\n".join(
        "- " + ui.literal(tables.head("shock_source", shock=shock_label(row["name"], lang),
                              source=row["source_text"][lang]))
        for row in shown.document["shocks"]
    )  # fmt: skip
