"""The tables behind the charts of the Strategy page."""

import math
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.charts.plan_tornado import gains
from core.strategy.figures import requests
from core.strategy.findings import turns
from core.strategy.labels import amount, label
from core.text.format import number
from core.units import KILO
from dashboard import plan_tables as tables
from dashboard import plan_words as words
from dashboard import ui

t = ui.t

Document = dict[str, Any]
Rows = list[dict[str, str]]
head = tables.head


def draw(document: Document, name: str) -> None:
    """The table behind a chart, made when somebody asks for it; not for a room."""
    if ui.presenting():
        return
    with st.expander(t("strategy_page.table.behind"), key=f"behind-{name}",
                     on_change="rerun") as opened:  # fmt: skip
        if opened.open:
            rows = BEHIND[name](document)
            ui.table(rows, key=f"behind-{name}-table", height=ui.height(len(rows)))


def _volume(document: Document) -> Rows:
    """Every curve at the same few volumes."""
    today = document["demand"]["requests_per_day"]
    rows: dict[float, dict[str, str]] = {}
    for curve in document["curves"]:
        for place in range(len(curve["requests_per_day"])):
            at = curve["requests_per_day"][place]
            ends = [number(curve[key][place]) for key in ("low_usd", "high_usd")]
            rows.setdefault(at, {})[curve["option"]] = f"{number(curve['usd_month'][place])}" + (
                f" ({ends[0]}–{ends[1]})" if ends[0] != ends[1] else ""
            )
    names = [curve["option"] for curve in document["curves"]]
    shared = [at for at, row in sorted(rows.items()) if len(row) == len(names)]
    return [
        {head("requests"): requests(at, ui.lang()) + (" ●" if at == today else ""), **rows[at]}
        for at in shared
    ]


def _cash(document: Document) -> Rows:
    rows: dict[int, dict[str, str]] = {}
    for row in document["monthly"]:
        held = rows.setdefault(row["month"], {head("date"): f"{row['month']} · {row['date']}"})
        ends = words.span(number(row["cash_p5_usd"]), number(row["cash_p95_usd"]))
        held[row["option"]] = number(row["cash_p50_usd"]) + (f" ({ends})" if ends else "")
    return list(rows.values())


def _parts(document: Document) -> Rows:
    return [
        {
            head("option"): row["option"],
            **{t(f"plan_figures.part.{part.removesuffix('_usd')}"): number(usd)
               for part, usd in row["parts_month_usd"].items()},
            head("month"): number(sum(row["parts_month_usd"].values())),
        }
        for row in document["ranking"] if row["feasible"]
    ]  # fmt: skip


def _pareto(document: Document) -> Rows:
    rows = {row["option"]: row for row in document["ranking"]}
    return [
        {
            head("option"): point["option"],
            head("quality"): words.quality(document, rows[point["option"]]),
            head("month"): number(point["cost_month_usd"]),
            head("seconds"): words.DASH if point["answer_seconds"] is None
            else t("common.seconds", n=number(point["answer_seconds"], 2)),
        }
        for point in document["pareto"]
    ]  # fmt: skip


def _tornado(document: Document) -> Rows:
    lang = ui.lang()
    return [
        {
            head("input"): label(bar["input"], bar["field"], bar["option"], lang),
            head("base"): amount(bar["field"], bar["base"], lang),
            head("low"): amount(bar["field"], bar["low"], lang),
            head("high"): amount(bar["field"], bar["high"], lang),
            head("how"): t(f"strategy_page.how_known.{bar['how']}"),
            **{head(f"at_{end}"): _lead(gain) for gain, end in sorted(
                gains(bar), key=lambda one: one[1] != "low")},
            head("flips_at"): words.DASH if bar["flips_at"] is None
            else amount(bar["field"], bar["flips_at"], lang) + (" ◆" if turns(bar) else ""),
            head("flips_to"): words.DASH if bar["flips_at"] is None
            else bar["flips_to"] or t("strategy_page.compare.nothing"),
        }
        for bar in document["tornado"]
    ]  # fmt: skip


def _lead(gain: float) -> str:
    """A lead of so many thousand US$."""
    if math.isinf(gain):
        return t(f"plan_figures.tornado.{'out' if gain < 0 else 'alone'}")
    return number(KILO * gain, 3, sign=True)


BEHIND: dict[str, Callable[[Document], Rows]] = {
    "ranking": tables.options, "volume": _volume, "cash": _cash, "tornado": _tornado,
    "parts": _parts, "pareto": _pareto,
}  # fmt: skip
