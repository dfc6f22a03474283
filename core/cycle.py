"""Where a workspace stands in the life cycle: the state of each stage, and what to do next.

Standard library only, so that the first page opens at once.
"""

from dataclasses import dataclass
from typing import Any

from core.data.dataset import Dataset, list_datasets
from core.evaluate.store import Evaluation, list_evaluations
from core.jobs import runner
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.pipeline import STAGES, Stage
from core.train.runs import Run, list_runs
from core.update import feedback
from core.update.learn import learnable
from core.update.slice import slice_of
from core.update.standing import corrections
from core.workspace import Workspace

Values = dict[str, Any]

JOB_STAGES = {
    "import": "collect",
    "train": "train",
    "evaluate": "evaluate",
    "update": "update",
}
"""Kinds of job that move a stage; a server under way is a stage that is done."""


@dataclass(frozen=True)
class Station:
    """A stage and how it stands.

    Attributes:
        stage: Which.
        state: "done", "running", "due" (the next thing to do) or "open" (not begun).
        note: Key of the text under its name, with `values`.
    """

    stage: Stage
    state: str
    note: str
    values: Values


@dataclass(frozen=True)
class Step:
    """What to do next: the texts `overview.next.NAME.*`, the page where it is done, its stage."""

    name: str
    page: str
    stage: str | None
    values: Values


@dataclass(frozen=True)
class Cycle:
    """A workspace at a glance.

    Attributes:
        stations: The six stages in order.
        step: What to do next.
        active: Jobs under way, newest first.
        demo: The newest demo job, whatever its state; None = never started.
        dataset: The newest dataset with something to learn, or None.
        run: The newest run that succeeded, or None.
    """

    stations: tuple[Station, ...]
    step: Step
    active: tuple[Job, ...]
    demo: Job | None
    dataset: Dataset | None
    run: Run | None

    @property
    def subject(self) -> str | None:
        """The dataset that the first page is about: the newest run's, else the newest."""
        if self.run:
            return self.run.dataset
        return self.dataset.name if self.dataset else None


@dataclass(frozen=True)
class _Found:
    dataset: Dataset | None
    runs: list[Run]
    evaluations: list[Evaluation]
    active: tuple[Job, ...]
    serving: Job | None
    planned: bool
    updates: int
    waiting: int
    accepted: int


def look(workspace: Workspace) -> Cycle:
    """Look at everything the workspace holds."""
    runner.reconcile(workspace)
    with JobStore(workspace) as store:
        jobs = store.jobs()
    found = _find(workspace, jobs)
    step = _step(found)
    stations = tuple(_station(stage, found, step) for stage in STAGES)
    demo = next((job for job in jobs if job.kind == "demo"), None)
    return Cycle(stations, step, found.active, demo, found.dataset, next(iter(found.runs), None))


def _find(workspace: Workspace, jobs: list[Job]) -> _Found:
    runs = [run for run in list_runs(workspace) if run.state == "succeeded"]
    datasets = list_datasets(workspace)
    # Everyday sentences are there to measure forgetting, held-out corrections to judge updates:
    # from neither a task is learnt.
    own = [row for row in datasets if not row.name.startswith("general-") and not slice_of(row)]
    given = feedback.entries(workspace)
    return _Found(
        dataset=next(iter(own), None),
        runs=runs,
        evaluations=[row for row in list_evaluations(workspace) if row.kind == "model"],
        active=tuple(job for job in jobs if job.active),
        serving=next((job for job in jobs if job.active and job.kind == "serve"), None),
        planned=any(job.kind == "plan" and job.state == "succeeded" for job in jobs),
        updates=sum(job.kind == "update" and job.state == "succeeded" for job in jobs),
        waiting=sum(row.state == "new" for row in given),
        accepted=len(learnable(corrections(given))),
    )


def _step(found: _Found) -> Step:
    """The first thing that is missing, in the order of the cycle."""
    if found.dataset is None:
        return Step("start", "data", "collect", {})
    learning = next((job for job in found.active if job.kind in ("train", "update")), None)
    if learning:
        return Step("watch", "train", None, {"run": learning.request["run"]})
    if not found.runs:
        return Step("train", "train", "train", {"dataset": found.dataset.name})
    run = found.runs[0]
    if found.accepted:
        return Step("retrain", "update", "update", {"n": found.accepted})
    if found.waiting:
        return Step("judge", "update", "update", {"n": found.waiting})
    if not found.planned:
        return Step("plan", "strategy", None, {"run": run.run})
    if found.serving is None:
        return Step("deploy", "deploy", "deploy", {"run": run.run})
    return Step("review", "evaluate", "evaluate", {"run": run.run})


def _station(stage: Stage, found: _Found, step: Step) -> Station:
    note, values = _note(stage.name, found)
    under_way = [job for job in found.active if JOB_STAGES.get(job.kind) == stage.name]
    if under_way:
        progress = under_way[0].progress
        if progress is None:
            return Station(stage, "running", "running", {})
        return Station(stage, "running", "share", {"share": progress})
    if step.stage == stage.name and step.name != "review":
        return Station(stage, "due", note or "due", values)
    return Station(stage, "done" if note else "open", note or "open", values)


def _note(stage: str, found: _Found) -> tuple[str | None, Values]:
    """What a stage has to show; None = nothing yet."""
    if stage == "collect" and found.dataset:
        return "rows", {"n": found.dataset.rows}
    if stage == "prepare" and found.dataset:
        report = found.dataset.report
        removed = report.get("duplicates_removed", 0) + report.get("leaks_removed", 0)
        if removed:
            return "removed", {"n": removed}
        return "split", {"n": found.dataset.splits.get("test", 0)}
    if stage == "train" and found.runs:
        return "runs", {"n": len(found.runs)}
    if stage == "evaluate" and found.evaluations:
        return "evaluated", {"n": len(found.evaluations)}
    if stage == "deploy" and found.serving:
        return "serving", {}
    if stage == "update":
        if found.accepted:
            return "accepted", {"n": found.accepted}
        if found.waiting:
            return "waiting", {"n": found.waiting}
        if found.updates:
            return "updated", {"n": found.updates}
    return None, {}
