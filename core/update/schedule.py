"""When to retrain without being asked: each month, at so many corrections, or on drift.

Nothing sleeps in the background. Whoever looks next starts what is due: the dashboard, `assay
update`, `assay schedule`, or `assay schedule run` from cron. A schedule that nobody looks at starts
nothing, and says when it was last looked at.

    # Every hour, in crontab -e:
    0 * * * * assay schedule run --workspace /path/to/workspace
"""

import calendar
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from core.errors import BadInput, NotFound
from core.units import SECONDS_PER_DAY
from core.update.schema import transaction
from core.workspace import Workspace

SCHEMA = """
CREATE TABLE IF NOT EXISTS schedules (
  dataset TEXT PRIMARY KEY, monthly INTEGER NOT NULL, at_corrections INTEGER,
  on_drift INTEGER NOT NULL, replay REAL, margin REAL, preset TEXT NOT NULL, who TEXT NOT NULL,
  made_at REAL NOT NULL, looked_at REAL, started_at REAL, job TEXT, reason TEXT)
"""
MOST_CORRECTIONS = 1_000_000
RETRY_SECONDS = SECONDS_PER_DAY
"""An update that did not succeed is not tried again sooner."""
AGAIN_SECONDS = 60
"""Nobody looks more often whether something is due."""
LOOK_SECONDS = SECONDS_PER_DAY
"""Drift is looked at once a day at most: every look makes the next one stricter."""


@dataclass(frozen=True)
class Schedule:
    """When a dataset is to be retrained; any of the three is enough.

    Attributes:
        dataset: Its name.
        monthly: A month after the schedule was made, or after the last start.
        at_corrections: As soon as so many accepted corrections wait; None = not.
        on_drift: After an alarm that came since the last start.
        replay, margin, preset: Of the update, as `core.run.UpdateRequest` has them.
        who, made_at: Who made it, and when.
        looked_at: When somebody last looked whether it is due; None = nobody has.
        started_at, job, reason: The last update that it started, and why; None = none yet.
    """

    dataset: str
    monthly: bool
    at_corrections: int | None
    on_drift: bool
    replay: float | None
    margin: float | None
    preset: str
    who: str
    made_at: float
    looked_at: float | None = None
    started_at: float | None = None
    job: str | None = None
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)

    @property
    def monthly_at(self) -> float | None:
        """When the next month is over; None = that is not asked for."""
        return month_after(self.started_at or self.made_at) if self.monthly else None


def month_after(at: float) -> float:
    """The same day and time of the next month, or the month's last day where it is shorter."""
    day = datetime.fromtimestamp(at, UTC)
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    last = calendar.monthrange(year, month)[1]
    return day.replace(year=year, month=month, day=min(day.day, last)).timestamp()


def due(schedule: Schedule, now: float, corrections: int, drifted_at: float | None) -> str | None:
    """Why an update is due: "corrections", "drift" or "monthly"; None = it is not.

    Args:
        schedule: Of a dataset.
        now: The time.
        corrections: Accepted ones that can be learnt. Without any there is nothing to learn from,
            and nothing is due.
        drifted_at: When drift last raised an alarm; None = it never did.
    """
    if corrections < 1:
        return None
    if schedule.started_at is not None and now - schedule.started_at < RETRY_SECONDS:
        return None
    if schedule.at_corrections is not None and corrections >= schedule.at_corrections:
        return "corrections"
    since = schedule.started_at or schedule.made_at
    if schedule.on_drift and drifted_at is not None and drifted_at > since:
        return "drift"
    if schedule.monthly_at is not None and now >= schedule.monthly_at:
        return "monthly"
    return None


def put(workspace: Workspace, schedule: Schedule) -> Schedule:
    """Keep a schedule; it takes the place of the dataset's last one.

    Raises:
        BadInput: It would never be due, or the number of corrections cannot be.
    """
    if not (schedule.monthly or schedule.at_corrections is not None or schedule.on_drift):
        raise BadInput(
            "Say when to retrain: --monthly, --at-corrections N or --on-drift; --off ends it."
        )
    number = schedule.at_corrections
    if number is not None and not 1 <= number <= MOST_CORRECTIONS:
        raise BadInput(
            f"at_corrections: {number:,} cannot be; give a number from 1 to {MOST_CORRECTIONS:,}."
        )
    fields = asdict(schedule)
    with workspace.tables(SCHEMA) as db, transaction(db):
        db.execute(
            f"INSERT OR REPLACE INTO schedules ({','.join(fields)}) "  # noqa: S608 - a dataclass
            f"VALUES ({','.join('?' * len(fields))})",
            tuple(fields.values()),
        )
    return schedule


def remove(workspace: Workspace, dataset: str) -> None:
    """End a schedule.

    Raises:
        NotFound: There is none.
    """
    with workspace.tables(SCHEMA) as db:
        gone = db.execute("DELETE FROM schedules WHERE dataset=?", (dataset,)).rowcount
    if not gone:
        raise NotFound(
            f"{dataset!r} has no schedule; `assay schedule --list` shows those there are."
        )


def schedules(workspace: Workspace) -> list[Schedule]:
    """All of them, by name."""
    with workspace.tables(SCHEMA) as db:
        rows = db.execute("SELECT * FROM schedules ORDER BY dataset").fetchall()
    return [
        Schedule(
            **{**dict(row), "monthly": bool(row["monthly"]), "on_drift": bool(row["on_drift"])}
        )
        for row in rows
    ]


def schedule_of(workspace: Workspace, dataset: str) -> Schedule | None:
    """The schedule of a dataset; None = there is none."""
    return next((one for one in schedules(workspace) if one.dataset == dataset), None)


def unlooked(workspace: Workspace, now: float) -> bool:
    """Whether there is a schedule that nobody looked at in the last minute."""
    connection = workspace.connect()
    try:
        there = connection.execute("SELECT 1 FROM sqlite_master WHERE name='schedules'").fetchone()
        return bool(there) and bool(
            connection.execute(
                "SELECT 1 FROM schedules WHERE looked_at IS NULL OR looked_at<?",
                (now - AGAIN_SECONDS,),
            ).fetchone()
        )
    finally:
        connection.close()


def looked(workspace: Workspace, dataset: str, now: float) -> None:
    """Write down that somebody looked."""
    with workspace.tables(SCHEMA) as db:
        db.execute("UPDATE schedules SET looked_at=? WHERE dataset=?", (now, dataset))


def claim(workspace: Workspace, schedule: Schedule, now: float, reason: str) -> bool:
    """Take the start of an update upon oneself; False if somebody else did in this moment."""
    with workspace.tables(SCHEMA) as db, transaction(db):
        changed = db.execute(
            "UPDATE schedules SET started_at=?, reason=? WHERE dataset=? AND started_at IS ?",
            (now, reason, schedule.dataset, schedule.started_at),
        ).rowcount
    return changed == 1


def started(workspace: Workspace, dataset: str, job: str) -> None:
    """Write down the job that was started."""
    with workspace.tables(SCHEMA) as db:
        db.execute("UPDATE schedules SET job=? WHERE dataset=?", (job, dataset))
