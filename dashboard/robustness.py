"""How the score falls as inputs are disturbed, and what the model then says."""

import shlex

import streamlit as st

from core.charts import where as charts
from core.data.dataset import Dataset
from core.evaluate import notation
from core.evaluate.robustness import Point, Robustness, list_robustness
from core.run import RobustnessRequest, start
from core.text.format import fixed
from dashboard import data_gate, state, ui
from dashboard.contest import View

t = ui.t

LIMIT = 200
"""Examples of a test that the page begins: each is answered about twenty times."""


def section(view: View) -> None:
    """The newest test of the model on these data; or how to make one."""
    found = [made for made in list_robustness(state.workspace(), view.b.dataset)
             if made.model == view.b.model]  # fmt: skip
    dataset = data_gate.scored_on(view.b)
    if not found:
        ui.empty(t("where.robustness.empty", b=ui.literal(view.b_name)),
                 t("where.robustness.empty_words"))  # fmt: skip
        if dataset and not ui.presenting():
            _begin(view, dataset)
        return
    made = _choose(found)
    _readings(made)
    worst = made.weakest()
    values = {
        "name": t(f"where.disturbance.{worst.disturbance}"),
        "share": f"{100 * worst.strength:.0f} %",
        "size": notation.size(worst.difference or 0.0, made.metric, made.unit, ui.lang()),
    }
    key = "few" if worst.p_corrected is None else "worst" if worst.decided else "firm"
    ui.chart(
        t(f"where.robustness.{key}", **values),
        t("where.robustness.plotted", metric=notation.title(made.metric, ui.lang())),
        charts.robustness(made, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("where.robustness.alt", **values),
        source=t("evaluate.board.source", dataset=ui.literal(made.dataset), n=f"{made.n:,}",
                 split=t(f"evaluate.split.{made.split}")),
        key="robustness",
    )  # fmt: skip
    unchanged = [name for name in made.disturbances if made.curve(name)[-1].changed == 0]
    if unchanged:
        names = ", ".join(t(f"where.disturbance.{name}") for name in unchanged)
        st.markdown(f"{ui.mark('risk')} {t('where.robustness.unchanged', names=names)}")
    if "truncation" in made.disturbances:
        st.caption(t("where.robustness.truncation"))
    _tables(made)
    ui.provenance(
        t("where.robustness.chips", n=f"{made.n:,}", metric=notation.title(made.metric, ui.lang()),
          date=made.created_at[:10]),
        f"assay robustness {made.dataset}@{made.data_version} --model {shlex.quote(made.model)} "
        f"--split {made.split} --limit {made.n} --metric {shlex.quote(made.metric)} --json",
        t("where.robustness.how", signature=made.signature),
    )  # fmt: skip
    if dataset and not ui.presenting():
        _begin(view, dataset, again=True)


def _choose(found: list[Robustness]) -> Robustness:
    names = {made.name: made for made in found}
    if ui.presenting() or len(names) == 1:
        return found[0]
    chosen = state.choose(
        t("where.robustness.which"), "robustness", list(names), key="robustness-which",
        show=lambda one: t("where.robustness.option", name=one, n=f"{names[one].n:,}",
                           date=names[one].created_at[:10]),
    )  # fmt: skip
    return names[chosen or found[0].name]


def _begin(view: View, dataset: Dataset, *, again: bool = False) -> None:
    """The button for a test as a job; the same test is never made twice."""
    if view.b.kind != "model":
        st.markdown(t("where.robustness.no_model"))
        return
    most = LIMIT if dataset.splits.get(view.b.split, 0) > LIMIT else None
    request = RobustnessRequest(dataset.title, view.b.model, (), None, view.b.split, most)
    label = t("where.robustness.again" if again else "where.robustness.begin")
    clicked = (
        st.button(label, key="robustness-again", icon=":material/water:") if again
        else ui.action(label, key="robustness", icon=":material/water:")
    )  # fmt: skip
    if clicked:
        start(state.workspace(), request)
        st.rerun()


def _readings(made: Robustness) -> None:
    """The clean score, and what each disturbance costs at its strongest."""
    language = ui.lang()
    clean = made.clean
    items = [
        ui.Reading(
            t("where.robustness.clean"), notation.number(clean.value, made.unit, language),
            "measured",
            None if clean.low is None
            else notation.interval(clean.low, clean.high, made.unit, language),
            t("where.overlap.n", n=f"{made.n:,}"),
        )
    ]  # fmt: skip
    strongest = [made.curve(name)[-1] for name in made.disturbances]
    strongest.sort(key=lambda point: abs(point.difference or 0.0), reverse=True)
    items += [_lost(made, point) for point in strongest[:3]]
    ui.readings(items, key="robustness-readings")


def _lost(made: Robustness, point: Point) -> ui.Reading:
    language = ui.lang()
    low, high = point.difference_low, point.difference_high
    return ui.Reading(
        t("where.robustness.at", name=t(f"where.disturbance.{point.disturbance}"),
          share=f"{100 * point.strength:.0f} %"),
        notation.change(point.difference, made.unit, language), "measured",
        None if low is None else notation.interval(low, high, made.unit, language, sign=True),
        notation.p_value(point.p_corrected, language),
    )  # fmt: skip


def _tables(made: Robustness) -> None:
    column, language = st.column_config, ui.lang()
    if made.shown:
        st.subheader(t("where.robustness.shown"), anchor=False)
        ui.table(
            [{"disturbance": t(f"where.disturbance.{one['disturbance']}"),
              **{key: one[key] for key in ("before", "clean_answer", "after", "answer")}}
             for one in made.shown],
            key="robustness-shown", alt=t("where.robustness.shown"),
            column_config={
                key: column.TextColumn(t(f"where.robustness.column.{key}"))
                for key in ("disturbance", "before", "clean_answer", "after", "answer")
            },
        )  # fmt: skip
    with st.expander(t("common.table_behind")):
        keys = ("disturbance", "strength", "changed", "score", "interval", "difference",
                "difference_interval", "p")  # fmt: skip
        ui.table(
            [_cells(made, point, language) for point in made.points], key="robustness-points",
            column_config={key: column.TextColumn(t(f"where.robustness.column.{key}"))
                           for key in keys},
        )  # fmt: skip


def _cells(made: Robustness, point: Point, language: str) -> dict[str, str]:
    name = t(f"where.disturbance.{point.disturbance or 'clean'}")
    cells = {
        "disturbance": name,
        "strength": f"{100 * point.strength:.0f} %",
        "changed": f"{fixed(100 * point.changed, 0, language)} %",
        "score": notation.number(point.value, made.unit, language),
        "interval": notation.interval(point.low, point.high, made.unit, language),
    }
    if not point.disturbance:
        return cells
    return cells | {
        "difference": notation.change(point.difference, made.unit, language),
        "difference_interval": notation.interval(
            point.difference_low, point.difference_high, made.unit, language, sign=True),
        "p": notation.p_value(point.p_corrected, language),
    }  # fmt: skip
