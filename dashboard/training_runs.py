"""All runs of the workspace: open one, lay several over each other, see what differs, do again."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.charts import runs as charts
from core.evaluate import notation
from core.evaluate.metrics import METRICS
from core.evaluate.metrics import metric as find_metric
from core.record import hash_json
from core.train.again import differences
from core.train.curve import Curve, curve
from core.train.overlay import AXES, LOSS, points
from core.train.runs import Run
from dashboard import state, training_live, training_result, ui

t = ui.t
OVERLAID = "runs"
"""The parameter of the URL that names the runs that are laid over each other."""
MOST_CHARACTERS = 60


def section(runs: Sequence[Run], shown: str | None) -> None:
    """The list of runs, and what is selected in it."""
    if not runs:
        return
    key = "title_one" if len(runs) == 1 else "title"
    st.subheader(t(f"train.runs.{key}", n=f"{len(runs):,}"), anchor=False)
    names = [run.run for run in runs]
    several = state.several(OVERLAID, names)
    _table(runs, several or [name for name in names if name == shown])
    if len(several) > 1:
        chosen = [next(run for run in runs if run.run == name) for name in several]
        _overlay(chosen)
        _differences(chosen)


def _table(runs: Sequence[Run], selected: Sequence[str]) -> None:
    """Sortable, literal; selecting one opens it, several are laid over each other."""
    names = [run.run for run in runs]
    st.caption(t("train.runs.words", most=charts.MOST))
    # Another list of runs is another table: rows are selected by their number.
    key = f"runs-{hash_json(names)[:12]}"
    columns = _columns(runs)
    formats = {
        t("train.runs.score"): st.column_config.NumberColumn(format="%.1f"),
        t("train.runs.took"): st.column_config.NumberColumn(format="%.0f"),
    }
    options: dict[str, Any] = {}
    if not ui.presenting():
        rows = [names.index(name) for name in selected]
        options = {
            "on_select": lambda: _selected(key, runs),
            "selection_mode": "multi-row",
            "selection_default": {"selection": {"rows": rows}},
        }
    ui.table(columns, key=key, column_config=formats,
             height=ui.height(len(runs)), **options)  # fmt: skip


def _columns(runs: Sequence[Run]) -> dict[str, list[Any]]:
    heads = [training_result.headline(run) for run in runs]
    lang = ui.lang()
    states = {name: t(f"train.row.{name}") for name in {run.state for run in runs}}
    return {
        t("train.runs.run"): [run.run for run in runs],
        t("train.runs.data"): [f"{run.dataset}@{run.data_version[:8]}" for run in runs],
        t("train.runs.base"): [run.base for run in runs],
        t("train.runs.method"): [run.method for run in runs],
        t("train.runs.state"): [states[run.state] for run in runs],
        t("train.runs.metric"): [notation.title(a["metric"], lang) if a else "" for a, _ in heads],
        t("train.runs.score"): [
            notation.factor(a["unit"]) * a["value"] if a else None for a, _ in heads
        ],
        t("train.runs.interval"): [
            notation.interval(a["low"], a["high"], a["unit"], lang) if a else "" for a, _ in heads
        ],
        t("train.runs.base_score"): [
            notation.number(b["value"], b["unit"], lang) if b else "" for _, b in heads
        ],
        t("train.runs.took"): [run.train_seconds for run in runs],
        t("train.runs.date"): [run.created_at[:16].replace("T", " ") for run in runs],
    }


def _selected(key: str, runs: Sequence[Run]) -> None:
    """One row: open it. More: lay them over each other. None: as without a choice."""
    chosen = [runs[row] for row in state.table_rows(key) if row < len(runs)]
    state.set_several(OVERLAID, [run.run for run in chosen] if len(chosen) > 1 else [])
    if len(chosen) == 1:
        state.set_choice("run", chosen[0].run)
        state.set_choice("dataset", chosen[0].dataset)


def _overlay(runs: Sequence[Run]) -> None:
    curves = {run.run: curve(training_live.events_of(run.job)[1]) for run in runs[: charts.MOST]}
    told = {name for each in curves.values() for name in each.metrics}
    whats = [LOSS, *(row.name for row in METRICS if row.name in told)]
    what, by = _axes(whats)
    drawn = [name for name, each in curves.items() if points(each, what, by)]
    if not drawn:
        st.markdown(f"{ui.mark('empty')} {t('train.overlay.nothing')}")
        return
    sentence = _leader(curves, what, by)
    plotted = t("train.overlay.plotted", what=_named(what), by=t(f"train.overlay.by_{by}"))
    if len(runs) > charts.MOST:
        plotted += " " + t("train.overlay.first", most=charts.MOST, n=len(runs))
    ui.chart(
        sentence, plotted,
        charts.overlay(curves, what, by, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("train.overlay.alt", n=len(drawn), finding=sentence),
        source=t("train.overlay.source", runs=ui.literal(", ".join(drawn))), key="overlay",
    )  # fmt: skip
    command = f"assay runs curves {' '.join(curves)} --of {what} --by {by} --json"
    st.code(f"{command}\nassay runs diff {' '.join(run.run for run in runs)} --json",
            language=None, wrap_lines=True)  # fmt: skip


def _axes(whats: list[str]) -> tuple[str, str]:
    """What is drawn, and against what."""
    if ui.presenting():
        return whats[-1] if len(whats) < 2 else whats[1], "step"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        what = st.segmented_control(
            t("train.overlay.what"), whats, default=whats[0], required=True, key="overlay-what",
            format_func=_named,
        )  # fmt: skip
        by = st.segmented_control(
            t("train.overlay.against"), list(AXES), default="step", required=True,
            key="overlay-by", format_func=lambda name: t(f"train.overlay.axis_{name}"),
        )  # fmt: skip
    return str(what), str(by)


def _named(what: str) -> str:
    return t("train.reading.loss") if what == LOSS else notation.title(what, ui.lang())


def _leader(curves: dict[str, Curve], what: str, by: str) -> str:
    """Which run ended best, and by how much: on different rows this is no test."""
    ends = {
        name: found[-1][1] for name, each in curves.items() if (found := points(each, what, by))
    }
    higher = what != LOSS and bool(find_metric(what).higher_is_better)
    order = sorted(ends, key=lambda name: ends[name], reverse=higher)

    def value(name: str) -> str:
        if what == LOSS:
            return f"{ends[name]:.2f}"
        unit = next(row["unit"] for _, row in curves[name].scores(what))
        return notation.number(ends[name], unit, ui.lang())

    if len(order) == 1:
        return t("train.overlay.alone", run=ui.literal(order[0]), what=_named(what),
                 value=value(order[0]))  # fmt: skip
    alike = value(order[0]) == value(order[-1]) or _overlap(curves, what, order)
    key = "alike" if alike else "leader"
    return t(f"train.overlay.{key}", run=ui.literal(order[0]), what=_named(what),
             value=value(order[0]), last=ui.literal(order[-1]), other=value(order[-1]))  # fmt: skip


def _overlap(curves: dict[str, Curve], what: str, order: Sequence[str]) -> bool:
    """Whether the last intervals of the first and the last have a part in common."""
    if what == LOSS:
        return False  # it has none
    ends = [curves[name].scores(what)[-1][1] for name in (order[0], order[-1])]
    lows, highs = [row["low"] for row in ends], [row["high"] for row in ends]
    return None not in (*lows, *highs) and max(lows) <= min(highs)


def _differences(runs: Sequence[Run]) -> None:
    """What the runs were made from, where they are not all the same."""
    found = differences(runs)
    if not found:
        st.subheader(t("train.differs.same", n=len(runs)), anchor=False)
        return
    key = "title_one" if len(found) == 1 else "title"
    st.subheader(t(f"train.differs.{key}", n=len(found)), anchor=False)
    st.caption(t("train.differs.words"))
    columns: dict[str, list[str]] = {t("train.differs.setting"): list(found)}
    for number, run in enumerate(runs):
        columns[run.run] = [_value(values[number]) for values in found.values()]
    ui.table(columns, key="differences")


def _value(value: object) -> str:
    text = t("train.differs.none") if value is None else str(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
