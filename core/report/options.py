"""The options side by side: quality against cost, and a table of all of them."""

from core.charts import plan_figures, planned
from core.report import words
from core.report.evidence import Evidence
from core.report.markup import Cell, Html, chart, joined, listed, missing, table, tag
from core.report.words import DASH, Document, Row
from core.strategy import findings
from core.strategy.figures import percent
from core.strategy.say import shown
from core.strategy.verdict import verdict
from core.text.catalog import t
from core.text.format import duration

SCHEME = "light"


def options(document: Document, evidence: Evidence, language: str) -> Html:
    """Section 2."""
    return tag(
        "section", tag("h2", t("report.head.options", language)), _table(document, language),
        _problems(document, language), _pareto(document, language),
    )  # fmt: skip


def _pareto(document: Document, language: str) -> Html:
    known = [row for row in planned.able(document) if row["quality"] is not None]
    if not known:
        return missing(t("report.missing.quality", language),
                       "assay evaluate DATASET --model MODEL")  # fmt: skip
    head = [t(f"report.column.{key}", language) for key in ("option", "quality", "month")]
    rows = [
        (row["option"], words.quality(document, row, language),
         words.dollars(row["cost_month_usd"], language)) for row in known
    ]  # fmt: skip
    unknown = [row["option"] for row in planned.able(document) if row["quality"] is None]
    plotted = words.plotted(document, "pareto", language)
    if unknown:
        left_out = t("report.not_drawn", language, options=words.joined(unknown, language))
        plotted = f"{plotted}{'' if language == 'zh' else ' '}{left_out}"
    return chart(
        plan_figures.pareto(document, SCHEME, language),
        finding=findings.pareto(document, language), plotted=plotted,
        source=words.source(document, language), head=head, rows=rows, language=language,
    )  # fmt: skip


def _table(document: Document, language: str) -> Html:
    names = ("option", "kind", "month", "quality", "answer", "ready", "runway", "best", "verdict")
    rows = [_row(document, row, language) for row in document["ranking"]]
    order = [row["option"] for row in document["ranking"]]
    chosen = document["recommended_option"]
    return tag(
        "div",
        tag("h3", findings.ranking(document, language)),
        tag("p", t("report.plotted.table", language), class_="plotted"),
        table(
            [t(f"report.column.{name}", language) for name in names], rows,
            numbers=(2, 3, 4, 5, 6, 7), strong=order.index(chosen) if chosen else None,
            class_="small options",
        ),
    )  # fmt: skip


def _row(document: Document, row: Row, language: str) -> list[Cell]:
    named = [row["option"], t(f"strategy.kind.{row['kind']}", language)]
    word = t(f"strategy.verdict.{verdict(document, row)}", language)
    quality = _quality(document, row, language)
    if not row["feasible"]:
        return [*named, DASH, quality, *[DASH] * 4, word]
    return [
        *named, words.dollars(row["cost_month_usd"], language), quality,
        _answer(row, language),
        t("report.now", language) if not row["lead_months"]
        else shown("lead_months", row["lead_months"], language),
        words.months(row["runway_months"], document["horizon_months"], language),
        percent(row["probability_best"]), word,
    ]  # fmt: skip


def _answer(row: Row, language: str) -> str:
    """How long an answer takes; "≈" where nobody timed it."""
    known = row["answer_seconds"]
    if known is None:
        return t("common.not_known", language)
    text = duration(known["value"], language)
    measured = known["kind"] == "measured"
    return text if measured else t("common.approximately", language, value=text)


def _quality(document: Document, row: Row, language: str) -> Html:
    """A quality and how it is known."""
    value = words.quality(document, row, language)
    if row["quality_kind"] is None:
        return value
    known = tag("span", t(f"report.known.{row['quality_kind']}", language), class_="range")
    return joined([value, tag("br"), known], "")


def _problems(document: Document, language: str) -> Html:
    """Why an option cannot serve."""
    return listed(
        [words.sentence(row["problem"], language) for row in document["ranking"] if row["problem"]]
    )
