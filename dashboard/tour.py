"""The guided tour on the first page: the demo's five steps, how each stands, and where to look."""

import time

import streamlit as st

from core.data.dataset import open_dataset
from core.demo import DATASET, DemoStep, Progress, progress
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.run import DemoRequest, start
from core.text.format import duration, fixed
from core.train.runs import Run, open_run
from core.units import SECONDS_PER_DAY
from dashboard import state, ui

t = ui.t
SHOWN_SECONDS = SECONDS_PER_DAY
"""The tour stays for a day after the demo ended."""
ICONS = {
    "done": ":material/check_circle:",
    "running": ":material/progress_activity:",
    "open": ":material/radio_button_unchecked:",
    "failed": ":material/cancel:",
}


def begin() -> None:
    """Start the demo, or find the one that is running (for a button's callback)."""
    state.keep("tour-closed", None)
    start(state.workspace(), DemoRequest())


def banner() -> None:
    """Draw the tour while the demo runs and after it, until the reader closes it.

    Made to be a fragment: the rest of the page is drawn again when a step begins or ends.
    """
    with JobStore(state.workspace()) as store:
        demo = next(iter(store.jobs(kind="demo", limit=1)), None)
    if demo is None or state.kept("tour-closed") == demo.id or _old(demo):
        return
    steps = progress(state.workspace(), demo)
    if state.changed("tour", (demo.id, demo.state, [one.state for one in steps])):
        st.rerun()
    with st.container(border=True, gap="small", key="tour"):
        st.markdown(f"**{_headline(demo, steps)}**")
        if demo.active:
            st.progress(demo.progress or 0.0)
        run = _run(steps)
        grid = st.grid(len(steps), min_column_width=190, gap="small", key="tour-steps")
        for number, one in enumerate(steps, 1):
            with grid.cell(), st.container(gap="xxsmall"):
                _step(number, one, run)
        if demo.active:
            st.caption(t("common.goes_on"))
        elif not ui.presenting():
            with st.container(horizontal=True):
                st.button(t("overview.demo.again"), on_click=begin, key="tour-again")
                st.button(t("overview.demo.close"), on_click=state.keep, key="tour-close",
                          args=("tour-closed", demo.id))  # fmt: skip


def _old(demo: Job) -> bool:
    return demo.ended_at is not None and time.time() - demo.ended_at > SHOWN_SECONDS


def _headline(demo: Job, steps: tuple[Progress, ...]) -> str:
    if demo.state == "succeeded":
        return t("overview.demo.done")
    if not demo.active:
        return t("overview.demo.failed", error=ui.literal(demo.error or t(f"job.{demo.state}")))
    number = max((i for i, one in enumerate(steps, 1) if one.jobs), default=1)
    what = t(demo.message) if demo.message else t("job.queued")
    return t("overview.demo.running", number=number, total=len(steps), what=what)


def _step(number: int, one: Progress, run: Run | None) -> None:
    name = t(f"overview.step.{one.step.name}.name")
    st.markdown(f"{ICONS[one.state]} {number}. **{name}** · {t(f'overview.state.{one.state}')}")
    done = _outcome(one.step, run) if one.state == "done" else None
    st.caption(done or t(f"overview.step.{one.step.name}.open"))
    if one.state == "done":
        values = {"dataset": DATASET}
        if run and one.step.name != "data":
            values |= {"run": run.run, "model": run.run}
        st.page_link(
            state.page(one.step.page), label=name, icon=":material/arrow_forward:",
            query_params=state.link(values),
        )  # fmt: skip


def _run(steps: tuple[Progress, ...]) -> Run | None:
    """The run that the demo trained, once it has."""
    for one in steps:
        if one.step.name == "train" and one.state == "done":
            return open_run(state.workspace(), one.jobs[0].request["run"])
    return None


def _outcome(step: DemoStep, run: Run | None) -> str | None:
    """What a finished step found, in one line; None where there is nothing to count."""
    key = f"overview.step.{step.name}.done"
    if step.name == "data":
        return t(key, n=open_dataset(state.workspace(), DATASET).rows)
    if step.name in ("attention", "decide"):
        return t(key)
    if run is None:
        return None
    if step.name == "train":
        return t(key, steps=run.steps or 0, time=duration(run.train_seconds, ui.lang()))
    tuned = next(iter(run.scores), None)
    base = next(iter(run.base_scores), None)
    if tuned is None or base is None:
        return None
    return t(key, tuned=fixed(tuned["value"]), base=fixed(base["value"]))
