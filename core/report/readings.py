"""The four readings on the cover: how surely, at what cost, from which volume, for how long."""

from dataclasses import dataclass

from core.charts import grammar
from core.charts.needle import needle
from core.evaluate.share import share
from core.report import words
from core.report.markup import Html, badge, tag
from core.report.words import Document, Row
from core.strategy.answer import deciding_pair, option_of
from core.strategy.figures import percent, requests
from core.text.catalog import t
from core.text.format import number, round_up, usd

INK = grammar.LIGHT


@dataclass(frozen=True)
class Scale:
    """A needle: a value with its ends on a scale, and a named tick."""

    value: float
    low: float
    high: float
    start: float
    end: float
    at: float | None = None
    name: str = ""


@dataclass(frozen=True)
class Reading:
    """A number with its range, and what that range is a share of."""

    label: str
    value: str
    around: str
    covers: str
    scale: Scale | None


def readings(document: Document, language: str) -> list[Reading]:
    """Four numbers of the recommended option; fewer where there is none, as on the page."""
    chosen = document["recommended_option"]
    even = _even(document, language)
    if chosen is None:
        return [_share(document, "none", document["probability_none"], language), *even]
    row = option_of(document, chosen)
    return [_share(document, "best", row["probability_best"], language),
            _month(row, language), *even, _runway(document, row, language)]  # fmt: skip


def _label(key: str, language: str) -> str:
    return t(f"strategy_page.reading.{key}", language)


def _about(value: str, language: str) -> str:
    return t("common.approximately", language, value=value)


def _range(low: str, high: str) -> str:
    return "" if low == high else f"{low}–{high}"


def _share(document: Document, key: str, part: float, language: str) -> Reading:
    """A share of the futures, with the error of drawing so many."""
    draws = document["draws"]
    found = share(part * draws, draws)
    low, high = (found.low, found.high) if found else (0.0, 1.0)
    return Reading(
        _label(key, language), _about(percent(part), language), _range(percent(low), percent(high)),
        t("strategy_page.reading.futures", language, n=f"{draws:,}"),
        Scale(100 * part, 100 * low, 100 * high, 0, 100),
    )  # fmt: skip


def _month(row: Row, language: str) -> Reading:
    ends = row["cost_month_usd"]
    return Reading(
        _label("month", language), _about(usd(ends["p50"], language), language),
        words.span(ends["p5"], ends["p95"], language), _label("ninety", language),
        Scale(ends["p50"], ends["p5"], ends["p95"], 0, round_up(1.2 * ends["p95"])),
    )  # fmt: skip


def _even(document: Document, language: str) -> list[Reading]:
    """The volume at which the two options that matter change places."""
    pair = deciding_pair(document)
    if pair is None:
        return []
    label, at = _label("even", language), pair["requests_per_day"]
    low, high, today = pair["low"], pair["high"], document["demand"]["requests_per_day"]
    if not at:
        word = _label("never" if at is None else "always", language)
        about = t("report.cheaper_to_run", language, option=pair["a" if at is None else "b"])
        return [Reading(label, word, "", about, None)]
    known = low is not None and high is not None
    ends = [_label("never", language) if end is None else requests(end, language)
            for end in (low, high)]  # fmt: skip
    return [Reading(
        label, _about(requests(at, language), language), _range(*ends),
        " · ".join([*([_label("estimate", language)] if ends[0] != ends[1] else []),
                    t("report.pair", language, a=pair["a"], b=pair["b"])]),
        Scale(at, low, high, 0, round_up(1.2 * max(high, today)), today, _label("today", language))
        if known else None,
    )]  # fmt: skip


def _runway(document: Document, row: Row, language: str) -> Reading:
    ends, horizon = row["runway_months"], document["horizon_months"]
    shown = t("strategy_page.reading.beyond", language, months=horizon)
    if ends["p50"] is not None:
        months = number(ends["p50"], 2)
        shown = t("strategy_page.reading.runway_value", language, months=months)
    value, low, high = (horizon if ends[end] is None else ends[end]
                        for end in ("p50", "p5", "p95"))  # fmt: skip
    p5, p95 = (words.month(ends[end], horizon, language) for end in ("p5", "p95"))
    return Reading(
        _label("runway", language), shown,
        "" if p5 == p95 else t("common.to", language).join((p5, p95)),
        t("report.nearly_all" if p5 == p95 else "strategy_page.reading.ninety", language),
        Scale(value, low, high, 0, horizon, document["company"]["raise_months"],
              _label("raising", language)),
    )  # fmt: skip


def card(reading: Reading, language: str) -> Html:
    """A reading as it stands on the cover."""
    inside = [
        tag("p", reading.label, " ", badge("estimated", language), class_="label"),
        tag("p", reading.value, class_="value"),
        tag("p", *([tag("span", reading.around, class_="around"), " "] if reading.around else []),
            reading.covers, class_="covers"),
    ]  # fmt: skip
    if reading.scale is not None:
        inside.append(_needle(reading.scale, language))
    return tag("div", *inside, class_="card")


def _needle(scale: Scale, language: str) -> Html:
    svg = needle(INK, scale.value, scale.low, scale.high, scale.start, scale.end, estimated=True,
                 reference=scale.at, reference_name=scale.name)  # fmt: skip
    alt = t("common.needle.alt", language, value=number(scale.value), low=number(scale.low),
            high=number(scale.high), start=number(scale.start), end=number(scale.end))  # fmt: skip
    return tag("div", Html(svg), class_="needle", role="img", aria_label=alt)
