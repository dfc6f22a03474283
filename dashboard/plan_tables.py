"""Tables of the Strategy page: options, break-even, months, prices, assumptions."""

from typing import Any

import streamlit as st

from core.record import canonical
from core.strategy import store
from core.strategy.differences import differences
from core.strategy.figures import requests
from core.strategy.say import say
from core.strategy.verdict import verdict
from core.text.format import number
from dashboard import plan_words as words
from dashboard import state, ui
from dashboard.plan_shown import Shown

t = ui.t

Document = dict[str, Any]
Rows = list[dict[str, str]]
DASH = words.DASH


def head(key: str, /, **values: object) -> str:
    """The heading of a column."""
    return t(f"strategy_page.table.{key}", **values)


def options(document: Document) -> Rows:
    """Every option in a row, with its verdict."""
    months = document["horizon_months"]
    return [
        {
            head("option"): row["option"],
            head("verdict"): t(f"strategy.verdict.{verdict(document, row)}"),
            head("kind"): t(f"strategy.kind.{row['kind']}"),
            head("best"): words.share(row["probability_best"]) if row["feasible"] else DASH,
            head("month"): about(row["cost_month_usd"]["p50"]),
            head("range"): words.dollars(row["cost_month_usd"]) or DASH,
            head("once"): about(row["one_time_usd"]["p50"]),
            head("total", months=months): about(row["cost_total_usd"]["p50"]),
            head("quality"): words.quality(document, row),
            head("lead"): _lead(row),
            head("replicas"): DASH if row["replicas"] is None else str(row["replicas"]),
            head("busy"): words.share(row["utilisation"]),
            head("busy_even"): words.share(row["break_even_utilisation"]),
            head("runway"): words.runway(document, row["runway_months"]["p50"])
            if row["feasible"] else DASH,
            head("survives"): words.share(row["survives"]),
            head("cash_end"): about(row["cash_end_usd"]["p50"]),
        }
        for row in document["ranking"]
    ]  # fmt: skip


def about(amount: float | None) -> str:
    """An estimate in US$ without its unit; a dash where there is none."""
    if amount is None:
        return DASH
    return t("common.approximately", value=number(amount)) if amount else "0"


def _lead(row: Document) -> str:
    months = row["lead_months"]
    return head("in_months", months=number(months, 2)) if months else head("now")


def break_even(document: Document) -> Rows:
    """From which volume, and from which month, one option is cheaper than another."""
    months = document["horizon_months"]
    return [
        {
            head("option"): pair["b"],
            head("than"): pair["a"],
            head("from_volume"): words.volume(pair["requests_per_day"]),
            head("estimate"): words.volumes(pair) or DASH,
            head("busy_even"): words.share(pair["utilisation"]),
            head("from_month"): head("never", months=months) if pair["month"] is None
            else str(pair["month"]),
        }
        for pair in document["break_even"]
    ]  # fmt: skip


def months(document: Document, option: str) -> Rows:
    """Revenue, costs by part, margin and cash of an option, month by month."""
    rows = [row for row in document["monthly"] if row["option"] == option]
    parts = [part for part in (rows[0]["parts_usd"] if rows else {})
             if any(row["parts_usd"][part] for row in rows)]  # fmt: skip
    return [
        {
            head("date"): f"{row['month']} · {row['date']}",
            head("requests"): requests(row["requests_per_day"], ui.lang()),
            head("revenue"): number(row["revenue_usd"]),
            **{t(f"plan_figures.part.{part.removesuffix('_usd')}"): number(row["parts_usd"][part])
               for part in parts},
            head("model"): number(row["model_usd"]),
            head("cost"): number(row["cost_usd"]),
            head("margin"): words.share(row["gross_margin"]),
            head("cash"): number(row["cash_usd"]),
            head("cash_range"): words.span(number(row["cash_p5_usd"]), number(row["cash_p95_usd"]))
            or DASH,
        }
        for row in rows
    ]  # fmt: skip


def prices(document: Document) -> Rows:
    """Every price with its source and date."""
    return [
        {
            head("option"): line["option"], head("price_item"): line["item"],
            head("usd"): f"{line['usd']:g}", head("unit"): line["unit"],
            head("day"): line["date"] or head("own"), head("source"): line["source"],
        }
        for line in document["prices"]
    ]  # fmt: skip


def assumptions(document: Document) -> Rows:
    """Why these numbers: one sentence each."""
    return [
        {head("field"): words.field(row["field"]), head("value"): words.value(row["value"]),
         head("why"): row["text"]}
        for row in document["assumptions"]
    ]  # fmt: skip


def ranges(document: Document) -> Rows:
    """What the scenario says is not certain."""
    return [
        {head("field"): words.field(row["field"]), head("low"): words.value(row["low"]),
         head("high"): words.value(row["high"])}
        for row in document["ranges"]
    ]  # fmt: skip


def changed_since(shown: Shown) -> tuple[str, Rows] | None:
    """The day of the kept plan and what is another now; None if its prices are those of now."""
    if not shown.source.saved or shown.draft.changed or not shown.plan.whole:
        return None
    kept = store.kept(state.workspace(), shown.scenario)
    if kept is None:
        return None
    then, now = ({**basis, "as_of": ""} for basis in (kept["basis"], shown.plan.basis))
    if canonical(then) == canonical(now):
        return None
    rows = [
        {head("what"): _what(row["what"]), head("option"): row["option"] or DASH,
         head("then"): words.value(row["then"]), head("now"): words.value(row["now"])}
        for row in differences(kept, shown.document, shown.plan.basis)
    ]  # fmt: skip
    return kept["basis"]["as_of"], rows


def _what(name: str) -> str:
    kind, _, item = name.partition(": ")
    return t(f"strategy_page.what.{kind}", item=item)


def sentences(title: str, rows: list[Document], *, caption: str = "", none: str = "") -> None:
    """A list of sentences under a heading."""
    st.subheader(title, anchor=False)
    if caption:
        st.caption(caption)
    st.markdown("\n".join(f"- {say(row, ui.lang(), ui.literal)}" for row in rows) or none)
