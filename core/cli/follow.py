"""Start a job, tell how far it is, and wait for what it gives."""

from typing import Any

from core import run
from core.cli.common import say, say_job
from core.errors import WorkFailed
from core.jobs import runner
from core.workspace import Workspace


def result_of(workspace: Workspace, request: run.Request) -> dict[str, Any]:
    """The result of the job for a request, or of the active one that does the same.

    Raises:
        WorkFailed: It ended without one; the message says how.
    """
    job, _ = run.start(workspace, request)
    try:
        done = runner.follow(workspace, job.id, on_change=say_job)
    except KeyboardInterrupt:
        say(f"It goes on as {job.id}; `assay jobs cancel {job.id}` stops it.")
        raise
    if done.result is None:
        raise WorkFailed(f"The job {job.id} left no result; `assay jobs logs {job.id}` says more.")
    return done.result
