"""When to retrain without being asked: the schedule of a dataset, and who carries it out."""

import time
from dataclasses import replace

import streamlit as st

from core.errors import RequestError
from core.text.format import day, minute
from core.update import schedule as store
from core.update.schedule import MOST_CORRECTIONS, Schedule
from core.update.who import name_of
from dashboard import state, ui
from dashboard.update_controls import settings

t = ui.t


def section(dataset: str) -> None:
    """What is scheduled, and the boxes to change it."""
    found = store.schedule_of(state.workspace(), dataset) if dataset else None
    st.subheader(
        t("update.schedule.some", when=words(found)) if found else t("update.schedule.none"),
        anchor=False,
    )
    st.markdown(t("update.schedule.honest"))
    if found:
        _happened(found)
    if dataset and not ui.presenting():
        _change(dataset, found)


def words(found: Schedule) -> str:
    """When it is due, in the reader's language."""
    parts = []
    if found.monthly_at is not None:
        parts.append(t("update.schedule.monthly", day=day(found.monthly_at)))
    if found.at_corrections is not None:
        parts.append(t("update.schedule.corrections", n=f"{found.at_corrections:,}"))
    if found.on_drift:
        parts.append(t("update.schedule.drift"))
    return t("update.schedule.joint").join(parts)


def _happened(found: Schedule) -> None:
    looked = t("update.schedule.looked", when=f"{minute(found.looked_at)} UTC") \
        if found.looked_at else t("update.schedule.never_looked")  # fmt: skip
    st.caption(looked)
    if found.started_at and found.job:
        st.caption(
            t("update.schedule.started", job=found.job, when=f"{minute(found.started_at)} UTC",
              reason=t(f"update.schedule.reason_{found.reason}"))
        )  # fmt: skip


def _change(dataset: str, found: Schedule | None) -> None:
    with ui.controls(key="schedule-controls"):
        st.checkbox(t("update.schedule.monthly_label"), bool(found and found.monthly),
                    key="schedule-monthly")  # fmt: skip
        st.number_input(
            t("update.schedule.corrections_label"), 0, MOST_CORRECTIONS,
            (found.at_corrections or 0) if found else 0, key="schedule-corrections", width=260,
        )  # fmt: skip
        st.checkbox(t("update.schedule.drift_label"), bool(found and found.on_drift),
                    key="schedule-drift")  # fmt: skip
        st.button(t("update.schedule.save"), key="schedule-save", icon=":material/event_repeat:",
                  on_click=_save, args=(dataset, found))  # fmt: skip
        if found:
            st.button(t("update.schedule.off"), key="schedule-off", on_click=_off, args=(dataset,))
    refusal = state.kept("schedule-refusal")
    if refusal:
        st.text(refusal)


def _save(dataset: str, found: Schedule | None) -> None:
    chosen = settings(draw=False)
    said = None
    try:
        made = Schedule(
            dataset, bool(state.current("schedule-monthly")),
            int(state.current("schedule-corrections") or 0) or None,
            bool(state.current("schedule-drift")), chosen.replay, chosen.margin, "quick",
            name_of(None), time.time(),
        )  # fmt: skip
        if found:
            made = replace(made, started_at=found.started_at, job=found.job, reason=found.reason)
        store.put(state.workspace(), made)
    except RequestError as error:
        said = str(error)
    state.keep("schedule-refusal", said)


def _off(dataset: str) -> None:
    said = None
    try:
        store.remove(state.workspace(), dataset)
    except RequestError as error:
        said = str(error)
    state.keep("schedule-refusal", said)
