"""What was assumed: each number with why, each range, the company's and the demand's figures."""

from typing import Any

from core.report.evidence import Evidence
from core.report.markup import Cell, Html, escaped, joined, missing, table, tag
from core.report.words import Document, Row
from core.text.catalog import t

SECTIONS = ("company", "demand", "quality")
BESIDE = 3
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
    unsaid = [t(f"report.missing.{name}", language)
              for name in ("assumptions", "ranges") if not document[name]]  # fmt: skip
    notes = [missing(sentence, None) for sentence in unsaid]
    if not said and not ranges:
        return joined(notes)
    rows = [
        (field, plain(said[field]["value"] if field in said else given(document, field), language),
         *_ends(ranges.get(field), language), said[field]["text"] if field in said else "—")
        for field in dict.fromkeys([*said, *ranges])
    ]  # fmt: skip
    names = ("field", "value", "low", "high", "why")
    return joined([
        *notes, tag("p", t("report.plotted.ranges", language), class_="plotted"),
        table([t(f"report.column.{name}", language) for name in names], rows,
              numbers=(1, 2, 3), texts=(0, 4), class_="small"),
    ])  # fmt: skip


def _ends(row: Row | None, language: str) -> tuple[str, str]:
    """The two ends of a range."""
    return (
        ("—", "—") if row is None else (plain(row["low"], language), plain(row["high"], language))
    )


def given(document: Document, field: str) -> Any:
    """The value that a field such as "demand.requests_per_day" has; None = not in the document."""
    section, _, name = field.partition(".")
    return document[section].get(name) if section in SECTIONS else None


def _given(document: Document, language: str) -> Html:
    """Every number of the scenario that no sentence stands for."""
    said = {row["field"] for name in ("assumptions", "ranges") for row in document[name]}
    rows: list[tuple[Cell, Cell]] = [
        (named(f"{section}.{name}"), plain(value, language))
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


def named(field: str) -> Html:
    """A field's name, which may be broken after its underscores."""
    return Html(escaped(field).replace("_", "_<wbr>"))


def plain(value: Any, language: str) -> str:
    """A value of a scenario as it stands there, with commas in thousands."""
    if value is None:
        return t("common.not_known", language)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:,.10g}"
    if isinstance(value, list | tuple):
        return ", ".join(plain(each, language) for each in value)
    return str(value)
