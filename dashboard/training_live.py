"""A training seen while it runs and afterwards: what it does now, the losses, sample answers."""

from collections.abc import Sequence

import streamlit as st

from core.charts import training as charts
from core.errors import NotFound
from core.jobs.job import Event, Job
from core.jobs.store import JobStore
from core.text.format import count
from core.train.curve import Curve, curve, samples
from core.train.runs import Run
from dashboard import state, training_result, ui

t = ui.t
LIVE_SECONDS = 2


def active() -> Job | None:
    """The training under way: the one that computes, else the first that waits."""
    with JobStore(state.workspace()) as store:
        found = store.jobs("train", active=True)
    return next((job for job in found if job.state == "running"), found[-1] if found else None)


def events_of(job_id: str) -> tuple[Job | None, list[Event]]:
    """A job and what it said; None and nothing where the workspace does not know it."""
    with JobStore(state.workspace()) as store:
        try:
            return store.get(job_id), store.events(job_id)
        except NotFound:
            return None, []


def now(job_id: str) -> None:
    """What the job does and the readings, again and again until it ends."""
    st.fragment(_now, run_every=LIVE_SECONDS)(job_id)


def _now(job_id: str) -> None:
    job, events = events_of(job_id)
    if job is None:
        return
    ui.job_card(job)
    found = curve(events)
    if found.training:
        ui.readings(_readings(found, job.values.get("left_seconds")))
    # Once it begins to say things, and once it ends, the answer of the page is another one.
    if state.ended("train", job) or state.changed(f"train-{job_id}", (job.state, bool(events))):
        st.rerun()


def _readings(found: Curve, left_seconds: float | None) -> list[ui.Reading]:
    step, loss = found.smoothed[-1]
    training = t("train.reading.train_loss", loss=f"{loss:.2f}")
    items = []
    if found.last:
        items.append(training_result.loss_reading(found.last[1], found))
    speed = t("train.reading.speed_value", n=count(found.tokens_per_second, ui.lang()))
    items += [
        ui.Reading(t("train.reading.steps"), f"{step:,}", "measured", None, training),
        ui.Reading(t("train.reading.speed"), speed, "measured", None, t("train.reading.speed_n")),
    ]
    if left_seconds is not None:
        items.append(ui.Reading(
            t("train.reading.left"), training_result.left(left_seconds), "estimated",
            help=t("train.reading.left_help"),
        ))  # fmt: skip
    return items


def evidence(job_id: str, run: Run | None) -> None:
    """The losses and what the model answers; again and again where there is no run yet."""
    st.fragment(_evidence, run_every=None if run else LIVE_SECONDS)(job_id, run)


def _evidence(job_id: str, run: Run | None) -> None:
    _, events = events_of(job_id)
    found = curve(events)
    if not found.training:
        return
    sentence = training_result.finding(found)
    kept = run.training.get("kept_step") if run else None
    ui.chart(
        sentence,
        t("train.curve.plotted"),
        charts.losses(found, ui.scheme(), ui.lang(), kept_step=kept, present=ui.presenting()),
        alt=t("train.curve.alt", steps=f"{found.training[-1][0]:,}", finding=sentence),
        source=t("train.curve.source", job=job_id),
        key="losses",
    )
    if run:
        training_result.caveats(run, found)
    _samples(events)


def _samples(events: Sequence[Event]) -> None:
    rows = samples(events)
    if not rows:
        return
    step = f"{rows[0].step:,}"
    st.subheader(t("train.samples.title", step=step), anchor=False)
    st.caption(t("train.samples.words"))
    ui.table(
        [
            {
                t("train.samples.input"): row.input,
                t("train.samples.reference"): row.reference,
                t("train.samples.before"): row.before,
                t("train.samples.now", step=step): row.now,
            }
            for row in rows
        ],
        key="samples",
    )
