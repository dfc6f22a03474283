"""Figures and names on the Strategy page, as a reader's language writes them."""

from typing import Any

from core.evaluate import notation
from core.evaluate.metrics import metric
from core.strategy import field_words
from core.strategy.figures import percent, plain, requests
from core.text.format import number, usd
from dashboard import ui

t = ui.t

Document = dict[str, Any]
DASH = "–"


def money(amount: float | None) -> str:
    """US$ as estimated."""
    return t("common.approximately", value=usd(amount, ui.lang()))


def span(low: str | None, high: str | None) -> str | None:
    """The ends of a range, as they are shown; None where they do not differ."""
    if low is None or high is None or low == high:
        return None
    return f"{low}{t('common.to')}{high}" if low.startswith("−") else f"{low}–{high}"


def dollars(ends: dict[str, float | None]) -> str | None:
    """The range of an amount in US$, without its unit; None where no digit differs."""
    if ends["p5"] is None or ends["p95"] is None:
        return None
    return span(number(ends["p5"]), number(ends["p95"]))


def runway(document: Document, months: float | None, *, short: bool = True) -> str:
    """Months until the money ends, or that it outlasts the horizon."""
    if months is None:
        key = "beyond_short" if short else "beyond"
        return t(f"strategy_page.reading.{key}", months=document["horizon_months"])
    return number(months, 2)


def volumes(pair: dict[str, Any]) -> str | None:
    """The range of a break-even in requests a day; an end may be never."""
    never = t("strategy_page.reading.never")
    ends = [
        never if pair[end] is None else requests(pair[end], ui.lang()) for end in ("low", "high")
    ]
    return span(*ends)


def volume(at: float | None) -> str:
    """A break-even: requests a day, "any volume", or "never"."""
    if not at:
        return t(f"strategy_page.reading.{'never' if at is None else 'always'}")
    return requests(at, ui.lang())


def quality(document: Document, row: dict[str, Any]) -> str:
    """A score, and whether it was measured here or entered."""
    if row["quality"] is None:
        return t("common.not_known")
    unit = metric(document["quality"]["metric"]).unit
    value, low, high = (
        None if row[key] is None else notation.number(row[key], unit, ui.lang())
        for key in ("quality", "quality_low", "quality_high")
    )
    if row["quality_kind"] == "measured" and low is not None and high is not None:
        return t("strategy_page.quality.measured", value=value, low=low, high=high)
    return t(f"strategy_page.quality.{row['quality_kind']}_alone", value=value)


def share(value: float | None) -> str:
    """A share in percent, a dash where there is none."""
    return DASH if value is None else percent(value)


def field(path: str) -> str:
    """What a field is called, in plain text: "Requests a day", "Host: Lead time"."""
    return field_words.field(path, ui.lang())


def value(of: object) -> str:
    """A field's value as it stands in a file."""
    if of is None:
        return t("strategy_page.control.not_set")
    if isinstance(of, bool):
        return str(of).lower()
    if isinstance(of, int | float):
        return plain(of) if abs(of) < 1e15 else f"{of:g}"
    if isinstance(of, list | tuple):
        return ", ".join(value(one) for one in of)
    return str(of)


def dates(document: Document) -> dict[str, str]:
    """The first and the last day of the prices."""
    found = sorted(line["date"] for line in document["prices"] if line["date"])
    unknown = t("common.not_known")
    return {"first": found[0] if found else unknown, "last": found[-1] if found else unknown}
