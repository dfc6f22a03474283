"""Jobs and their events in SQLite. Every change of state is a compare-and-set."""

import json
import sqlite3
import time
import uuid
from typing import Any

from core.errors import NotFound
from core.jobs.job import ACTIVE, Event, Job
from core.record import canonical, hash_json
from core.workspace import Workspace

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, request TEXT NOT NULL, spec_hash TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued', progress REAL, message TEXT, message_values TEXT,
  error TEXT, result TEXT, cancel_requested_at REAL, pid INTEGER,
  created_at REAL NOT NULL, started_at REAL, ended_at REAL, heartbeat_at REAL);
-- The same work is never under way twice: two tabs, one job.
CREATE UNIQUE INDEX IF NOT EXISTS one_active_job ON jobs(spec_hash)
  WHERE state IN ('queued', 'running');
CREATE TABLE IF NOT EXISTS events (
  job_id TEXT NOT NULL REFERENCES jobs(id), sequence INTEGER NOT NULL, at REAL NOT NULL,
  kind TEXT NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (job_id, sequence));
"""


class JobStore:
    """The jobs of one workspace. Cheap to make; each thread makes its own."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._db = workspace.connect()
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def __enter__(self) -> "JobStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(
        self, kind: str, request: dict[str, Any], same: dict[str, Any] | None = None
    ) -> tuple[Job, bool]:
        """Add a job, or find the active one that does the same.

        Args:
            kind: What sort of work.
            request: Its fields.
            same: The fields that make it the same work; None means all of them.

        Returns:
            The job, and whether it is new.
        """
        job_id = f"j-{uuid.uuid4().hex[:8]}"
        spec_hash = hash_json([kind, request if same is None else same])
        try:
            self._db.execute(
                "INSERT INTO jobs (id, kind, request, spec_hash, created_at) VALUES (?,?,?,?,?)",
                (job_id, kind, canonical(request), spec_hash, time.time()),
            )
        except sqlite3.IntegrityError:
            row = self._db.execute(
                "SELECT * FROM jobs WHERE spec_hash=? AND state IN ('queued','running')",
                (spec_hash,),
            ).fetchone()
            # It may have ended between the two statements; then the work is wanted again.
            return (_job(row), False) if row else self.add(kind, request, same)
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

    def claim(self, job_id: str, pid: int) -> bool:
        """Move a queued job to running; False if it is no longer queued."""
        at = time.time()
        return self._changed(
            "UPDATE jobs SET state='running', pid=?, started_at=?, heartbeat_at=?"
            " WHERE id=? AND state='queued'",
            (pid, at, at, job_id),
        )

    def heartbeat(self, job_id: str) -> None:
        """Say that the worker is alive."""
        self._db.execute("UPDATE jobs SET heartbeat_at=? WHERE id=?", (time.time(), job_id))

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
        error: str | None = None,
        result: dict[str, Any] | None = None,
    ) -> bool:
        """Move an active job to a finished state; False if it was finished already."""
        return self._changed(
            "UPDATE jobs SET state=?, error=?, result=?, ended_at=?,"
            " progress=CASE WHEN ?='succeeded' THEN 1 ELSE progress END"
            " WHERE id=? AND state IN ('queued','running')",
            (state, error, None if result is None else canonical(result), time.time(), state,
             job_id),
        )  # fmt: skip

    def request_cancel(self, job_id: str) -> None:
        """Ask an active job to stop; the first request's time stays."""
        self._db.execute(
            "UPDATE jobs SET cancel_requested_at=COALESCE(cancel_requested_at, ?) WHERE id=?",
            (time.time(), job_id),
        )

    def cancel_requested_at(self, job_id: str) -> float | None:
        """When somebody first asked it to stop, in seconds since 1970; None = nobody did."""
        row = self._db.execute(
            "SELECT cancel_requested_at FROM jobs WHERE id=?", (job_id,)
        ).fetchone()
        return None if row is None else row["cancel_requested_at"]

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
        pid=row["pid"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        heartbeat_at=row["heartbeat_at"],
    )
