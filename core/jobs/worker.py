"""The process that does one job: `python -m core.jobs.worker WORKSPACE JOB`."""

import importlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import AssayError, Busy, is_full
from core.jobs.context import Cancelled, Context, Paused
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.workspace import Workspace

HEARTBEAT_SECONDS = 5

Work = Callable[[dict[str, Any], Context], dict[str, Any]]
"""A piece of work: JSON request and context in, JSON result out."""


def main(root: str, job_id: str) -> int:
    """Run one job to its end and write down how it ended."""
    workspace = Workspace.open(root)
    with JobStore(workspace) as store:
        context = Context(workspace, job_id, store)
        signal.signal(signal.SIGTERM, lambda *_: context.stop())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if not store.claim(job_id, os.getpid()):
            return 0
        job = store.get(job_id)
        beat = _Beat(workspace, job)
        beat.start()
        try:
            if store.requested(job_id):  # before there was a process to signal
                context.stop()
            context.check()
            module, function = (job.target or "").split(":")
            work: Work = getattr(importlib.import_module(module), function)
            result = work(job.request, context)
            beat.stop()
            store.finish(job_id, "succeeded", result=result)
        except Cancelled:
            beat.stop()
            store.finish(job_id, "cancelled", reason="asked")
        except Paused as pause:
            beat.stop()
            store.finish(job_id, "paused", reason=pause.reason)
        except Exception as error:
            traceback.print_exc()
            beat.stop()
            reason = reason_of(error)
            words = (
                str(error) if isinstance(error, AssayError) else _sentence(job_id, error, reason)
            )
            store.finish(job_id, "failed", reason=reason, error=words)
            return 1
    return 0


def reason_of(error: Exception) -> str:
    """The word for an error, of `core.jobs.job.REASONS`."""
    if isinstance(error, AssayError):
        return error.reason
    if isinstance(error, OSError) and is_full(error.errno):
        return "disk_full"
    # By name: torch is not imported here, and every library has an OutOfMemoryError of its own.
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"MemoryError", "OutOfMemoryError"} or "can't allocate memory" in str(error):
        return "out_of_memory"
    return "unexpected"


ADVICE = {
    "disk_full": "The disk is full; free some space, then resume the job.",
    "out_of_memory": "Memory ran out; close other programs, or use a smaller model or batch.",
}


def _sentence(job_id: str, error: Exception, reason: str) -> str:
    first = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
    log = f"The whole story is in `assay jobs logs {job_id}`."
    if reason in ADVICE:
        return f"{ADVICE[reason]} ({type(error).__name__}: {first}) {log}"
    return f"The work stopped with an unexpected {type(error).__name__}: {first} {log}"


class _Beat:
    """Beats in a thread of its own, however long a step takes; a clock that is set changes nothing.

    Args:
        workspace: Of the job.
        job: As it was claimed.
    """

    def __init__(self, workspace: Workspace, job: Job) -> None:
        self._workspace, self._job = workspace, job
        self._began = time.monotonic()
        self._end = threading.Event()

    def start(self) -> None:
        """Begin to beat."""
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Beat once more, with the whole time, and no more."""
        self._end.set()
        with JobStore(self._workspace) as store:
            self._beat(store)

    def _run(self) -> None:
        with JobStore(self._workspace) as store:
            while not self._end.is_set():
                try:
                    self._beat(store)
                except Busy:
                    traceback.print_exc()  # somebody holds the database; the next beat will tell
                self._end.wait(HEARTBEAT_SECONDS)

    def _beat(self, store: JobStore) -> None:
        ran = self._job.ran_seconds + time.monotonic() - self._began
        store.heartbeat(self._job.id, round(ran, 3))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.exit(main(*sys.argv[1:3]))
