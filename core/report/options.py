"""The options side by side: quality against cost, and a table of all of them."""

from core.charts import plan_figures, planned
from core.report import findings, words
from core.report.evidence import Evidence
from core.report.markup import Cell, Html, chart, joined, listed, missing, table, tag
from core.report.words import Document, Row
from core.text.catalog import t
from core.text.format import duration

SCHEME = "light"


def options(document: Document, evidence: Evidence, language: str) -> Html:
    """Section 2."""
    return tag(
        "section", tag("h2", t("report.head.options", language)), _pareto(document, language),
        _table(document, language), _problems(document, language),
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
    plotted = t("report.plotted.pareto", language)
    if unknown:
        left_out = t("report.plotted.unknown", language, options=_joined(unknown, language))
        plotted = f"{plotted}{'' if language == 'zh' else ' '}{left_out}"
    return chart(
        plan_figures.pareto(document, SCHEME, language),
        finding=findings.pareto(document, language), plotted=plotted,
        source=words.source(document, language), head=head, rows=rows, language=language,
    )  # fmt: skip


def _joined(names: list[str], language: str) -> str:
    return ("、" if language == "zh" else "; ").join(names)


def _table(document: Document, language: str) -> Html:
    names = ("option", "kind", "month", "quality", "answer", "ready", "runway", "holds", "verdict")
    rows = [_row(document, row, language) for row in document["ranking"]]
    chosen = [row["option"] for row in document["ranking"]]
    strong = document["recommended_option"]
    return tag(
        "div",
        tag("h3", t("report.head.table", language)),
        tag("p", t("report.plotted.table", language), class_="plotted"),
        table(
            [t(f"report.column.{name}", language) for name in names], rows,
            numbers=(2, 3, 4, 5, 6, 7), strong=chosen.index(strong) if strong else None,
            class_="small options",
        ),
    )  # fmt: skip


def _row(document: Document, row: Row, language: str) -> list[Cell]:
    named = [row["option"], words.kind(row, language)]
    if not row["feasible"]:
        return [*named, "—", words.quality(document, row, language), *["—"] * 4,
                words.verdict(document, row, language)]  # fmt: skip
    seconds = row["answer_seconds"]
    return [
        *named, words.dollars(row["cost_month_usd"], language),
        _quality(document, row, language),
        duration(seconds["value"], language) if seconds else t("common.not_known", language),
        t("report.now", language) if not row["lead_months"]
        else f"{row['lead_months']:g}",
        words.months(row["runway_months"], document["horizon_months"], language),
        words.percent(row["probability_best"], language),
        words.verdict(document, row, language),
    ]  # fmt: skip


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
