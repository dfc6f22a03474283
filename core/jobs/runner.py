"""Start, watch and stop jobs. Each job is a process of its own that outlives whoever started it.

The parent takes a kernel lock on the job's lock file and hands the open file to the worker. The
lock lives as long as the worker does and falls with it, however it dies: "is it alive?" is a
question to the kernel, never to a process number that may have been used again.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from core.errors import WorkFailed
from core.jobs.job import Event, Job
from core.jobs.store import JobStore
from core.workspace import Workspace

GRACE_SECONDS = 20
"""From asking a worker to stop until it is killed."""


def submit(
    workspace: Workspace,
    kind: str,
    target: str,
    request: dict[str, Any],
    same: dict[str, Any] | None = None,
) -> tuple[Job, bool]:
    """Start a job, or find the active one that does the same.

    Args:
        workspace: Where it lives.
        kind: What sort of work ("train").
        target: "package.module:function", imported in the worker only.
        request: JSON fields for the function.
        same: The fields that make it the same work; None means all of them.

    Returns:
        The job, and whether it is new.
    """
    reconcile(workspace)
    with JobStore(workspace) as store:
        job, new = store.add(kind, request, same)
        if new:
            _launch(workspace, store, job, target)
        return store.get(job.id), new


def _launch(workspace: Workspace, store: JobStore, job: Job, target: str) -> None:
    folder = workspace.job(job.id)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock.new").open("w") as lock, (folder / "log.txt").open("ab") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Locked before it has its name: whoever finds the file unlocked knows that the worker died.
        (folder / "lock.new").rename(folder / "lock")
        try:
            # A program of this package, an argument list, no shell: nothing of the user's is run.
            child = subprocess.Popen(
                [sys.executable, "-m", "core.jobs.worker", str(workspace.root), job.id, target],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock.fileno(),),
                start_new_session=True,
                env=_environment(),
            )
        except OSError as error:
            store.finish(job.id, "failed", error=f"The worker could not be started: {error}.")
            return
    # A parent that lives long must take note of the end, or a zombie stays behind.
    threading.Thread(target=child.wait, daemon=True).start()


def _environment() -> dict[str, str]:
    """The parent's environment, with this code on the path and the Hub's chatter off."""
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        # With two threads libgomp spins and collapses when a neighbour uses a core.
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }


def alive(workspace: Workspace, job_id: str) -> bool:
    """Whether the job's worker exists: it holds the lock."""
    path = workspace.job(job_id) / "lock"
    try:
        file: IO[str] = path.open("r+")
    except FileNotFoundError:
        return False
    with file:
        try:
            # Shared, so that two who ask at once do not take each other for the worker.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def reconcile(workspace: Workspace) -> None:
    """Bring the store in line with the world: the dead are lost, the stubborn are killed."""
    with JobStore(workspace) as store:
        for job in store.jobs(active=True):
            asked_at = store.cancel_requested_at(job.id)
            if alive(workspace, job.id):
                if asked_at and time.time() - asked_at > GRACE_SECONDS and job.pid:
                    _signal(job.pid, signal.SIGKILL)
            elif not (workspace.job(job.id) / "lock").exists():
                # Added a moment ago by another process that has not launched it yet.
                if time.time() - job.created_at > GRACE_SECONDS:
                    store.finish(job.id, "lost", error="It was never started; start it again.")
            elif asked_at:
                store.finish(job.id, "cancelled")
            else:
                store.finish(
                    job.id,
                    "lost",
                    error="The worker ended without a word (killed, or the machine ran out of "
                    "memory or power); what it had saved is safe. Start it again.",
                )


def cancel(workspace: Workspace, job_id: str) -> Job:
    """Ask a job to stop; it is killed if it has not after GRACE_SECONDS (at the next look)."""
    with JobStore(workspace) as store:
        if store.get(job_id).active:
            store.request_cancel(job_id)
            # Read again: a worker that has started since does not know of the request.
            job = store.get(job_id)
            if job.pid and alive(workspace, job_id):
                _signal(job.pid, signal.SIGTERM)
    reconcile(workspace)
    with JobStore(workspace) as store:
        return store.get(job_id)


def _signal(pid: int, number: int) -> None:
    """Signal the worker's whole group: it started a session of its own."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return  # it ended by itself in the meantime, which is what was wanted


def follow(
    workspace: Workspace,
    job_id: str,
    *,
    on_change: Callable[[Job], None] | None = None,
    on_event: Callable[[Event], None] | None = None,
    interval_seconds: float = 0.2,
) -> Job:
    """Wait until a job ends, telling of changes and events as they come.

    Raises:
        WorkFailed: It failed, was cancelled or was lost; the message says which and why.
    """
    seen, last = 0, None
    with JobStore(workspace) as store:
        while True:
            job = store.get(job_id)
            if on_event:
                for event in store.events(job_id, after=seen):
                    seen = event.sequence
                    on_event(event)
            state = (job.state, job.progress, job.message, job.values)
            if on_change and state != last:
                on_change(job)
                last = state
            if not job.active:
                break
            reconcile(workspace)
            time.sleep(interval_seconds)
    if job.state == "succeeded":
        return job
    if job.state == "cancelled":
        raise WorkFailed(f"Job {job_id} was cancelled.")
    raise WorkFailed(job.error or f"Job {job_id} ended as {job.state}.")
