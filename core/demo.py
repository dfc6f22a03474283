"""The guided example: what it does, step by step, and how far a demo job is.

Standard library only: the first page reads it.
"""

from dataclasses import dataclass

from core.jobs.job import Job
from core.jobs.store import JobStore
from core.workspace import Workspace

DATASET = "localise-de"
GENERAL = "general-de"
BASE = "starter-translate"
REPLAY_SHARE = 0.3
"""Share of everyday sentences among the training rows, so that not all of them are forgotten.

Tuned for 45 s with plain batches, BLEU on everyday sentences fell from 20.0 to 12.3 at 0.3, where
the task reached 69, and to 9.5 at 0.1, where it reached 98 (one seed, n = 300)."""
STEP_EVENT = "step"
"""Kind of the event that names a job of a step: {"step": name, "job": id}."""


@dataclass(frozen=True)
class DemoStep:
    """A step of the example: the page that shows it, and its usual share of the whole time."""

    name: str
    page: str
    share: float


STEPS = (
    DemoStep("data", "data", 0.05),
    DemoStep("train", "train", 0.70),
    DemoStep("evaluate", "evaluate", 0.12),
    DemoStep("attention", "attention", 0.06),
    DemoStep("decide", "strategy", 0.07),
)


@dataclass(frozen=True)
class Progress:
    """A step and how it stands: "open", "running", "done" or "failed"; and its jobs, in order."""

    step: DemoStep
    state: str
    jobs: tuple[Job, ...]


def progress(workspace: Workspace, demo: Job) -> tuple[Progress, ...]:
    """How far a demo job is, from the states of the jobs it started."""
    jobs: dict[str, list[Job]] = {step.name: [] for step in STEPS}
    with JobStore(workspace) as store:
        for event in store.events(demo.id, kind=STEP_EVENT):
            jobs[event.payload["step"]].append(store.get(event.payload["job"]))
    reached = [number for number, step in enumerate(STEPS) if jobs[step.name]]
    last = max(reached, default=-1)
    return tuple(
        Progress(step, _state(demo, jobs[step.name], number < last), tuple(jobs[step.name]))
        for number, step in enumerate(STEPS)
    )


def _state(demo: Job, jobs: list[Job], passed: bool) -> str:
    if not jobs:
        return "open"
    if passed or (demo.state == "succeeded"):
        return "done"
    if demo.active:
        return "running"
    return "failed"
