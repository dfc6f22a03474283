"""Page one: the question, the answer, four readings, and what would change the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.charts import grammar, planned
from core.charts.needle import needle
from core.evaluate.share import share
from core.report import words
from core.report.evidence import Evidence
from core.report.markup import Html, badge, bold, escaped, joined, listed, tag
from core.report.words import Document, Row
from core.text.catalog import t
from core.text.format import count, number, round_up, usd

INK = grammar.LIGHT


@dataclass(frozen=True)
class Reading:
    """A number with its range; `scale` is (value, low, high, start, end, tick, its name)."""

    label: str
    value: str
    around: str
    covers: str
    scale: tuple[float, float, float, float, float, float | None, str] | None


def decision(document: Document, evidence: Evidence, language: str) -> Html:
    """The cover."""
    said = document["summary"][language]
    return tag(
        "section",
        _head(document, evidence, language),
        tag("h1", document["title"]),
        tag("p", bold(said, words.names(document)), class_="answer"),
        tag("div", *(_card(one, language) for one in readings(document, language)),
            class_="readings"),
        tag("p", _chip(document, language), class_="chip"),
        *_lists(document, language),
        class_="cover",
    )  # fmt: skip


def _head(document: Document, evidence: Evidence, language: str) -> Html:
    mark = Html(
        '<svg width="22" height="22" viewBox="1 3 22 22" aria-hidden="true"><rect x="1" y="3" '
        'width="22" height="22" rx="4" fill="#17202A"/><path d="M6 19.5 L18 8.5" stroke="#E0B03F" '
        'stroke-width="3" stroke-linecap="round"/><path d="M10.5 21 L19 13.2" stroke="#8C98A4" '
        'stroke-width="2" stroke-linecap="round"/></svg>'
    )
    return tag(
        "header", tag("span", mark, tag("b", "Assay"), class_="brand"),
        tag("span", t("report.name", language), " · ", evidence.made_at[:10]), class_="strip",
    )  # fmt: skip


def _chip(document: Document, language: str) -> str:
    return t("report.chip", language, plan=document["plan"], date=document["prices_as_of"],
             months=document["horizon_months"], start=document["start"],
             draws=f"{document['draws']:,}", seed=document["seed"])  # fmt: skip


def readings(document: Document, language: str) -> list[Reading]:
    """Four numbers that a decision rests on; fewer where no option can serve."""
    row = planned.leading(document)
    if row is None:
        return []
    return [
        _holds(document, row, language), _cost(document, row, language),
        _even(document, language), _runway(document, row, language),
    ]  # fmt: skip


def _holds(document: Document, row: Row, language: str) -> Reading:
    """The share of draws in which it is best, with the error of drawing."""
    part = row["probability_best"]
    found = share(part * document["draws"], document["draws"])
    ends = (0.0, 0.0) if found is None else (found.low, found.high)
    low, high = (f"{100 * end:.0f}" for end in ends)
    return Reading(
        t("report.reading.holds", language), f"≈ {words.percent(part, language)}",
        f"{low} %" if low == high else f"{low}–{high} %", words.drawn(document, language),
        (100 * part, 100 * ends[0], 100 * ends[1], 0, 100, None, ""),
    )  # fmt: skip


def _cost(document: Document, row: Row, language: str) -> Reading:
    ends = row["cost_month_usd"]
    return Reading(
        t("report.reading.cost", language), f"≈ {usd(ends['p50'], language)}",
        words.span(ends["p5"], ends["p95"], language), t("report.ninety", language),
        (ends["p50"], ends["p5"], ends["p95"], 0, round_up(1.2 * ends["p95"]), None, ""),
    )  # fmt: skip


def _even(document: Document, language: str) -> Reading:
    """The volume from which on the two first options change places, else what is saved."""
    pair, gain = planned.pair_of(document), document["gain_usd_per_month"]
    if pair is not None and pair["requests_per_day"]:
        at, today = pair["requests_per_day"], document["demand"]["requests_per_day"]
        low, high = pair["low"] or at, pair["high"] or at
        ends = [count(float(f"{end:.3g}"), language) for end in (low, high)]
        return Reading(
            t("report.reading.even", language),
            f"≈ {count(float(f'{at:.3g}'), language)}", "–".join(dict.fromkeys(ends)),
            t("report.ninety", language),
            (at, low, high, 0, round_up(1.6 * max(high, today)), today,
             t("report.reading.today", language)),
        )  # fmt: skip
    if gain is not None:
        reach = round_up(1.1 * max(abs(gain["low"]), abs(gain["high"]), 1))
        return Reading(
            t("report.reading.gain", language), f"≈ {usd(gain['value'], language)}",
            words.span(gain["low"], gain["high"], language), t("report.ninety", language),
            (gain["value"], gain["low"], gain["high"], -reach, reach, 0,
             t("report.reading.equal", language)),
        )  # fmt: skip
    return Reading(t("report.reading.even", language), t("report.reading.never", language), "",
                   t("report.reading.alone", language), None)  # fmt: skip


def _runway(document: Document, row: Row, language: str) -> Reading:
    ends, horizon = row["runway_months"], document["horizon_months"]
    shown = t("report.beyond", language, months=horizon)
    if ends["p50"] is not None:
        shown = f"≈ {number(ends['p50'], 2)}"
    value, low, high = (ends[end] if ends[end] is not None else horizon
                        for end in ("p50", "p5", "p95"))  # fmt: skip
    around = t("common.to", language).join(
        words.month(ends[end], horizon, language) for end in ("p5", "p95")
    )
    return Reading(
        t("report.reading.runway", language), t("report.months", language, n=shown),
        around if ends["p5"] is not None else "",
        t("report.ninety" if ends["p5"] is not None else "report.all_draws", language),
        (value, low, high, 0, horizon, document["company"]["raise_months"],
         t("report.reading.raise", language)),
    )  # fmt: skip


def _card(reading: Reading, language: str) -> Html:
    inside = [
        tag("p", reading.label, " ", badge("estimated", language), class_="label"),
        tag("p", reading.value, class_="value"),
        tag("p", *([tag("span", reading.around, class_="around"), " "] if reading.around else []),
            reading.covers, class_="covers"),
    ]  # fmt: skip
    if reading.scale is not None:
        value, low, high, start, end, at, name = reading.scale
        svg = needle(INK, value, low, high, start, end, estimated=True, reference=at,
                     reference_name=name)  # fmt: skip
        alt = t("common.needle.alt", language, value=number(value), low=number(low),
                high=number(high), start=number(start), end=number(end))  # fmt: skip
        inside.append(tag("div", Html(svg), class_="needle", role="img", aria_label=alt))
    return tag("div", *inside, class_="card")


def _lists(document: Document, language: str) -> Sequence[Html]:
    """Why, what would change it, and what to be careful of; each only where there is any."""
    found = []
    for key in ("reasons", "flips", "warnings"):
        said = [words.sentence(row, language) for row in document[key]]
        if said or key == "flips":
            inside = listed(said) if said else tag("p", t("report.no_flips", language))
            mark = [" ", badge("risk", language)] if key == "warnings" else []
            found.append(
                tag("div", tag("h2", t(f"report.head.{key}", language), *mark), inside,
                    class_=f"part {key}")
            )  # fmt: skip
    none = document["probability_none"]
    if none:
        said_none = t("report.none_reaches", language, share=words.percent(none, language))
        found.append(tag("p", escaped(said_none), class_="note"))
    return [joined(found)]
