"""A training seen while it runs and afterwards: what it does now, its curves, its answers.

Everything is read from the store, every time: a reload, another tab or a new server sees the same.
"""

from collections.abc import Sequence

import streamlit as st

from core.charts import training as charts
from core.errors import NotFound
from core.evaluate import notation
from core.evaluate.metrics import metric
from core.jobs.job import Event, Job
from core.jobs.store import JobStore
from core.text.format import count, duration, number
from core.train.curve import Curve, curve
from core.train.progress import Left, Progress, progress
from core.train.runs import Run
from core.train.samples import samples
from dashboard import state, training_result, training_spent, ui

t = ui.t
LIVE_SECONDS, CURVES_SECONDS = 2, 5
"""The readings, and the curves: drawing these takes time from the training on the same machine."""
NARROW = 420
"""Pixels below which two figures stand under each other."""


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
    standing = progress(found, training_spent.assumed())
    if standing:
        ui.readings(_readings(found, standing))
    # Once it begins to say things, and once it ends, the answer of the page is another one.
    if state.ended("train", job) or state.changed(f"train-{job_id}", (job.state, bool(events))):
        st.rerun()


def _readings(found: Curve, standing: Progress) -> list[ui.Reading]:
    items = []
    if found.metrics:
        items.append(metric_reading(found))
    if found.last:
        items.append(training_result.loss_reading(found.last[1], found))
    speed = t("train.reading.speed_value", n=count(standing.step.tokens_per_second, ui.lang()))
    training = t("train.reading.train_loss", loss=f"{found.smoothed[-1][1]:.2f}")
    items.append(
        ui.Reading(t("train.reading.steps"), f"{standing.step.step:,}", "measured", speed, training,
                   help=t("train.reading.speed_n"))
    )  # fmt: skip
    if standing.left:
        items.append(_left(standing.left))
    return items


def _left(left: Left) -> ui.Reading:
    ends = [duration(value, ui.lang()) for value in (left.low, left.high)]
    around = ends[0] if ends[0] == ends[1] else "–".join(ends)
    return ui.Reading(
        t("train.reading.left"), training_result.left(left.seconds), "estimated", around,
        t("train.reading.left_n"), help=t("train.reading.left_help"),
    )  # fmt: skip


def metric_reading(found: Curve) -> ui.Reading:
    """The headline metric on the bounded validation sample, beside the base's."""
    name = found.metrics[0]
    scores = found.scores(name)
    (_, base), (look, row) = scores[0], scores[-1]
    unit, by = row["unit"], notation.factor(row["unit"])
    needle = None
    if row["low"] is not None:
        most = max(by * one["high"] for one in (base, row))
        needle = ui.Needle(
            by * row["value"], by * row["low"], by * row["high"], 0.0,
            100.0 if most <= 100 else most, by * base["value"] if base is not row else None,
            t("train.reading.score_base"),
        )  # fmt: skip
    return ui.Reading(
        t("train.reading.metric", metric=notation.title(name, ui.lang())),
        notation.number(row["value"], unit, ui.lang()), "measured",
        notation.interval(row["low"], row["high"], unit, ui.lang()),
        t("train.reading.metric_n", n=f"{row['n']:,}", step=f"{look.step:,}"), needle,
    )  # fmt: skip


def evidence(job_id: str, run: Run | None) -> None:
    """The curves, what the model answers, what it took; again and again where it still runs."""
    st.fragment(_evidence, run_every=None if run else CURVES_SECONDS)(job_id, run)


def _evidence(job_id: str, run: Run | None) -> None:
    job, events = events_of(job_id)
    found = curve(events)
    if not found.training:
        return
    if found.metrics:
        grid = st.grid(2, min_column_width=NARROW, gap="medium", key="curves")
        with grid.cell():
            _losses(job_id, run, found)
        with grid.cell():
            _metric(job_id, found)
    else:
        _losses(job_id, run, found)
    if run:
        training_result.caveats(run, found)
    _samples(events)
    _small(job_id, found)
    training_spent.readings(found, job.request if job else {}, run)


def _losses(job_id: str, run: Run | None, found: Curve) -> None:
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


def _metric(job_id: str, found: Curve) -> None:
    name = found.metrics[0]
    sentence = metric_finding(found, name)
    row = found.scores(name)[-1][1]
    ui.chart(
        sentence,
        t("train.metric.plotted", metric=notation.title(name, ui.lang()), n=f"{row['n']:,}"),
        charts.metric(found, name, ui.scheme(), ui.lang(), present=ui.presenting()),
        alt=t("train.metric.alt", finding=sentence),
        source=t("train.curve.source", job=job_id) + " · " + ui.literal(row["signature"]),
        key="metric",
    )


def metric_finding(found: Curve, name: str) -> str:
    """What a metric did on the validation sample, and whether the intervals are apart."""
    scores = found.scores(name)
    first, last = scores[0][1], scores[-1][1]
    if len(scores) == 1:
        said = "one"
    elif None in (first["low"], last["low"]) or (
        first["low"] <= last["high"] and last["low"] <= first["high"]
    ):
        said = "overlap"
    else:
        higher = last["value"] > first["value"]
        said = "better" if higher == metric(name).higher_is_better else "worse"
    return t(
        f"train.metric.{said}",
        metric=notation.title(name, ui.lang()),
        first=notation.number(first["value"], first["unit"], ui.lang()),
        last=notation.number(last["value"], last["unit"], ui.lang()),
    )


def _small(job_id: str, found: Curve) -> None:
    """Learning rate and gradient norm, side by side."""
    rate = charts.rate(found, ui.scheme(), ui.lang(), present=ui.presenting())
    norm = charts.norm(found, ui.scheme(), ui.lang(), present=ui.presenting())
    grid = st.grid(2, min_column_width=NARROW, gap="medium", key="small-curves")
    peak = max((row.learning_rate or 0.0 for row in found.steps), default=0.0)
    norms = [row.grad_norm for row in found.steps if row.grad_norm is not None]
    source = t("train.curve.source", job=job_id)
    if rate:
        with grid.cell():
            said = t("train.rate.finding", peak=number(peak, 2),
                     now=number(found.steps[-1].learning_rate or 0.0, 2))  # fmt: skip
            ui.chart(said, t("train.rate.plotted"), rate, alt=said, source=source, key="rate")
    if norm:
        with grid.cell():
            said = t("train.norm.finding", now=number(norms[-1], 2), most=number(max(norms), 2))
            ui.chart(said, t("train.norm.plotted"), norm, alt=said, source=source, key="norm")


def _samples(events: Sequence[Event]) -> None:
    """Each example with its answers, step by step, where the answer changed."""
    rows = []
    for example, sample in enumerate(samples(events), start=1):
        before = None
        for step, said in sample.answers.items():
            if said != before:
                rows.append(
                    {
                        t("train.samples.example"): example,
                        t("train.samples.step"): step,
                        t("train.samples.answer"): said,
                        t("train.samples.reference"): sample.reference,
                        t("train.samples.input"): sample.input,
                    }
                )
            before = said
    if rows:
        st.subheader(t("train.samples.title"), anchor=False)
        st.caption(t("train.samples.words"))
        ui.table(rows, key="samples", height=ui.height(len(rows)))
