"""Numbers and sentences of the report, from the plan's document."""

from collections.abc import Mapping
from typing import Any

from core.charts import planned
from core.charts.planned import Document, Row
from core.evaluate import notation
from core.report.markup import Html, escaped, over
from core.strategy.figures import percent
from core.strategy.say import say
from core.text.catalog import t, topic
from core.text.format import number, usd

__all__ = ["Document", "Row"]

DASH = "—"
"""What cannot be said of an option; what could be known and is not, is a word."""


def sentence(row: Mapping[str, Any], language: str) -> str:
    """A sentence of the engine; in English where this version has no words for its key.

    A plan that another version of Assay stored may have sentences that this one does not know.
    """
    known = row["key"] in topic("strategy", language)
    return say(row, language) if known else str(row["text"])


def dollars(ends: Mapping[str, float | None] | None, language: str) -> Html:
    """An estimate, and below it its 90 % range: "≈ US$ 3,150" over "2,600–3,900"."""
    if ends is None or ends["p50"] is None:
        return escaped(t("common.not_known", language))
    value = t("common.approximately", language, value=usd(ends["p50"], language))
    return over(value, span(ends["p5"], ends["p95"], language))


def span(low: float | None, high: float | None, language: str) -> str:
    """Two ends of an amount in US$ without its sign; nothing where both are the same."""
    if low is None or high is None:
        return ""
    ends = [number(end, 2 if abs(end) < 100 else 3) for end in (low, high)]
    if ends[0] == ends[1]:
        return ""
    return (t("common.to", language) if low < 0 or high < 0 else "–").join(ends)


def months(ends: Mapping[str, float | None], horizon: int, language: str) -> Html:
    """A runway, and below it its range: "≈ 14" over "12 to 19", "over 24" over "21 to over 24"."""
    p5, p50, p95 = (month(ends[end], horizon, language) for end in ("p5", "p50", "p95"))
    value = p50 if ends["p50"] is None else t("common.approximately", language, value=p50)
    return over(value, "" if p5 == p95 else t("common.to", language).join((p5, p95)))


def month(value: float | None, horizon: int, language: str) -> str:
    """A month; None = beyond the horizon."""
    if value is None:
        return t("strategy_page.reading.beyond_short", language, months=horizon)
    return number(value, 2)


def quality(document: Document, row: Row, language: str) -> Html:
    """A quality, and below it its interval: "29.4 BLEU" over "28.1–30.8"."""
    value = planned.quality(document, row["quality"], language)
    if row["quality_low"] is None or row["quality_high"] is None:
        return escaped(value)
    return over(value, notation.interval(row["quality_low"], row["quality_high"],
                                         planned.unit_of(document), language))  # fmt: skip


def share(value: float | None, language: str) -> str:
    """A share in percent; a word where it is not known."""
    return t("common.not_known", language) if value is None else percent(value)


def plotted(document: Document, name: str, language: str) -> str:
    """What a chart shows, as the page says it."""
    return t(f"strategy_page.chart.{name}_plotted", language, months=document["horizon_months"],
             raise_months=document["company"]["raise_months"])  # fmt: skip


def source(document: Document, language: str) -> str:
    """Where the numbers of a chart come from."""
    return t("report.source", language, date=document["prices_as_of"],
             draws=f"{document['draws']:,}", seed=document["seed"])  # fmt: skip


def joined(names: list[str], language: str) -> str:
    """Names one after the other; a name may have commas of its own."""
    return ("、" if language == "zh" else "; ").join(names)
