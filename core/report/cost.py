"""What the options cost: a month by part, how wrong such estimates were, prices with sources."""

from core.charts import plan_figures, planned
from core.cost.scores import Score, score
from core.report import words
from core.report.evidence import Evidence
from core.report.markup import Html, chart, missing, table, tag
from core.report.options import SCHEME
from core.report.words import Document, Row
from core.strategy import findings
from core.strategy.figures import percent
from core.text.catalog import t
from core.text.format import number, usd

SERVED = ("serving", "stream", "first-token")
KINDS: dict[str, tuple[str, ...]] = {
    "api": (), "host": SERVED, "tuned": (*SERVED, "finetuning", "adapters"),
    "compressed": (*SERVED, "finetuning"), "pretrained": (*SERVED, "pretraining", "run"),
    "staged": SERVED,
}  # fmt: skip
"""The kinds of published run that the estimates of an option are held against."""


def cost(document: Document, evidence: Evidence, language: str) -> Html:
    """Section 4."""
    rows = planned.able(document)
    head = tag("h2", t("report.head.cost", language))
    if not rows:
        return tag("section", head, tag("p", findings.parts(document, language)),
                   _prices(document, language))  # fmt: skip
    used = [part for part in planned.PARTS
            if any(row["parts_month_usd"][f"{part}_usd"] for row in rows)]  # fmt: skip
    columns = [t("report.column.option", language)]
    columns += [t(f"plan_figures.part.{part}", language) for part in used]
    columns += [t("report.column.total", language), t("report.column.range", language)]
    cells = [_parts(row, used, language) for row in rows]
    return tag(
        "section", head,
        chart(
            plan_figures.parts(document, SCHEME, language),
            finding=findings.parts(document, language),
            plotted=words.plotted(document, "parts", language),
            source=words.source(document, language), head=columns, rows=cells, language=language,
        ),
        tag("div", tag("h3", t("report.head.parts", language)),
            table(columns, cells, numbers=range(1, len(columns)), class_="small print")),
        _backtest(rows, language), _prices(document, language),
    )  # fmt: skip


def _parts(row: Row, used: list[str], language: str) -> tuple[str, ...]:
    """The plan as it stands, part by part; the range is that of the futures."""
    amounts = row["parts_month_usd"]
    ends = row["cost_month_usd"]
    return (
        row["option"], *(number(amounts[f"{part}_usd"], 3) for part in used),
        f"≈ {usd(sum(amounts.values()), language)}", words.span(ends["p5"], ends["p95"], language),
    )  # fmt: skip


def _backtest(rows: list[Row], language: str) -> Html:
    """How wrong the estimates of the kinds used were on published runs."""
    kinds = list(dict.fromkeys(kind for row in rows for kind in KINDS.get(row["kind"], SERVED)))
    head = tag("h3", t("report.head.backtest", language))
    if not kinds:
        return tag("div", head, tag("p", t("report.no_backtest", language)))
    names = ("estimate", "runs", "families", "median", "ninety", "inside")
    return tag(
        "div", head, tag("p", t("report.plotted.backtest", language), class_="plotted"),
        table([t(f"report.column.{name}", language) for name in names],
              [_score(score(kind), language) for kind in kinds], numbers=range(1, 6),
              class_="small"),
    )  # fmt: skip


def _score(found: Score, language: str) -> tuple[str, ...]:
    return (
        t(f"cost.kind.{found.kind}", language), f"{found.n:,}", f"{found.groups:,}",
        percent(found.median_abs_error), percent(found.p90_abs_error),
        words.share(found.coverage_90, language),
    )  # fmt: skip


def _prices(document: Document, language: str) -> Html:
    """Every price with its source and date."""
    head = tag("h3", t("report.head.prices", language))
    if not document["prices"]:
        return tag("div", head, missing(t("report.missing.prices", language)))
    names = ("option", "price", "usd", "unit", "source", "date")
    alike: dict[tuple[str, ...], list[Row]] = {}
    for row in document["prices"]:
        day = row["date"] or t("report.stated", language)
        alike.setdefault((row["option"], row["unit"], row["source"], day), []).append(row)
    rows = [
        (option, " / ".join(row["item"] for row in held),
         " / ".join(_amount(row["usd"]) for row in held), unit, source, day)
        for (option, unit, source, day), held in alike.items()
    ]  # fmt: skip
    columns = [t(f"report.column.{name}", language) for name in names]
    return tag("div", head, table(columns, rows, numbers=(2,), texts=(0, 1, 3, 4),
                                  class_="small prices"))  # fmt: skip


def _amount(value: float) -> str:
    """A price as it is listed: no digit of it is lost."""
    return f"{value:,.2f}" if value >= 1 else f"{value:.4g}"
