"""Two scenarios side by side: what each recommends, its cash, and where the files differ."""

from typing import Any

import streamlit as st

from core.charts import grammar
from core.charts import plan_figures as charts
from core.charts.plan_lines import cash_span
from core.errors import AssayError
from core.strategy.answer import deciding_pair, option_of
from core.strategy.beside import beside
from core.strategy.sections import Scenario
from dashboard import plan_controls, plan_shown, plan_source, state, ui
from dashboard import plan_tables as tables
from dashboard import plan_words as words
from dashboard.plan_shown import Shown

t = ui.t

Document = dict[str, Any]


def render(shown: Shown) -> list[Scenario]:
    """Draw the part.

    Returns:
        Scenarios of which only few futures were drawn yet.
    """
    known = {name: one for name, one in plan_source.sources().items()
             if name != shown.source.name}  # fmt: skip
    wanted = state.named("compare")
    name = wanted if wanted in known else None
    if not ui.presenting():
        state.choose_or_none(
            t("strategy_page.compare.choose"), "compare", list(known), key="plan-compare",
            nothing=t("strategy_page.compare.nothing"),
            show=lambda one: plan_controls.called(known[one]),
        )  # fmt: skip
    if name is None:
        st.markdown(t("strategy_page.compare.none"))
        return []
    try:
        other = plan_shown.look(known[name])
    except AssayError as error:
        st.markdown(ui.mark("failed"))
        st.text(t("strategy_page.compare.failed", name=name, error=str(error)))
        return []
    _both(shown, other)
    return [] if other.plan.whole else [other.scenario]


def _both(shown: Shown, other: Shown) -> None:
    pair = (shown, other)
    st.subheader(_finding(shown, other), anchor=False)
    ui.table(_rows(pair), key="plan-both")
    st.caption(t("strategy_page.compare.plotted"))
    spans = [cash_span(one.document) for one in pair]
    span = (min(low for low, _ in spans), max(high for _, high in spans))
    for place, one in zip(st.columns(2, gap="large"), pair, strict=True):
        with place:
            _cash(one, span)
    _differences(shown, other)


def _finding(shown: Shown, other: Shown) -> str:
    first, second = (one.document["recommended_option"] for one in (shown, other))
    if first == second and first is not None:
        return t("strategy_page.compare.finding_same", option=ui.literal(first))
    nothing = t("strategy_page.compare.nothing")
    return t(
        "strategy_page.compare.finding_differ", one=ui.literal(shown.source.path.stem),
        two=ui.literal(other.source.path.stem), first=ui.literal(first or nothing),
        second=ui.literal(second or nothing),
    )  # fmt: skip


def _rows(pair: tuple[Shown, Shown]) -> list[dict[str, str]]:
    columns = [_column(one.document) for one in pair]
    heads = [plan_controls.called(one.source) for one in pair]
    return [
        {"": t(f"strategy_page.compare.{key}"), **dict(zip(heads, values, strict=True))}
        for key, *values in zip(columns[0], *(column.values() for column in columns), strict=True)
    ]  # fmt: skip


def _column(document: Document) -> dict[str, str]:
    """The readings of a plan, one under the other."""
    chosen, even = document["recommended_option"], deciding_pair(document)
    row = option_of(document, chosen) if chosen is not None else None
    dash = tables.DASH

    def ranged(value: str, ends: str | None) -> str:
        return f"{value} ({ends})" if ends else value

    return {
        "recommended": chosen or t("strategy_page.compare.nothing"),
        "best": words.share(row["probability_best"]) if row else dash,
        "month": ranged(words.money(row["cost_month_usd"]["p50"]),
                        words.dollars(row["cost_month_usd"])) if row else dash,
        "runway": ranged(*_runway(document, row)) if row else dash,
        "even": ranged(words.volume(even["requests_per_day"]), words.volumes(even))
        if even else dash,
        "cash_end": words.money(row["cash_end_usd"]["p50"]) if row else dash,
    }  # fmt: skip


def _runway(document: Document, row: Document) -> tuple[str, str | None]:
    months = row["runway_months"]
    ends = words.span(*(words.runway(document, months[end]) for end in ("p5", "p95")))
    if months["p50"] is None:
        return words.runway(document, None, short=False), ends
    value = words.runway(document, months["p50"])
    return t("strategy_page.reading.runway_value", months=value), ends


def _cash(one: Shown, span: tuple[float, float]) -> None:
    figure = charts.cash_fan(one.document, ui.scheme(), ui.lang(), present=ui.presenting())
    figure.update_yaxes(range=span)
    name = plan_controls.called(one.source)
    with st.container(gap="xxsmall"):
        st.markdown(f"**{ui.literal(name)}**")
        st.plotly_chart(
            figure, theme=None, config=grammar.CONFIG, key=f"plan-cash-{one.source.name}",
            alt=t("strategy_page.compare.alt", name=name),
        )  # fmt: skip


def _differences(shown: Shown, other: Shown) -> None:
    found = beside(shown.scenario, other.scenario)
    st.subheader(t("strategy_page.compare.differ", n=len(found)), anchor=False)
    if not found:
        st.markdown(t("strategy_page.compare.equal"))
        return
    heads = [plan_controls.called(one.source) for one in (shown, other)]
    rows = [
        {tables.head("field"): words.field(one.path), heads[0]: words.value(one.one),
         heads[1]: words.value(one.two)}
        for one in found
    ]  # fmt: skip
    ui.table(rows, key="plan-differ", height=ui.height(len(rows)))
