"""Where the model is weak, or B loses: each slice with its interval; the overlap with training."""

import shlex
from typing import Any

import streamlit as st

from core.charts import where as charts
from core.evaluate import notation
from core.evaluate.metrics import metric
from core.evaluate.sacre import ORDERS
from core.evaluate.sliced import FEWEST, Sliced
from core.evaluate.slices import title
from core.text import format
from core.where import Where
from dashboard import cache, state, ui
from dashboard.contest import View

t = ui.t

DRAWN = 14
"""Slices in the chart; the table has all."""
TABLE_PIXELS = 420


def can(view: View) -> bool:
    """Whether the metric can be taken of a part of the examples and compared."""
    return metric(view.metric).compared and view.b.measured(view.metric) is not None


def measured(view: View) -> Where:
    """The slices of what is shown: the first time it takes a while, then they are kept."""
    a = view.comparison.a if view.comparison else None
    with st.spinner(t("where.slices.measuring")):
        return cache.slices(state.workspace(), view.b, a, view.metric)


def name(row: Sliced) -> str:
    """What a slice is called; its values are the user's text."""
    return title(row.kind, row.values, ui.lang())


def key(row: Sliced) -> str:
    """What a slice is called in the URL: the same in every language."""
    return "/".join([row.kind, *row.values.values()])


def section(view: View) -> None:
    """Finding, chart, table, and what of the test the model may know by heart."""
    if not can(view):
        st.markdown(t("where.slices.no_metric", metric=notation.title(view.metric, ui.lang())))
        return
    found = measured(view)
    if not found.rows:
        st.markdown(t("where.slices.none"))
        return
    drawn = [row for row in found.rows if row.low is not None and not row.by_answer]
    drawn = [row for row in drawn if row.p_value is not None or not found.a][:DRAWN]
    if drawn:
        tested = sum(row.p_value is not None for row in found.rows)
        names = {"a": ui.literal(view.a_name), "b": ui.literal(view.b_name)}
        kind = "plotted" if found.a else "plotted_one"
        ui.chart(
            _finding(found, drawn),
            t(f"where.slices.{kind}", metric=notation.title(found.metric, ui.lang()),
              shown=len(drawn), n=tested or len(drawn), **names),
            charts.slices(drawn, name, found.metric, found.unit, ui.scheme(), ui.lang(),
                          present=ui.presenting()),
            alt=t("where.slices.alt", n=len(drawn), first=name(drawn[0])),
            source=t("evaluate.board.source", dataset=ui.literal(view.b.dataset),
                     n=f"{found.n:,}", split=t(f"evaluate.split.{view.b.split}")),
            key="slices",
        )  # fmt: skip
    _table(view, found)
    _overlap(view, found)
    names_ = f"{found.a} {found.b}" if found.a else found.b
    ui.provenance(
        t("where.slices.chips", n=len(found.rows), date=view.b.created_at[:10]),
        f"assay slices {names_} --metric {shlex.quote(found.metric)} --json",
        t("where.slices.how", fewest=FEWEST),
    )


def _finding(found: Where, drawn: list[Sliced]) -> str:
    if not found.a:
        return t("where.slices.weakest", name=ui.literal(name(drawn[0])),
                 score=notation.number(drawn[0].value, found.unit, ui.lang()))  # fmt: skip
    worse = [row for row in drawn if row.verdict == "worse"]
    better = sum(row.verdict == "better" for row in found.rows)
    if not worse:
        return t("where.slices.none_worse", n=len(drawn), better=better)
    size = notation.size(worse[0].difference or 0.0, found.metric, found.unit, ui.lang())
    return t("where.slices.worse", n=len(worse), size=size, name=ui.literal(name(worse[0])))


def _table(view: View, found: Where) -> None:
    """All slices; one that is chosen leads to its examples."""
    columns = ("name", "n", "b", "interval") + (
        ("a", "difference", "difference_interval", "p", "verdict") if found.a else ()
    )
    config: dict[str, Any] = {
        "name": st.column_config.TextColumn(t("where.slices.column.name"), width="medium"),
        "b": st.column_config.TextColumn(view.b_name),
        "a": st.column_config.TextColumn(view.a_name),
    }
    for column in columns:
        if column not in config:
            config[column] = st.column_config.TextColumn(t(f"where.slices.column.{column}"))
    options: dict[str, Any] = {}
    if not ui.presenting():
        options = {"on_select": "rerun", "selection_mode": "single-row"}
    chosen = ui.table(
        [{column: cell for column, cell in _cells(found, row).items() if column in columns}
         for row in found.rows],
        key=f"slices-{found.b}-{found.a}-{found.metric}", column_config=config,
        height="content" if len(found.rows) <= 10 else TABLE_PIXELS,
        alt=t("where.slices.table_alt", n=len(found.rows)), **options,
    )  # fmt: skip
    if ui.presenting():
        return
    places = [place for place in chosen.selection.rows if place < len(found.rows)]
    if not places:
        st.caption(t("where.slices.choose"))
        return
    row = found.rows[places[0]]
    st.button(
        t("where.slices.show", n=f"{row.n:,}", name=ui.literal(name(row))), key="slices-show",
        icon=":material/table_rows:", on_click=_show, args=(key(row),),
    )  # fmt: skip


def _show(name_: str) -> None:
    state.set_choice("slice", name_)
    state.set_choice("show", "examples")


def _cells(found: Where, row: Sliced) -> dict[str, str]:
    language, unit = ui.lang(), found.unit
    few, short = t("where.slices.few", n=FEWEST), t("where.slices.short", n=ORDERS)
    untested = {"few": few, "short": short, "by_answer": t("where.slices.by_answer")}.get(
        row.why_untested or ""
    )
    no_test = t("where.slices.verdict.untested")
    return {
        "name": name(row),
        "n": f"{row.n:,}",
        "b": notation.number(row.value, unit, language),
        "interval": short if row.why_untested == "short" else few if row.low is None
        else notation.interval(row.low, row.high, unit, language),
        "a": notation.number(row.a, unit, language),
        "difference": notation.change(row.difference, unit, language),
        "difference_interval": untested or notation.interval(
            row.difference_low, row.difference_high, unit, language, sign=True),
        "p": no_test if untested else notation.p_value(row.p_corrected, language),
        "verdict": t(f"where.slices.verdict.{row.verdict or 'untested'}"),
    }  # fmt: skip


def _overlap(view: View, found: Where) -> None:
    """The score with and without what stands in the training split."""
    with st.container(gap="xxsmall"):
        if found.overlapping is None:
            st.subheader(t("where.overlap.unknown"), anchor=False)
            st.caption(t("where.overlap.unknown_words"))
            return
        values = {"n": f"{found.overlapping:,}", "total": f"{found.n:,}"}
        st.subheader(t(f"where.overlap.{'some' if found.overlapping else 'none'}", **values),
                     anchor=False)  # fmt: skip
        words = "own" if found.own else "other"
        said = [t(f"where.overlap.{words}", training=ui.literal(found.training),
                  b=ui.literal(view.b_name))]  # fmt: skip
        if found.unseen_share is not None:
            share = format.number(100 * found.unseen_share, 2, ui.lang())
            said.append(t("where.overlap.unseen", share=share))
        st.caption(" ".join(said))
    shown = {"no_overlap": found.row("no_overlap"), "overlap": found.row("overlap")}
    readings = [
        ui.Reading(
            t(f"where.slice.{kind}"), notation.number(row.value, found.unit, ui.lang()),
            "measured",
            None if row.low is None
            else notation.interval(row.low, row.high, found.unit, ui.lang()),
            t("where.overlap.n", n=f"{row.n:,}"),
        )
        for kind, row in shown.items() if row
    ]  # fmt: skip
    score = view.b.measured(found.metric)
    if readings and score:
        whole = ui.Reading(
            t("where.overlap.all"), notation.number(score.value, score.unit, ui.lang()), "measured",
            None if score.low is None
            else notation.interval(score.low, score.high, score.unit, ui.lang()),
            t("where.overlap.n", n=f"{score.n:,}"),
        )  # fmt: skip
        ui.readings([whole, *readings], key="overlap")
