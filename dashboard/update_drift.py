"""The drift panel: what moved and what that may mean, each alarm with a picture and requests."""

import streamlit as st

from core.charts import drift as charts
from core.errors import RequestError
from core.run import DriftRequest, start
from core.text.format import day, minute
from core.update import drift_words
from core.update.drift import Drift
from core.update.drift_looks import Report
from dashboard import state, ui

t = ui.t

DAYS, MOST_DAYS = 30.0, 3650.0


def section(dataset: str, report: Report | None, serving: str | None) -> None:
    """The last look, and the button for the next one; `serving`: the champion, if there is one."""
    if not ui.presenting():
        _look(dataset)
    if report is None:
        ui.empty(t("drift.page.finding_none"), t("drift.page.none_words"))
        return
    if serving not in (None, report.run):
        st.markdown(
            f"{ui.mark('risk')} "
            + t("drift.page.stale", run=ui.literal(report.run), serving=ui.literal(serving))
        )
    if report.tested:
        _effects(report)
    else:
        st.subheader(drift_words.answer(report, ui.lang()), anchor=False)
    for row in report.alarms:
        _alarm(row, report)
    _table(report)


def _look(dataset: str) -> None:
    with ui.controls(key="drift-controls"):
        state.set_number(t("drift.page.since"), "since", DAYS, 1.0, MOST_DAYS)
        st.button(t("drift.page.look"), key="drift-look", icon=":material/troubleshoot:",
                  help=t("drift.page.look_help"), on_click=_start, args=(dataset,),
                  disabled=not dataset)  # fmt: skip
    refusal = state.kept("drift-refusal")
    if refusal:
        st.text(refusal)


def _start(dataset: str) -> None:
    said = None
    try:
        start(state.workspace(), DriftRequest(dataset, state.number("since", DAYS, 1.0, MOST_DAYS)))
    except RequestError as error:
        said = str(error)
    state.keep("drift-refusal", said)


def _effects(report: Report) -> None:
    names = [drift_words.name(row, ui.lang()) for row in report.alarms]
    ui.chart(
        ui.literal(drift_words.answer(report, ui.lang())),
        t("drift.page.plotted"),
        charts.effects(report, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("drift.page.alt", n=report.tested, alarms=", ".join(names) or "–"),
        source=t("drift.page.source", n=f"{report.n_live:,}", since=day(report.since),
                 data=ui.literal(report.data), run=ui.literal(report.run)),
        key="drift-effects",
    )  # fmt: skip
    st.caption(drift_words.strictness(report, ui.lang()))


def _alarm(row: Drift, report: Report) -> None:
    with st.container(key=f"drift-alarm-{row.name}"):
        st.markdown(ui.mark("risk"))
        reference, live = drift_words.both(row, ui.lang())
        ui.chart(
            drift_words.sentence(row, ui.lang(), ui.literal),
            f"{drift_words.evidence(row, ui.lang())} {drift_words.meaning(row, ui.lang())} "
            + t("drift.page.mix" if row.kind == "category" else "drift.page.curve"),
            charts.moved(row, ui.scheme(), ui.lang(), present=ui.presenting()),
            alt=t("drift.page.curve_alt", feature=drift_words.name(row, ui.lang()), live=live,
                  reference=reference),
            source=t("drift.page.source", n=f"{row.n_live:,}", since=day(report.since),
                     data=ui.literal(report.data), run=ui.literal(report.run)),
            key=f"drift-{row.name}",
        )  # fmt: skip
        if row.examples and not ui.presenting():
            _examples(row)


def _examples(row: Drift) -> None:
    st.caption(t("drift.page.examples"))
    if all(one.text is None for one in row.examples):
        st.caption(t("drift.page.no_texts"))
    ui.table(
        [
            {"id": one.id, "at": minute(one.at), "text": one.text or "",
             "value": drift_words.shown(row, one.value, ui.lang())}
            for one in row.examples
        ],
        key=f"drift-examples-{row.name}", alt=t("drift.page.examples"),
        column_config={name: t(f"drift.column.{name}") for name in ("id", "at", "value", "text")},
    )  # fmt: skip


def _table(report: Report) -> None:
    st.subheader(t("drift.page.table"), anchor=False)
    columns = ("feature", "reference", "live", "effect", "interval", "p", "n", "alarm")
    ui.table(
        [_cells(row) for row in report.drifts], key="drift-table", alt=t("drift.page.table"),
        column_config={name: t(f"drift.column.{name}") for name in columns},
    )  # fmt: skip


def _cells(row: Drift) -> dict[str, str]:
    reference, live = drift_words.both(row, ui.lang())
    return {
        "feature": drift_words.name(row, ui.lang()), "reference": reference, "live": live,
        "effect": drift_words.effect(row, ui.lang()),
        "interval": drift_words.interval(row, ui.lang()),
        "p": drift_words.p_value(row, ui.lang()), "n": f"{row.n_live:,}",
        "alarm": t("drift.column.alarm") if row.alarm else "",
    }  # fmt: skip
