"""What a piece of work may say and ask while it runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.jobs.job import PAUSABLE
from core.jobs.store import JobStore
from core.workspace import Workspace


class Cancelled(BaseException):
    """Raised at the next safe point after somebody asked the job to stop."""


class Paused(BaseException):
    """Raised at the next safe point after somebody asked the job to pause.

    Attributes:
        reason: "asked", or "terminated" where the system asked the process to end.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Wishes:
    """What was asked of a job's worker; shared by a context and its parts."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.saving = False


class Context:
    """What a piece of work may say and ask while it runs."""

    def __init__(self, workspace: Workspace, job_id: str, store: JobStore) -> None:
        self.workspace = workspace
        self.job_id = job_id
        self._store = store
        self._wishes = _Wishes()

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
        self._wishes.stop.set()

    @property
    def stopping(self) -> bool:
        """Whether somebody asked the work to stop or to pause."""
        return self._wishes.stop.is_set()

    @property
    def pausing(self) -> bool:
        """Whether the work shall write a checkpoint and end.

        Somebody asked for it, or the system asked the process to end and it can be gone on with.
        """
        return self.stopping and self._asked() == "pause"

    @contextmanager
    def saving(self) -> Iterator[None]:
        """While the work writes checkpoints itself, a pause is raised by `rest` alone."""
        self._wishes.saving = True
        try:
            yield
        finally:
            self._wishes.saving = False

    def check(self) -> None:
        """A safe point.

        Raises:
            Cancelled: Somebody asked the work to stop.
            Paused: Somebody asked it to pause, and it is not in the middle of `saving`.
        """
        if not self.stopping:
            return
        if self._asked() == "cancel":
            raise Cancelled
        if not self._wishes.saving:
            self.rest()

    def rest(self) -> None:
        """A point where nothing is lost.

        Raises:
            Paused: Somebody asked the work to pause.
        """
        if self.pausing:
            raise Paused("asked" if self._store.requested(self.job_id) else "terminated")

    def _asked(self) -> str:
        asked = self._store.requested(self.job_id)
        if asked is None:
            asked = "pause" if self._store.get(self.job_id).kind in PAUSABLE else "cancel"
        return asked


class _Part(Context):
    """A stretch of another context's progress; everything else goes to that context."""

    def __init__(self, whole: Context, low: float, high: float) -> None:
        super().__init__(whole.workspace, whole.job_id, whole._store)
        self._wishes = whole._wishes
        self._whole, self._low, self._high = whole, low, high

    def report(self, progress: float | None, message: str, **values: Any) -> None:
        share = None if progress is None else self._low + progress * (self._high - self._low)
        self._whole.report(share, message, **values)
