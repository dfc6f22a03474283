"""Train: what will it take, and is it learning?"""

from collections.abc import Sequence

import streamlit as st

from core.data.dataset import Dataset, list_datasets
from core.jobs.job import Job
from core.train.curve import curve
from core.train.runs import Run, list_runs
from dashboard import state, training_export, training_form, training_live, training_result, ui

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
        return
    dataset, mine = datasets[chosen], [run for run in runs if run.dataset == chosen]
    shown = state.chosen("run", [run.run for run in mine])
    run = next((run for run in mine if run.run == shown), None)
    live = active if active and _dataset_of(active) == chosen else None
    if live is None and run and run.state == "running":
        live, _ = training_live.events_of(run.job)  # part of another job, an update
    marks = ["synthetic"] if dataset.synthetic else []
    if live:
        ui.header(
            "common.page.train", t("train.question"), _live_answer(live, dataset), marks=marks
        )
        training_live.now(live.id)
    elif run:
        _ended(run, marks)
    else:
        _first(dataset, marks)
    if not ui.presenting():
        training_form.form(dataset, names, again=bool(mine))
    if live:
        training_live.evidence(live.id, None)
    elif run:
        training_live.evidence(run.job, run)
    else:
        ui.empty(t("train.empty.title", dataset=ui.literal(chosen)), t("train.empty.words"))
    _runs(chosen, mine)


def _dataset_of(job: Job) -> str:
    return str(job.request["dataset"]).partition("@")[0]


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
    if plan and plan.seconds:
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


def _runs(dataset: str, runs: list[Run]) -> None:
    """Every run on the dataset, which one is shown, and where to go from it."""
    if not runs:
        return
    key = "title_one" if len(runs) == 1 else "title"
    st.subheader(t(f"train.runs.{key}", n=len(runs), dataset=ui.literal(dataset)), anchor=False)
    ui.table(training_result.table(runs), key="runs")
    if ui.presenting():
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        shown = state.choose(
            t("train.runs.shown"), "run", [run.run for run in runs], key="train-run"
        )
        link = state.link({"dataset": dataset, "run": shown or "", "model": shown or ""})
        for page, label in (("evaluate", "evaluate"), ("attention", "attention")):
            st.page_link(state.page(page), label=t(f"train.runs.{label}"), query_params=link,
                         icon=":material/arrow_forward:")  # fmt: skip
