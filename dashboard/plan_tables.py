"""The tables of the Strategy page: options side by side, break-even, why, prices, assumptions."""

from typing import Any

import streamlit as st

from core.strategy.say import plain, requests, say
from core.text.format import number, usd
from dashboard import ui

t = ui.t

Document = dict[str, Any]


def options(document: Document) -> None:
    """Every option in a row, with its verdict."""
    months = document["horizon_months"]
    rows = [
        {
            t("strategy.table.option"): row["name"],
            t("strategy.table.verdict"): t(f"strategy.verdict.{verdict(document, row)}"),
            t("strategy.table.kind"): t(f"strategy.kind.{row['kind']}"),
            t("strategy.table.month"): _about(row["monthly_usd"]),
            t("strategy.table.range"): dollars(row["monthly_usd_low"], row["monthly_usd_high"])
            or "–",
            t("strategy.table.one_time"): _about(row["one_time_usd"]),
            t("strategy.table.total", months=months): _about(row["total_usd"]),
            t("strategy.table.quality"): quality(row["quality"]),
            t("strategy.table.replicas"): "–" if row["replicas"] is None else str(row["replicas"]),
            t("strategy.table.runway"): _runway(row, months),
        }
        for row in document["options"]
    ]
    st.subheader(t("strategy.table.title"), anchor=False)
    ui.table(rows, key="options-table")


def verdict(document: Document, row: dict[str, Any]) -> str:
    """Key of the word for what becomes of an option."""
    if not row["feasible"]:
        return "problem"
    if row["name"] == document["recommended_option"]:
        return "recommended"
    if row["meets_floor"] is None:
        return "unknown"
    if not row["meets_floor"]:
        return "below"
    return "second" if row["name"] == document["second_option"] else "later"


def quality(figure: dict[str, Any] | None) -> str:
    """A score, and whether it was measured here or entered."""
    if figure is None:
        return t("common.not_known")
    ends = [None if figure[end] is None else plain(figure[end]) for end in ("low", "high")]
    if figure["kind"] == "measured" and None not in ends:
        return t("strategy.figure.measured", value=plain(figure["value"]), low=ends[0],
                 high=ends[1])  # fmt: skip
    return t(f"strategy.figure.{figure['kind']}_alone", value=plain(figure["value"]))


def span(low: str | None, high: str | None) -> str | None:
    """The ends of a range, as they are shown; None where they do not differ."""
    return None if low is None or high is None or low == high else f"{low}–{high}"


def dollars(low: float | None, high: float | None) -> str | None:
    """A range of US$; None where nothing is estimated, or no digit differs."""
    return None if low is None or high is None else span(number(low), number(high))


def volumes(low: float | None, high: float | None) -> str | None:
    """A range of requests a day; an end may be never."""
    never = t("strategy.reading.never")
    ends = [never if end is None else requests(end, ui.lang()) for end in (low, high)]
    return span(*ends)


def _about(amount: float | None) -> str:
    if amount is None:
        return t("common.not_known")
    return t("common.approximately", value=number(amount)) if amount else "0"


def _runway(row: dict[str, Any], months: int) -> str:
    if not row["feasible"]:
        return "–"
    runway = row["runway_months"]
    return t("strategy.table.beyond", months=months) if runway is None else f"≈ {number(runway, 2)}"


def break_even(document: Document) -> None:
    """From which volume, and from which month, one option is cheaper than another."""
    months = document["horizon_months"]
    never = t("strategy.reading.never")
    rows = [
        {
            t("strategy.table.option"): pair["b"],
            t("strategy.table.than"): pair["a"],
            t("strategy.table.from_volume"): never if pair["requests_per_day"] is None
            else requests(pair["requests_per_day"], ui.lang()),
            t("strategy.table.range"): volumes(pair["low"], pair["high"]) or "–",
            t("strategy.table.from_month"): t("strategy.table.never", months=months)
            if pair["month"] is None else str(pair["month"]),
        }
        for pair in document["break_even"]
    ]  # fmt: skip
    if rows:
        st.subheader(t("strategy.table.even"), anchor=False)
        ui.table(rows, key="even-table")


def reasons(document: Document) -> None:
    """Why this option, and why not the others."""
    st.subheader(t("strategy.table.reasons"), anchor=False)
    _sentences(document["reasons"])


def flips(document: Document) -> None:
    """What would change the decision, the nearest first."""
    st.subheader(t("strategy.table.flips"), anchor=False)
    st.caption(t("strategy.table.flips_caption", months=document["horizon_months"]))
    _sentences(document["flips"])


def _sentences(rows: list[dict[str, Any]]) -> None:
    lines = [f"- {say(row, ui.lang(), ui.literal)}" for row in rows]
    st.markdown("\n".join(lines) or t("strategy.table.no_flips"))


def sources(document: Document) -> None:
    """Prices with source and date; assumptions with their sentence."""
    with st.expander(t("strategy.table.prices")):
        ui.table(
            [
                {
                    t("strategy.table.option"): line["option"],
                    t("strategy.table.price_item"): line["item"],
                    t("strategy.table.usd"): f"{line['usd']:g}",
                    t("strategy.table.unit"): line["unit"],
                    t("strategy.table.date"): line["date"] or t("strategy.table.own"),
                    t("strategy.table.source"): line["source"],
                }
                for line in document["prices"]
            ],
            key="prices-table",
        )
    if document["assumptions"]:
        with st.expander(t("strategy.table.assumptions")):
            ui.table(
                [
                    {
                        t("strategy.table.field"): row["field"],
                        t("strategy.table.value"): _value(row["value"]),
                        t("strategy.table.why"): row["text"],
                    }
                    for row in document["assumptions"]
                ],
                key="assumptions-table",
            )


def _value(value: object) -> str:
    return f"{value:,g}" if isinstance(value, int | float) else str(value)


def money(amount: float | None) -> str:
    """US$ as estimated."""
    return t("common.approximately", value=usd(amount, ui.lang()))
