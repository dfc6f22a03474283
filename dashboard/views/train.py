"""Train: what will it take, and is it learning?"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.data.dataset import Dataset, list_datasets
from core.jobs.job import Job
from core.train.again import request_of
from core.train.curve import curve
from core.train.plan import unfit
from core.train.runs import Run, list_runs
from dashboard import (
    state,
    training_again,
    training_detail,
    training_export,
    training_form,
    training_live,
    training_result,
    training_runs,
    ui,
)

t = ui.t


def render() -> None:
    """Draw the page."""
    workspace = state.workspace()
    runs, active = list_runs(workspace), training_live.active()
    datasets = {row.name: row for row in list_datasets(workspace)}
    # A dataset with runs comes first: the newest may be one that a run brought along.
    first = [_dataset_of(active)] if active else []
    names = [
        n for n in dict.fromkeys([*first, *(r.dataset for r in runs), *datasets]) if n in datasets
    ]
    chosen = state.chosen("dataset", names)
    if chosen is None:
        _no_data()
        training_runs.section(runs, None)
        return
    dataset, mine = datasets[chosen], [run for run in runs if run.dataset == chosen]
    live = active if active and _dataset_of(active) == chosen else None
    begun = [str(live.request["run"])] if live else []
    shown = state.chosen("run", list(dict.fromkeys([*begun, *(run.run for run in mine)])))
    run = next((run for run in mine if run.run == shown), None)
    if shown not in begun:
        live = None
    if live is None and run and run.state == "running":
        live, _ = training_live.events_of(run.job)  # part of another job, an update
    _top(dataset, run, live)
    if active and active is not live and not ui.presenting():
        _elsewhere(active)
    if not ui.presenting():
        training_form.form(dataset, names, again=bool(mine))
    if live:
        training_live.evidence(live.id, None)
        training_detail.batch(_asked(live))
        training_detail.log(live.id, live=True)
    elif run:
        training_live.evidence(run.job, run)
        training_detail.replay(run, mine)
        training_detail.batch(request_of(run))
        training_detail.log(run.job, live=False)
        _onward(run)
    else:
        ui.empty(t("train.empty.title", dataset=ui.literal(chosen)), t("train.empty.words"))
    training_runs.section(runs, shown)


def _dataset_of(job: Job) -> str:
    return str(job.request["dataset"]).partition("@")[0]


def _asked(job: Job) -> dict[str, Any]:
    """What a job's request says of its plan; an update names its run as the base."""
    kept = ("dataset", "base", "preset", "method", "settings", "replay_share", "general")
    usual = {"method": "full", "replay_share": 0.0, "general": None}
    return {**usual, **{name: job.request[name] for name in kept if name in job.request}}


def _top(dataset: Dataset, run: Run | None, live: Job | None) -> None:
    """Title, answer and readings."""
    marks = ["synthetic"] if dataset.synthetic else []
    if live:
        answer = _live_answer(live, dataset)
        ui.header("common.page.train", t("train.question"), answer, marks=marks)
        training_live.now(live.id)
    elif run:
        _ended(run, marks)
    else:
        _first(dataset, marks)


def _no_data() -> None:
    ui.header("common.page.train", t("train.question"), t("train.answer.no_data"))
    ui.empty(t("train.empty.no_data_title"), t("train.empty.no_data"))
    if not ui.presenting() and ui.action(
        t("train.empty.no_data_action"), key="get-data", icon=":material/arrow_forward:"
    ):
        st.switch_page(state.page("data"), query_params=state.link({}))


def _first(dataset: Dataset, marks: Sequence[str]) -> None:
    """Nothing was trained on this dataset yet: what it would take."""
    plan = training_form.plan_first(dataset)
    said = {"dataset": ui.literal(dataset.name), "rows": f"{dataset.splits['train']:,}"}
    if unfit(state.workspace(), dataset):
        answer = t("train.answer.unfit", **said)
    elif plan and plan.seconds:
        answer = t("train.answer.ready", time=training_form.time_of(plan), **said)
    else:
        answer = t("train.answer.ready_unknown", **said)
    ui.header("common.page.train", t("train.question"), answer, marks=marks)
    if plan:
        training_result.plan_readings(plan)
        training_result.plan_provenance(plan)


def _ended(run: Run, marks: Sequence[str]) -> None:
    job, events = training_live.events_of(run.job)
    found = curve(events)
    answer = training_result.answer(run, found)
    ui.header("common.page.train", t("train.question"), answer, marks=marks)
    training_result.readings(run, found)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        training_result.provenance(run)
        training_export.button(run)
    if job and job.state in ("paused", "failed", "lost", "cancelled"):
        ui.job_card(job)


def _live_answer(job: Job, dataset: Dataset) -> str:
    if job.state == "queued":
        key = "waiting"
    else:
        key = "running" if training_live.events_of(job.id)[1] else "scoring_base"
    rows = f"{dataset.splits['train']:,}"
    return t(f"train.answer.{key}", run=ui.literal(job.request["run"]), rows=rows)


def _elsewhere(job: Job) -> None:
    """Another run is training than the one that is shown."""
    name = str(job.request["run"])
    st.page_link(
        state.page("train"), label=t("train.runs.training", run=ui.literal(name)),
        query_params=state.link({"run": name, "dataset": _dataset_of(job)}),
        icon=":material/progress_activity:",
    )  # fmt: skip


def _onward(run: Run) -> None:
    """Where to go from a run: its settings again, its answers, its attention."""
    if ui.presenting():
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        training_again.button(run)
        link = state.link({"dataset": run.dataset, "run": run.run, "model": run.run})
        for page in ("evaluate", "attention"):
            st.page_link(state.page(page), label=t(f"train.runs.{page}"), query_params=link,
                         icon=":material/arrow_forward:")  # fmt: skip
