"""The process that does one job: `python -m core.jobs.worker WORKSPACE JOB TARGET`."""

import fcntl
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

from core.errors import AssayError
from core.jobs.store import JobStore
from core.workspace import Workspace

HEARTBEAT_SECONDS = 5
SLOTS = 1
"""Jobs that may compute at once: a machine's memory and cores are not divided well by chance."""
UNSLOTTED = ("serve", "demo", "check")
"""Kinds that mostly wait (for requests, for other jobs), and so take no slot."""


class Cancelled(BaseException):
    """Raised at the next safe point after somebody asked the job to stop."""


class Context:
    """What a piece of work may say and ask while it runs."""

    def __init__(self, workspace: Workspace, job_id: str, store: JobStore) -> None:
        self.workspace = workspace
        self.job_id = job_id
        self._store = store
        self._stop = threading.Event()

    def report(self, progress: float | None, message: str, **values: Any) -> None:
        """Say how far the work is (0 to 1, None = unknown) and what it does (a text key)."""
        self.check()
        self._store.say(self.job_id, progress, message, values)

    def part(self, low: float, high: float) -> "Context":
        """A context for one part of the work: its 0 to 1 is this one's `low` to `high`."""
        return _Part(self, low, high)

    def event(self, kind: str, **payload: Any) -> None:
        """Append an event: a training step, a score, a sample."""
        self._store.add_event(self.job_id, kind, payload)

    def stop(self) -> None:
        """Ask the work to end at its next safe point (the handler of SIGTERM)."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether somebody asked the work to stop."""
        return self._stop.is_set()

    def check(self) -> None:
        """A safe point.

        Raises:
            Cancelled: Somebody asked the work to stop.
        """
        if self.stopping:
            raise Cancelled


class _Part(Context):
    """A stretch of another context's progress; everything else goes to that context."""

    def __init__(self, whole: Context, low: float, high: float) -> None:
        super().__init__(whole.workspace, whole.job_id, whole._store)
        self._stop = whole._stop
        self._whole, self._low, self._high = whole, low, high

    def report(self, progress: float | None, message: str, **values: Any) -> None:
        share = None if progress is None else self._low + progress * (self._high - self._low)
        self._whole.report(share, message, **values)


Work = Callable[[dict[str, Any], Context], dict[str, Any]]
"""A piece of work: JSON request and context in, JSON result out."""


def main(root: str, job_id: str, target: str) -> int:
    """Run one job to its end and write down how it ended."""
    workspace = Workspace.open(root)
    with JobStore(workspace) as store:
        context = Context(workspace, job_id, store)
        signal.signal(signal.SIGTERM, lambda *_: context.stop())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        job = store.get(job_id)
        try:
            slot = None if job.kind in UNSLOTTED else _take_slot(workspace, context, store)
            if not store.claim(job_id, os.getpid()):
                return 0
            if store.cancel_requested_at(job_id):  # before there was a process to signal
                context.stop()
            context.check()
            threading.Thread(target=_beat, args=(workspace, job_id), daemon=True).start()
            module, function = target.split(":")
            work: Work = getattr(importlib.import_module(module), function)
            result = work(job.request, context)
            store.finish(job_id, "succeeded", result=result)
        except Cancelled:
            store.finish(job_id, "cancelled")
            return 0
        except AssayError as error:
            traceback.print_exc()
            store.finish(job_id, "failed", error=str(error))
            return 1
        except Exception as error:
            traceback.print_exc()
            store.finish(job_id, "failed", error=_sentence(job_id, error))
            return 1
        del slot
    return 0


def _sentence(job_id: str, error: Exception) -> str:
    first = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
    return (
        f"The work stopped with an unexpected {type(error).__name__}: {first} "
        f"The whole story is in `assay jobs logs {job_id}`."
    )


def _take_slot(workspace: Workspace, context: Context, store: JobStore) -> object:
    """Wait for a place among the jobs that compute; the kernel frees it when this process ends."""
    while True:
        for number in range(SLOTS):
            file = (workspace.root / "jobs" / f"slot-{number}").open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
            else:
                return file
        context.check()
        if store.cancel_requested_at(context.job_id):
            context.stop()
        time.sleep(0.2)


def _beat(workspace: Workspace, job_id: str) -> None:
    """Beat in a thread of its own, however long a step takes."""
    with JobStore(workspace) as store:
        while True:
            store.heartbeat(job_id)
            time.sleep(HEARTBEAT_SECONDS)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.exit(main(*sys.argv[1:4]))
