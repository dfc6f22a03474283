"""What was assumed: each number with why, each range, the company's and the demand's figures."""

from typing import Any

from core.report.evidence import Evidence
from core.report.markup import Cell, Html, missing, table, tag
from core.report.words import DASH, Document, Row
from core.strategy.field_words import own
from core.strategy.say import shock_label
from core.text.catalog import t
from core.text.format import MINUS

SECTIONS = ("company", "demand", "quality")


def assumptions(document: Document, evidence: Evidence, language: str) -> Html:
    """Section 7."""
    notes = [missing(t(f"report.missing.{name}", language))
             for name in ("assumptions", "ranges") if not document[name]]  # fmt: skip
    names = ("field", "value", "range", "why")
    return tag(
        "section", tag("h2", t("report.head.assumptions", language)), *notes,
        tag("p", t("report.plotted.ranges", language), class_="plotted"),
        table([t(f"report.column.{name}", language) for name in names], _rows(document, language),
              numbers=(1, 2), texts=(0, 3), class_="small why"),
    )  # fmt: skip


def _rows(document: Document, language: str) -> list[tuple[Cell, ...]]:
    """Each number with its range and why, part by part; what nobody explained has a dash."""
    ranges = {row["field"]: row for row in document["ranges"]}
    said = {row["field"]: row for row in document["assumptions"]}
    values = {f"{section}.{name}": value for section in SECTIONS
              for name, value in document[section].items() if value is not None}  # fmt: skip
    values |= {path: row["value"] for path, row in (*said.items(), *ranges.items())}
    parts: dict[str, list[tuple[Cell, ...]]] = {}
    for path, value in values.items():
        part, name = _place(path, language)
        parts.setdefault(part, [(part,)]).append((
            name, shown(value, language), _range(ranges.get(path), language),
            said[path]["text"] if path in said else DASH,
        ))  # fmt: skip
    return [row for rows in parts.values() for row in rows]


def _place(path: str, language: str) -> tuple[str, str]:
    """What a part of the scenario is called, and the field in it: "Company", "People"."""
    section, _, name = path.rpartition(".")[0].partition(".")
    if section == "shock":
        shock = t("strategy_fields.of", language, part=shock_label(name, language),
                  field=own(path, language))  # fmt: skip
        return t("report.head.shocks", language), shock
    return name or t(f"strategy_page.control.{section or 'head'}", language), own(path, language)


def _range(row: Row | None, language: str) -> str:
    if row is None:
        return ""
    joint = t("common.to", language) if row["low"] < 0 else "–"
    return joint.join(shown(row[end], language) for end in ("low", "high"))


def shown(value: Any, language: str) -> str:
    """A value of a scenario as it stands there, with commas in thousands."""
    if value is None:
        return t("strategy_page.control.not_set", language)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:,.10g}".replace("-", MINUS)
    if isinstance(value, list | tuple):
        return ", ".join(shown(each, language) for each in value)
    return str(value)
