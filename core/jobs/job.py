"""What a job is: a row of the store, and its states.

queued ──> running ──> succeeded
   │          ├──────> failed      the work raised; the message says what and what is safe
   ├──────────┼──────> cancelled   somebody asked
   ├──────────┼──────> paused      somebody asked, or the machine was shut down; goes on if resumed
   └──────────┴──────> lost        the worker died without a word (killed, power, memory)

Paused, failed and lost jobs can be resumed: they are queued again, as the next attempt.
"""

from dataclasses import dataclass
from typing import Any

ACTIVE = ("queued", "running")
FINISHED = ("succeeded", "failed", "cancelled", "lost")
RESUMABLE = ("paused", "failed", "lost")

UNSLOTTED = ("serve", "demo", "check", "ask", "judge", "loadtest")
"""Kinds that mostly wait (for requests, for other jobs, for answers), and so take no slot.

Whoever asks for them starts them, so a key in the environment reaches them.
"""
PAUSABLE = ("train", "update")
"""Kinds that leave checkpoints, so that a pause loses nothing."""

REASONS = (
    "asked",  # paused or cancelled by somebody
    "terminated",  # the system asked the worker to end: a shutdown, the end of a container
    "refused",  # the request was wrong
    "work_failed",  # the work said what went wrong
    "unexpected",  # an error that nobody foresaw; the log has it
    "out_of_memory",
    "disk_full",
    "diverged",  # the loss was no number any more
    "offline",  # something is only on the network
    "killed",  # the worker ended without a word
    "machine_restarted",
    "not_started",
)
"""Why a job is in its state, in a word that programs can tell apart."""


@dataclass(frozen=True)
class Job:
    """One row of the store.

    Attributes:
        id: "j-" and eight hex digits.
        kind: What sort of work, as `core.run.KINDS` names it.
        request: The request's fields.
        state: One of ACTIVE, "paused", or one of FINISHED.
        progress: Share done, 0 to 1; None where it is not known.
        message: Key of the text that says what it is doing ("job.train.step"), or None.
        values: The values that text takes.
        error: One sentence, for a job that failed or was lost.
        result: What the work returned.
        cancelling, pausing: Somebody asked it to stop, or to pause, and it has not yet.
        pid: Of the worker; process: what tells it from another that got the same number later.
        created_at, started_at, ended_at, heartbeat_at: UTC, seconds since 1970; None = not yet.
        reason: One of REASONS; None while it is active and after success.
        attempt: 1, and one more each time it was resumed.
        ran_seconds: It computed so far, all attempts together, by a clock that is never set.
        beat: When the worker last gave a sign, in seconds of the machine's uptime.
        boot: Which start of the machine `beat` counts from.
        launched: Its worker was started.
        exit_status: Of the worker; −9 = killed with signal 9; None = not known.
        target: "package.module:function"; None in a row of an older Assay.
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
    pausing: bool
    pid: int | None
    process: str | None
    created_at: float
    started_at: float | None
    ended_at: float | None
    heartbeat_at: float | None
    reason: str | None
    attempt: int
    ran_seconds: float
    beat: float | None
    boot: str | None
    launched: bool
    exit_status: int | None
    target: str | None

    @property
    def active(self) -> bool:
        """Whether it may still change by itself."""
        return self.state in ACTIVE

    @property
    def slotted(self) -> bool:
        """Whether it takes the place of a job that computes."""
        return self.kind not in UNSLOTTED


@dataclass(frozen=True)
class Event:
    """What a job said while it ran: a training step, a score, a sample."""

    sequence: int
    at: float
    kind: str
    payload: dict[str, Any]
