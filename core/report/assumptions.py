"""What was assumed: each number with why, each range, the company's and the demand's figures."""

from typing import Any

from core.report.evidence import Evidence
from core.report.markup import Cell, Html, joined, missing, table, tag
from core.report.words import DASH, Document, Row
from core.strategy.field_words import field, own
from core.strategy.say import shock_label
from core.text.catalog import t
from core.text.format import MINUS

SECTIONS = ("company", "demand", "quality")
BESIDE = 2
"""Fields beside each other in the table of what nobody explained."""


def assumptions(document: Document, evidence: Evidence, language: str) -> Html:
    """Section 7."""
    return tag(
        "section", tag("h2", t("report.head.assumptions", language)),
        _why(document, language), _given(document, language),
    )  # fmt: skip


def _why(document: Document, language: str) -> Html:
    """Each number that has a sentence or a range of its own, with both."""
    ranges = {row["field"]: row for row in document["ranges"]}
    said = {row["field"]: row for row in document["assumptions"]}
    notes = [missing(t(f"report.missing.{name}", language))
             for name in ("assumptions", "ranges") if not document[name]]  # fmt: skip
    if not said and not ranges:
        return joined(notes)
    parts: dict[str, list[tuple[Cell, ...]]] = {}
    for path in dict.fromkeys([*said, *ranges]):
        part, name = _place(path, language)
        parts.setdefault(part, [(part,)]).append((
            name, shown((said.get(path) or ranges[path])["value"], language),
            _range(ranges.get(path), language), said[path]["text"] if path in said else DASH,
        ))  # fmt: skip
    rows = [row for rows in parts.values() for row in rows]
    names = ("field", "value", "range", "why")
    return joined([
        *notes, tag("p", t("report.plotted.ranges", language), class_="plotted"),
        table([t(f"report.column.{name}", language) for name in names], rows,
              numbers=(1, 2), texts=(0, 3), class_="small why"),
    ])  # fmt: skip


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


def _given(document: Document, language: str) -> Html:
    """Every number of the scenario that no sentence stands for."""
    said = {row["field"] for name in ("assumptions", "ranges") for row in document[name]}
    rows: list[tuple[Cell, Cell]] = [
        (field(f"{section}.{name}", language), shown(value, language))
        for section in SECTIONS
        for name, value in document[section].items()
        if value is not None and f"{section}.{name}" not in said
    ]
    lines = -(-len(rows) // BESIDE)
    rows += [("", "")] * (BESIDE * lines - len(rows))
    beside = [[cell for row in rows[i::lines] for cell in row] for i in range(lines)]
    head = [t(f"report.column.{name}", language) for name in ("field", "value")]
    return tag("div", tag("h3", t("report.head.given", language)),
               table(head * BESIDE, beside, numbers=range(1, 2 * BESIDE, 2),
                     texts=range(0, 2 * BESIDE, 2), class_="small"))  # fmt: skip


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
