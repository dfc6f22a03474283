"""What could go wrong: the inputs that turn the answer, the regret of each option, warnings."""

from collections.abc import Sequence
from typing import Any

from core.charts import plan_figures, planned
from core.report import findings, words
from core.report.evidence import Evidence
from core.report.markup import Html, badge, chart, joined, listed, missing, table, tag
from core.report.options import SCHEME
from core.report.words import Document, Row
from core.text.catalog import t
from core.text.format import number, usd
from core.units import KILO

COLUMNS = 5
"""Shocks beside each other in one table."""


def risks(document: Document, evidence: Evidence, language: str) -> Html:
    """Section 6."""
    return tag(
        "section", tag("h2", t("report.head.risks", language)), _tornado(document, language),
        _regret(document, language), _shocks(document, language), _warnings(document, language),
    )  # fmt: skip


def _tornado(document: Document, language: str) -> Html:
    inputs = document["tornado"]
    if not inputs:
        return missing(t("report.missing.ranges", language), None)
    names = ("input", "low", "high", "gain_low", "gain_high", "turns")
    rows = [
        (
            planned.input_name(row, language),
            *(planned.amount(row[key], row["unit"], language) for key in ("low", "high")),
            *(usd(row[f"gain_at_{end}_usd"], language) for end in ("low", "high")),
            planned.amount(row["flips_at"], row["unit"], language)
            if row["flips_at"] is not None else "—",
        )
        for row in inputs
    ]  # fmt: skip
    return chart(
        plan_figures.tornado(document, SCHEME, language),
        finding=findings.tornado(document, language), plotted=t("report.plotted.tornado", language),
        source=words.source(document, language),
        head=[t(f"report.column.{name}", language) for name in names], rows=rows,
        language=language,
    )  # fmt: skip


def _regret(document: Document, language: str) -> Html:
    """What each option loses against the best one in each future, in thousand US$."""
    head = tag("h3", findings.regret(document, language))
    rows = document["regret"]
    if not rows:
        return tag("div", head, missing(t("report.missing.shocks", language), None))
    cases = list(dict.fromkeys(row["shock"] for row in rows))
    options = list(dict.fromkeys(row["option"] for row in rows))
    held = {(row["shock"], row["option"]): row["regret_usd"] for row in rows}
    tables = [
        _regrets(document, cases[first : first + COLUMNS], options, held, language)
        for first in range(0, len(cases), COLUMNS)
    ]
    return tag("div", head, tag("p", t("report.plotted.regret", language), class_="plotted"),
               joined(tables))  # fmt: skip


def _regrets(
    document: Document, cases: Sequence[str | None], options: Sequence[str],
    held: dict[tuple[str | None, str], float | None], language: str,
) -> Html:  # fmt: skip
    names = [t("report.planned", language) if case is None else case for case in cases]
    every = list(dict.fromkeys(case for case, _ in held))
    rows = []
    for option in options:
        known = [v for case in every if (v := held.get((case, option))) is not None]
        cells = [_thousand(held.get((case, option))) for case in cases]
        rows.append((option, *cells, _thousand(max(known, default=None))))
    least = document["minimax_option"]
    return table(
        [t("report.column.option", language), *names, t("report.column.worst", language)], rows,
        numbers=range(1, len(names) + 2), strong=options.index(least) if least in options else None,
        class_="small",
    )  # fmt: skip


def _thousand(value: float | None) -> str:
    return "—" if value is None else number(value / KILO, 2)


def _shocks(document: Document, language: str) -> Html:
    if not document["shocks"]:
        return Html("")
    names = ("shock", "probability", "month", "effect", "source")
    rows = [
        (
            row["name"],
            t("report.no_probability", language) if row["probability"] is None
            else words.percent(row["probability"], language),
            f"{row['month']:g}", "; ".join(_effects(row["effects"], language)),
            t("report.assumed", language) if row["assumed"] else row["source"],
        )
        for row in document["shocks"]
    ]  # fmt: skip
    return tag("div", tag("h3", t("report.head.shocks", language)),
               table([t(f"report.column.{name}_shock" if name == "month" else
                        f"report.column.{name}", language) for name in names], rows,
                     numbers=(1, 2), texts=(0, 3, 4), class_="small"))  # fmt: skip


def _effects(effects: Row, language: str) -> list[str]:
    """What a shock does, each effect with its size: "API prices × 0.4–0.7"."""
    return [
        t(f"report.effect.{name}", language, by=_size(value, language))
        if name in EFFECTS else f"{name} {_size(value, language)}"
        for name, value in effects.items()
    ]  # fmt: skip


EFFECTS = (
    "api_price_factor", "gpu_price_factor", "demand_factor", "revenue_factor",
    "churn_added_per_month", "floor_added", "extra_lead_months", "forces_retrain",
)  # fmt: skip
"""What a shock of a scenario may do."""


def _size(value: Any, language: str) -> str:
    if isinstance(value, list | tuple):
        return "–".join(f"{end:g}" for end in value)
    if isinstance(value, bool) or value is None:
        return ""
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _warnings(document: Document, language: str) -> Html:
    said = [words.sentence(row, language) for row in document["warnings"]]
    head = tag("h3", t("report.head.warnings", language), " ", badge("risk", language))
    if not said:
        return tag("div", head, tag("p", t("report.no_warnings", language)))
    return tag("div", head, listed(said))
