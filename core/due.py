"""Start what the schedules of a workspace ask for; the jobs do the work."""

import time
from dataclasses import dataclass

from core.errors import NotFound
from core.jobs.store import JobStore
from core.run import DriftRequest, start, start_update
from core.update import feedback
from core.update.drift_looks import newest
from core.update.learn import learnable
from core.update.reference import served_run
from core.update.schedule import LOOK_SECONDS, Schedule, claim, due, looked, schedules, started
from core.update.served import models_of
from core.update.standing import corrections
from core.update.teach import learners
from core.update.traffic_read import requests
from core.workspace import Workspace


@dataclass(frozen=True)
class Started:
    """A job that a schedule started: "update" or "drift", and why ("look" for the latter)."""

    dataset: str
    kind: str
    reason: str
    job: str


def carry_out(workspace: Workspace, now: float | None = None) -> list[Started]:
    """Start what the schedules of a workspace ask for, and say what that was."""
    at = time.time() if now is None else now
    found = []
    for schedule in schedules(workspace):
        looked(workspace, schedule.dataset, at)
        if _busy(workspace, schedule.dataset):
            continue
        made = _drift(workspace, schedule, at) or _update(workspace, schedule, at)
        if made:
            found.append(made)
    return found


def _busy(workspace: Workspace, dataset: str) -> bool:
    with JobStore(workspace) as store:
        return any(
            job.request.get("dataset") == dataset
            for kind in ("update", "drift") for job in store.jobs(kind=kind, active=True)
        )  # fmt: skip


def _update(workspace: Workspace, schedule: Schedule, at: float) -> Started | None:
    waiting = ready(workspace, schedule.dataset)
    last = newest(workspace, schedule.dataset) if schedule.on_drift else None
    drifted_at = last.at if last and last.alarms else None
    reason = due(schedule, at, waiting, drifted_at)
    try:
        base = served_run(workspace, schedule.dataset).run
    except NotFound:
        return None  # no run is left to go on from; the page says so where it is looked for
    if reason is None or not claim(workspace, schedule, at, reason):
        return None
    job, _, _ = start_update(
        workspace, schedule.dataset, base=base, preset=schedule.preset, replay=schedule.replay,
        margin=schedule.margin,
    )  # fmt: skip
    started(workspace, schedule.dataset, job.id)
    return Started(schedule.dataset, "update", reason, job.id)


def ready(workspace: Workspace, dataset: str) -> int:
    """How many accepted corrections the next update would learn."""
    found = feedback.entries(workspace, "accepted", learners(workspace, dataset))
    return len(learnable(corrections(found)))


def _drift(workspace: Workspace, schedule: Schedule, at: float) -> Started | None:
    """Look at drift once a day, if there is traffic that was not looked at."""
    if not schedule.on_drift:
        return None
    last = newest(workspace, schedule.dataset)
    if last and at - last.at < LOOK_SECONDS:
        return None
    since = last.until if last else None
    if not requests(workspace, models_of(workspace, schedule.dataset), since, most=1):
        return None
    try:
        served_run(workspace, schedule.dataset)
    except NotFound:
        return None
    job, _ = start(workspace, DriftRequest(schedule.dataset))
    return Started(schedule.dataset, "drift", "look", job.id)
