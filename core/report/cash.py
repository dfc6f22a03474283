"""How long the money lasts, when to raise, and from which volume on each option is cheaper."""

from core.charts import plan_figures, planned
from core.report import words
from core.report.evidence import Evidence
from core.report.markup import Html, chart, table, tag
from core.report.options import SCHEME
from core.report.words import DASH, Document, Row
from core.strategy import findings
from core.strategy.figures import percent, requests
from core.text.catalog import t
from core.text.format import usd


def cash(document: Document, evidence: Evidence, language: str) -> Html:
    """Section 5."""
    return tag(
        "section", tag("h2", t("report.head.cash", language)), _fan(document, language),
        _ends(document, language), _volume(document, language), _even(document, language),
    )  # fmt: skip


def _fan(document: Document, language: str) -> Html:
    step = 3 if document["horizon_months"] <= 36 else 12
    names = ("option", "month", "p5", "p50", "p95")
    rows = [
        (month["option"], str(month["month"]),
         *(usd(month[f"cash_{end}_usd"], language) for end in ("p5", "p50", "p95")))
        for month in document["monthly"] if month["month"] % step == 0
    ]  # fmt: skip
    return chart(
        plan_figures.cash_fan(document, SCHEME, language),
        finding=findings.cash(document, language),
        plotted=words.plotted(document, "cash", language),
        source=words.source(document, language),
        head=[t(f"report.column.{name}_cash" if name == "month" else f"report.column.{name}",
                language) for name in names],
        rows=rows, language=language,
    )  # fmt: skip


def _ends(document: Document, language: str) -> Html:
    """Runway, the lowest point and the end, option by option."""
    names = ("option", "runway", "survives", "low_point", "end")
    rows = [
        (row["option"], words.months(row["runway_months"], document["horizon_months"], language),
         percent(row["survives"]),
         words.dollars(row["cash_low_point_range_usd"], language),
         words.dollars(row["cash_end_usd"], language))
        for row in planned.able(document)
    ]  # fmt: skip
    head = [t(f"report.column.{name}", language, months=document["horizon_months"])
            for name in names]  # fmt: skip
    return table(head, rows, numbers=range(1, 5), class_="small")


def _volume(document: Document, language: str) -> Html:
    if not document["curves"]:
        return Html("")
    today = document["demand"]["requests_per_day"]
    near = [factor * today for factor in (0.25, 0.5, 1.0, 2.0)]
    head = [t("report.column.option", language)]
    head += [t("report.column.at", language, volume=requests(one, language)) for one in near]
    rows = [
        (curve["option"], *(usd(plan_figures.cost_at(curve, one), language) for one in near))
        for curve in document["curves"]
    ]
    return chart(
        plan_figures.by_volume(document, SCHEME, language),
        finding=findings.volume(document, language),
        plotted=words.plotted(document, "volume", language),
        source=words.source(document, language), head=head, rows=rows, language=language,
    )  # fmt: skip


def _even(document: Document, language: str) -> Html:
    """Every pair of options: from which volume, and from which month on."""
    if not document["break_even"]:
        return tag("p", findings.volume(document, language))
    names = ("than", "cheaper", "volume", "range", "month_even", "use")
    rows = [_pair(pair, document["horizon_months"], language) for pair in document["break_even"]]
    return tag(
        "div", tag("h3", t("report.head.even", language)),
        tag("p", t("report.plotted.even", language), class_="plotted"),
        table([t(f"report.column.{name}", language) for name in names], rows,
              numbers=(2, 3, 4, 5), texts=(0, 1), class_="small"),
    )  # fmt: skip


def _pair(pair: Row, horizon: int, language: str) -> tuple[str, ...]:
    at, low, high = (pair[key] for key in ("requests_per_day", "low", "high"))
    never, always = (t(f"strategy_page.reading.{key}", language) for key in ("never", "always"))
    ends = [never if end is None else requests(end, language) for end in (low, high)]
    beyond = t("strategy_page.table.never", language, months=horizon)
    return (
        pair["a"], pair["b"], never if at is None else requests(at, language) if at else always,
        "–".join(ends) if at and ends[0] != ends[1] else DASH,
        beyond if pair["month"] is None else f"{pair['month']:g}",
        DASH if pair["utilisation"] is None else percent(pair["utilisation"]),
    )  # fmt: skip
