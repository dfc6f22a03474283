"""Ask for jobs, watch them, stop, pause and resume them."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

from core.errors import BadInput, WorkFailed
from core.jobs import host
from core.jobs.job import PAUSABLE, RESUMABLE, Event, Job
from core.jobs.launch import alive, dispatched, launch, send, wake
from core.jobs.store import JobStore
from core.workspace import Workspace

GRACE_SECONDS = 20
"""From asking a worker to stop until it is killed; a pause waits for a checkpoint instead."""
SILENT_SECONDS = 20
"""Four beats: a worker that gave no sign for longer, and exists, does not respond."""


def submit(
    workspace: Workspace,
    kind: str,
    target: str,
    request: dict[str, Any],
    same: dict[str, Any] | None = None,
) -> tuple[Job, bool]:
    """Queue a job, or find the active one that does the same.

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
        job, new = store.add(kind, request, same, target)
        if new:
            _start(workspace, store, job)
        return store.get(job.id), new


def _start(workspace: Workspace, store: JobStore, job: Job) -> None:
    """See that a queued job starts when its turn has come; one that takes no place, at once."""
    if job.slotted:
        wake(workspace)
        return
    child = launch(workspace, store, job)
    if child:
        # A parent that lives long must take note of the end, or a zombie stays behind.
        threading.Thread(target=_note, args=(workspace, job.id, child), daemon=True).start()


def _note(workspace: Workspace, job_id: str, child: subprocess.Popen[bytes]) -> None:
    status = child.wait()
    with JobStore(workspace) as store:
        store.exited(job_id, status)


def reconcile(workspace: Workspace, *, dispatching: bool = False) -> bool:
    """Bring the store in line with the world: the dead are lost, the stubborn are killed.

    Args:
        workspace: Whose.
        dispatching: The dispatcher asks, which knows how its workers ended; for all others its word
            is waited for, while there is one.

    Returns:
        Whether jobs were waiting with nobody to start them (after a restart of the machine): a
        dispatcher was started for them.
    """
    with JobStore(workspace) as store:
        for job in store.jobs(active=True):
            if alive(workspace, job.id):
                asked = store.asked_seconds(job.id)
                stop = asked is not None and job.cancelling and asked > GRACE_SECONDS
                if stop:
                    send(job, signal.SIGKILL)
            elif job.state == "queued" and not job.launched and job.slotted and job.target:
                continue  # it waits for its turn
            elif not (workspace.job(job.id) / "lock").exists():
                # Added by another process that starts it in this moment, or did not live to.
                if time.time() - job.created_at > GRACE_SECONDS:
                    store.finish(job.id, "lost", reason="not_started",
                                 error="It was never started; start it again.")  # fmt: skip
            elif dispatching or not job.slotted or not dispatched(workspace):
                _bury(store, job.id)
    return False if dispatching else wake(workspace)


def _bury(store: JobStore, job_id: str) -> None:
    """Write down that a job's worker is gone; read afresh, for it may have ended well just now."""
    job = store.get(job_id)
    if not job.active:
        return
    asked = store.requested(job_id)
    if asked == "cancel":
        store.finish(job_id, "cancelled", reason="asked")
        return
    reason, words = _death(job, store.memory_killed(job_id))
    store.finish(job_id, "lost", reason=reason, error=words)


def _death(job: Job, memory_killed: bool) -> tuple[str, str]:
    """Why a worker is gone, as a reason and a sentence with what to do."""
    safe = f"What it had saved is safe; `assay jobs resume {job.id}` goes on from there."
    if job.boot is not None and job.boot != host.boot_id():
        return "machine_restarted", f"The machine was restarted while it ran. {safe}"
    if job.state == "queued":
        return "not_started", (
            f"The worker ended before it began; `assay jobs logs {job.id}` may say why. {safe}"
        )
    less = ("If it was memory, clone the job with a smaller batch_size or max_input_tokens, or "
            "from a smaller base.")  # fmt: skip
    if memory_killed:
        return "out_of_memory", (
            "The worker ended without a word, and the system killed a process because memory had "
            f"run out. {safe} {less}"
        )
    status = job.exit_status or 0
    how = f" (killed with signal {-status})" if status < 0 else ""
    return "killed", (
        f"The worker ended without a word{how}: somebody killed it, or the machine ran out of "
        f"memory or power. {safe} {less}"
    )


def silent_seconds(workspace: Workspace, job: Job) -> float | None:
    """For how long a worker that exists has not responded; None = it does, or it is not there.

    It was stopped (SIGSTOP), or the machine is too busy to let it run.
    """
    if job.state != "running" or job.beat is None or job.boot != host.boot_id():
        return None
    silent = host.uptime() - job.beat
    return silent if silent > SILENT_SECONDS and alive(workspace, job.id) else None


def cancel(workspace: Workspace, job_id: str) -> Job:
    """Ask a job to stop; it is killed if it has not after GRACE_SECONDS (at the next look).

    A job that ended is left as it is.
    """
    with JobStore(workspace) as store:
        job = store.get(job_id)
        if job.state == "paused":
            store.finish(job_id, "cancelled", reason="asked")
        elif job.active and not store.withdraw(job_id, "cancelled"):
            _ask(workspace, store, job_id, "cancel")
    reconcile(workspace)
    with JobStore(workspace) as store:
        return store.get(job_id)


def pause(workspace: Workspace, job_id: str) -> Job:
    """Ask a job to write a checkpoint and leave its place to the next; a paused one stays so.

    Raises:
        BadInput: It has ended, or its kind leaves no checkpoints.
    """
    with JobStore(workspace) as store:
        job = store.get(job_id)
        if job.active and not store.withdraw(job_id, "paused"):
            if job.kind not in PAUSABLE:
                raise BadInput(
                    f"{job_id} is of kind {job.kind} and leaves no checkpoint to go on from; only "
                    f"{' and '.join(PAUSABLE)} can be paused. `assay jobs cancel {job_id}` ends it."
                )
            _ask(workspace, store, job_id, "pause")
        elif not job.active and job.state != "paused":
            raise BadInput(f"{job_id} {_ended(job)}; there is nothing to pause.")
    reconcile(workspace)
    with JobStore(workspace) as store:
        return store.get(job_id)


def resume(workspace: Workspace, job_id: str) -> Job:
    """Queue a paused, failed or lost job again; it goes on from its last checkpoint.

    One that is under way already is left as it is.

    Raises:
        BadInput: It succeeded or was cancelled, or an older Assay queued it.
        Busy: The same work is under way as another job.
    """
    reconcile(workspace)
    with JobStore(workspace) as store:
        job = store.get(job_id)
        if not job.active:
            if job.state not in RESUMABLE or job.target is None:
                raise BadInput(
                    f"{job_id} {_ended(job)}; only {', '.join(RESUMABLE)} jobs can be resumed. "
                    f"`assay jobs clone {job_id}` starts the same work anew."
                )
            if store.requeue(job_id):
                _start(workspace, store, store.get(job_id))
        return store.get(job_id)


def _ended(job: Job) -> str:
    if job.target is None and job.state in RESUMABLE:
        return "was queued by an older Assay"
    return f"was {job.state}" if job.state in ("cancelled", "lost") else f"has {job.state}"


def _ask(workspace: Workspace, store: JobStore, job_id: str, what: str) -> None:
    store.request(job_id, what)
    # Read again: a worker that has started since does not know of the request.
    job = store.get(job_id)
    if alive(workspace, job_id):
        send(job, signal.SIGTERM)


def follow(
    workspace: Workspace,
    job_id: str,
    *,
    on_change: Callable[[Job], None] | None = None,
    on_event: Callable[[Event], None] | None = None,
    interval_seconds: float = 0.2,
) -> Job:
    """Wait until a job ends or pauses, telling of changes and events as they come.

    Raises:
        WorkFailed: It failed, was cancelled, paused or lost; the message says which and why.
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
    if job.state == "paused":
        raise WorkFailed(f"Job {job_id} was paused; `assay jobs resume {job_id}` goes on with it.")
    raise WorkFailed(job.error or f"Job {job_id} ended as {job.state}.")
