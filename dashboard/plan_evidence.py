"""The evidence of the Strategy page, part by part: decision, money, risk, what it rests on."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts import plan_figures as charts
from core.strategy import findings
from dashboard import plan_behind as behind
from dashboard import plan_shocks as shocks
from dashboard import plan_tables as tables
from dashboard import plan_words as words
from dashboard import state, ui
from dashboard.plan_shown import Shown

t = ui.t

Document = dict[str, Any]
Figure = Callable[..., go.Figure]

FIGURES: dict[str, Figure] = {
    "ranking": charts.ranking, "volume": charts.by_volume, "cash": charts.cash_fan,
    "tornado": charts.tornado, "parts": charts.parts, "pareto": charts.pareto,
}  # fmt: skip


def decision(shown: Shown) -> None:
    """Which option, from which volume, for how long, and what would change it."""
    document = shown.document
    left, right = _pairs(document, ("ranking", "cash"), ("volume", "tornado"))
    with left:
        tables.sentences(
            t("strategy_page.table.flips"), document["flips"],
            caption=t("strategy_page.table.flips_caption"), none=t("strategy_page.table.no_flips"),
        )  # fmt: skip
    with right:
        tables.sentences(t("strategy_page.table.reasons"), document["reasons"])


def money(shown: Shown) -> None:
    """What a month is made of, what quality costs, and the months of one option."""
    document = shown.document
    _pairs(document, ("parts",), ("pareto",))
    _months(document)
    _table("even", t("strategy_page.table.even"), tables.break_even(document))


def risk(shown: Shown) -> None:
    """What shocks do to each option, and where they come from."""
    document = shown.document
    _table("regret", findings.regret(document, ui.lang(), ui.literal), shocks.regret(document),
           caption=t("strategy_page.chart.regret_plotted"))  # fmt: skip
    st.caption(t("common.source", source=source(document)))
    key = "own" if shown.scenario.shocks else "tried"
    _table("shocks", t("strategy_page.table.shocks"), shocks.shocks(shown),
           caption=t(f"strategy_page.table.shocks_{key}"))  # fmt: skip
    st.markdown(shocks.shock_sources(shown))


def basis(shown: Shown) -> None:
    """Every option in a row, and every price, assumption and range."""
    document = shown.document
    _table("options", t("strategy_page.table.title"), tables.options(document))
    since = tables.changed_since(shown)
    if since is not None:
        day, rows = since
        _table("since", t("strategy_page.table.differences"), rows,
               caption=t("strategy_page.table.differences_caption", day=day))  # fmt: skip
    _table("prices", t("strategy_page.table.prices"), tables.prices(document))
    _table("ranges", t("strategy_page.table.ranges"), tables.ranges(document),
           none=t("strategy_page.table.no_ranges"))  # fmt: skip
    _table("assumptions", t("strategy_page.table.assumptions"), tables.assumptions(document))


def source(document: Document) -> str:
    """Where the numbers of the charts come from."""
    return t("strategy_page.how.source", n=f"{document['draws']:,}", **words.dates(document))


def _pairs(document: Document, *columns: tuple[str, ...]) -> list[DeltaGenerator]:
    """Charts in columns; the columns, for what comes below."""
    places = st.columns(len(columns), gap="large")
    for place, names in zip(places, columns, strict=True):
        with place:
            for name in names:
                _chart(document, name)
    return places


def _chart(document: Document, name: str) -> None:
    say = getattr(findings, name)
    figure = FIGURES[name](document, ui.scheme(), ui.lang(), present=ui.presenting())
    ui.chart(
        say(document, ui.lang(), ui.literal),
        t(f"strategy_page.chart.{name}_plotted", months=document["horizon_months"],
          raise_months=document["company"]["raise_months"]),
        figure, alt=t(f"strategy_page.chart.{name}_alt", finding=say(document, ui.lang())),
        source=source(document), key=f"plan-{name}",
    )  # fmt: skip
    behind.draw(document, name)


def _months(document: Document) -> None:
    """The months of the option that is chosen: the recommended one first."""
    names = [row["option"] for row in document["ranking"] if row["feasible"]]
    option = state.chosen("option", names)
    if option is None:
        return
    st.subheader(findings.months(document, option, ui.lang(), ui.literal), anchor=False)
    if not ui.presenting():
        state.choose(t("strategy_page.table.option"), "option", names, key="plan-option")
    st.caption(t("strategy_page.table.months_caption"))
    rows = tables.months(document, option)
    ui.table(rows, key="plan-months", height=ui.height(len(rows)))


def _table(key: str, title: str, rows: tables.Rows, *, caption: str = "", none: str = "") -> None:
    if not rows and not none:
        return
    st.subheader(title, anchor=False)
    if rows and caption:
        st.caption(caption)
    if rows:
        ui.table(rows, key=f"plan-{key}", height=ui.height(len(rows)))
    else:
        st.markdown(none)
