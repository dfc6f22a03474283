"""Jobs and their events in SQLite. Every change of state is a compare-and-set."""

import json
import sqlite3
import time
import uuid
from typing import Any

from core.errors import Busy, NotFound
from core.jobs import host
from core.jobs.job import ACTIVE, Event, Job
from core.jobs.schema import migrate
from core.record import canonical, hash_json
from core.workspace import Workspace


class JobStore:
    """The jobs of one workspace. Cheap to make; each thread makes its own."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._db = workspace.connect()
        migrate(self._db)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def __enter__(self) -> "JobStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(
        self,
        kind: str,
        request: dict[str, Any],
        same: dict[str, Any] | None = None,
        target: str | None = None,
    ) -> tuple[Job, bool]:
        """Add a job, or find the active one that does the same.

        Args:
            kind: What sort of work.
            request: Its fields.
            same: The fields that make it the same work; None means all of them.
            target: "package.module:function".

        Returns:
            The job, and whether it is new.
        """
        job_id = f"j-{uuid.uuid4().hex[:8]}"
        spec_hash = hash_json([kind, request if same is None else same])
        try:
            self._db.execute(
                "INSERT INTO jobs (id, kind, request, spec_hash, target, created_at, queued_at)"
                " VALUES (?,?,?,?,?,?,?)",
                (job_id, kind, canonical(request), spec_hash, target, time.time(), time.time()),
            )
        except sqlite3.IntegrityError:
            row = self._db.execute(
                "SELECT * FROM jobs WHERE spec_hash=? AND state IN ('queued','running')",
                (spec_hash,),
            ).fetchone()
            # It may have ended between the two statements; then the work is wanted again.
            return (_job(row), False) if row else self.add(kind, request, same, target)
        return self.get(job_id), True

    def get(self, job_id: str) -> Job:
        """Return one job.

        Raises:
            NotFound: There is no such job.
        """
        row = self._db.execute("SELECT * FROM jobs WHERE id=?", (job_id,)).fetchone()
        if row is None:
            known = [r["id"] for r in self._db.execute(
                "SELECT id FROM jobs ORDER BY created_at DESC LIMIT 8")]  # fmt: skip
            listing = f"The latest are {', '.join(known)}." if known else "There is none yet."
            raise NotFound(f"There is no job called {job_id!r} in this workspace. {listing}")
        return _job(row)

    def jobs(self, kind: str | None = None, active: bool = False, limit: int = 200) -> list[Job]:
        """Jobs, newest first, of one kind and only the active ones if so asked."""
        rows = self._db.execute(
            "SELECT * FROM jobs WHERE (? IS NULL OR kind=?)"
            " AND (NOT ? OR state IN ('queued','running')) ORDER BY created_at DESC LIMIT ?",
            (kind, kind, active, limit),
        )
        return [_job(row) for row in rows]

    def waiting(self) -> list[Job]:
        """Jobs that wait for a place, the one whose turn it is first."""
        rows = self._db.execute(
            "SELECT * FROM jobs WHERE state='queued' AND target IS NOT NULL"
            " ORDER BY COALESCE(queued_at, created_at), rowid"
        )
        return [job for job in map(_job, rows) if job.slotted]

    def launched(self, job_id: str) -> None:
        """Take note that the worker was started."""
        self._db.execute("UPDATE jobs SET launched=1 WHERE id=?", (job_id,))

    def claim(self, job_id: str, pid: int) -> bool:
        """Move a queued job to running for the worker `pid`; False if it is not queued any more."""
        at = time.time()
        return self._changed(
            "UPDATE jobs SET state='running', launched=1, pid=?, process=?, boot=?, beat=?,"
            " memory_kills=?, heartbeat_at=?, started_at=COALESCE(started_at, ?)"
            " WHERE id=? AND state='queued'",
            (pid, host.process_mark(pid), host.boot_id(), host.uptime(), host.memory_kills(), at,
             at, job_id),
        )  # fmt: skip

    def heartbeat(self, job_id: str, ran_seconds: float) -> None:
        """Say that the worker is alive, and for how long all attempts have computed."""
        self._db.execute(
            "UPDATE jobs SET heartbeat_at=?, beat=?, ran_seconds=? WHERE id=?",
            (time.time(), host.uptime(), ran_seconds, job_id),
        )

    def exited(self, job_id: str, status: int) -> None:
        """Take note of how the worker's process ended."""
        self._db.execute("UPDATE jobs SET exit_status=? WHERE id=?", (status, job_id))

    def say(
        self, job_id: str, progress: float | None, message: str, values: dict[str, Any]
    ) -> None:
        """Set what the job is doing: share done, text key and its values."""
        self._db.execute(
            "UPDATE jobs SET progress=?, message=?, message_values=? WHERE id=?",
            (progress, message, canonical(values), job_id),
        )

    def finish(
        self,
        job_id: str,
        state: str,
        *,
        reason: str | None = None,
        error: str | None = None,
        result: dict[str, Any] | None = None,
    ) -> bool:
        """Move an active or paused job to a finished state, or an active one to "paused".

        Returns:
            False if it was in no state to be moved.
        """
        return self._changed(
            "UPDATE jobs SET state=?, reason=?, error=?, result=?, ended_at=?,"
            " progress=CASE WHEN ?='succeeded' THEN 1 ELSE progress END"
            " WHERE id=? AND (state IN ('queued','running') OR state='paused' AND ?='cancelled')",
            (state, reason, error, None if result is None else canonical(result), time.time(),
             state, job_id, state),
        )  # fmt: skip

    def withdraw(self, job_id: str, state: str) -> bool:
        """Pause or cancel a job whose worker was not started; False if it was."""
        return self._changed(
            "UPDATE jobs SET state=?, reason='asked', ended_at=?"
            " WHERE id=? AND state='queued' AND launched=0",
            (state, time.time(), job_id),
        )

    def requeue(self, job_id: str) -> bool:
        """Queue a paused, failed or lost job again, as the next attempt; False if it is neither.

        Raises:
            Busy: The same work is under way as another job.
        """
        try:
            return self._changed(
                "UPDATE jobs SET state='queued', attempt=attempt+1, queued_at=?, launched=0,"
                " pid=NULL, process=NULL, boot=NULL, beat=NULL, exit_status=NULL, ended_at=NULL,"
                " cancel_requested_at=NULL, pause_requested_at=NULL, asked_uptime=NULL,"
                " reason=NULL, error=NULL, message=NULL, progress=NULL"
                " WHERE id=? AND state IN ('paused','failed','lost')",
                (time.time(), job_id),
            )
        except sqlite3.IntegrityError:
            raise Busy(
                f"The same work as {job_id} is under way as another job; "
                "`assay jobs list --active` names it."
            ) from None

    def request(self, job_id: str, what: str) -> None:
        """Ask an active job to "cancel" or to "pause"; the first request's time stays."""
        column = {"cancel": "cancel_requested_at", "pause": "pause_requested_at"}[what]
        self._db.execute(
            f"UPDATE jobs SET {column}=COALESCE({column}, ?),"  # noqa: S608 - one of two names
            " asked_uptime=COALESCE(asked_uptime, ?) WHERE id=? AND state IN ('queued','running')",
            (time.time(), host.uptime(), job_id),
        )

    def requested(self, job_id: str) -> str | None:
        """What somebody asked a job for: "cancel", "pause", or None."""
        row = self._db.execute(
            "SELECT cancel_requested_at AS c, pause_requested_at AS p FROM jobs WHERE id=?",
            (job_id,),
        ).fetchone()
        if row is None or (row["c"] is None and row["p"] is None):
            return None
        return "pause" if row["c"] is None else "cancel"

    def asked_seconds(self, job_id: str) -> float | None:
        """How long ago somebody first asked it to stop or pause; None = nobody did."""
        row = self._db.execute("SELECT asked_uptime FROM jobs WHERE id=?", (job_id,)).fetchone()
        if row is None or row["asked_uptime"] is None:
            return None
        return max(0.0, host.uptime() - float(row["asked_uptime"]))

    def memory_killed(self, job_id: str) -> bool:
        """Whether the kernel killed some process for memory since the job's worker began."""
        row = self._db.execute("SELECT memory_kills FROM jobs WHERE id=?", (job_id,)).fetchone()
        before, now = row["memory_kills"] if row else None, host.memory_kills()
        return before is not None and now is not None and now > before

    def add_event(self, job_id: str, kind: str, payload: dict[str, Any]) -> None:
        """Append an event."""
        self._db.execute(
            "INSERT INTO events SELECT ?, COALESCE(MAX(sequence), 0) + 1, ?, ?, ?"
            " FROM events WHERE job_id=?",
            (job_id, time.time(), kind, canonical(payload), job_id),
        )

    def events(self, job_id: str, kind: str | None = None, after: int = 0) -> list[Event]:
        """Events of a job in order, of one kind and after a sequence number if so asked."""
        rows = self._db.execute(
            "SELECT * FROM events WHERE job_id=? AND sequence>? AND (? IS NULL OR kind=?)"
            " ORDER BY sequence",
            (job_id, after, kind, kind),
        )
        return [Event(r["sequence"], r["at"], r["kind"], json.loads(r["payload"])) for r in rows]

    def _changed(self, statement: str, values: tuple[Any, ...]) -> bool:
        return self._db.execute(statement, values).rowcount == 1


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        request=json.loads(row["request"]),
        state=row["state"],
        progress=row["progress"],
        message=row["message"],
        values=json.loads(row["message_values"] or "{}"),
        error=row["error"],
        result=None if row["result"] is None else json.loads(row["result"]),
        cancelling=row["cancel_requested_at"] is not None and row["state"] in ACTIVE,
        pausing=row["pause_requested_at"] is not None and row["state"] in ACTIVE,
        pid=row["pid"],
        process=row["process"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        heartbeat_at=row["heartbeat_at"],
        reason=row["reason"],
        attempt=row["attempt"],
        ran_seconds=row["ran_seconds"],
        beat=row["beat"],
        boot=row["boot"],
        launched=bool(row["launched"]),
        exit_status=row["exit_status"],
        target=row["target"],
    )
