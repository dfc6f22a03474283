"""What a job is: a row of the store, and its states.

queued ──> running ──> succeeded
   │          ├──────> failed      the work raised; the message says what and what is safe
   ├──────────┼──────> cancelled   somebody asked
   └──────────┴──────> lost        the worker died without a word (killed, power, memory)
"""

from dataclasses import dataclass
from typing import Any

ACTIVE = ("queued", "running")
FINISHED = ("succeeded", "failed", "cancelled", "lost")


@dataclass(frozen=True)
class Job:
    """One row of the store.

    Attributes:
        id: "j-" and eight hex digits.
        kind: What sort of work, as `core.run.KINDS` names it.
        request: The request's fields.
        state: One of ACTIVE or FINISHED.
        progress: Share done, 0 to 1; None where it is not known.
        message: Key of the text that says what it is doing ("job.train.step"), or None.
        values: The values that text takes.
        error: One sentence, for a job that failed or was lost.
        result: What the work returned.
        cancelling: Somebody asked it to stop and it has not yet.
        created_at, started_at, ended_at, heartbeat_at: UTC, seconds since 1970; None = not yet.
    """

    id: str
    kind: str
    request: dict[str, Any]
    state: str
    progress: float | None
    message: str | None
    values: dict[str, Any]
    error: str | None
    result: dict[str, Any] | None
    cancelling: bool
    pid: int | None
    created_at: float
    started_at: float | None
    ended_at: float | None
    heartbeat_at: float | None

    @property
    def active(self) -> bool:
        """Whether it may still change."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class Event:
    """What a job said while it ran: a training step, a score, a sample."""

    sequence: int
    at: float
    kind: str
    payload: dict[str, Any]
