"""The looks that were taken at drift; the number of each decides how strict the next one is."""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core import record
from core.units import SECONDS_PER_DAY
from core.update.drift import Drift, compare
from core.update.reference import Reference, measured
from core.update.schema import transaction
from core.update.traffic_read import Request
from core.workspace import Workspace

SCHEMA = """
CREATE TABLE IF NOT EXISTS drift_looks (
  id INTEGER PRIMARY KEY, dataset TEXT NOT NULL, series TEXT NOT NULL, look INTEGER NOT NULL,
  at REAL NOT NULL, fingerprint TEXT NOT NULL, report TEXT NOT NULL)
"""
YEAR_SECONDS = 365.25 * SECONDS_PER_DAY
METHOD = 1
"""Raise it when something is tested in another way: a series begins anew then."""


@dataclass(frozen=True)
class Report:
    """One look at drift.

    Attributes:
        dataset, data, run: What traffic was held against: NAME@VERSION, and the run.
        since, until, at: The window, and when it was looked at; seconds since 1970, UTC.
        n_live: Requests in the window.
        texts: Whether texts are logged.
        look: Its number in its series, from 1.
        drifts: A row for each feature.
    """

    dataset: str
    data: str
    run: str
    since: float
    until: float
    at: float
    n_live: int
    texts: bool
    look: int
    drifts: tuple[Drift, ...]

    @property
    def alarms(self) -> list[Drift]:
        """The features that moved, the largest effect first."""
        found = [row for row in self.drifts if row.alarm]
        return sorted(found, key=lambda row: -max(abs(row.effect or 0.0), row.gap or 0.0))

    @property
    def tested(self) -> int:
        """How many features were tested."""
        return sum(row.p_value is not None for row in self.drifts)

    def to_json(self) -> dict[str, Any]:
        """The fields, and the names of the alarms."""
        return {**asdict(self), "alarms": [row.name for row in self.alarms]}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Report":
        """What `to_json` gave."""
        known = {name: fields[name] for name in cls.__dataclass_fields__}
        return cls(**{**known, "drifts": tuple(map(Drift.from_json, fields["drifts"]))})


def look(
    workspace: Workspace, against: Reference, asked: Sequence[Request], names: Sequence[str],
    since: float, until: float,
) -> Report:  # fmt: skip
    """Hold requests against the reference, and keep the look.

    Args:
        workspace: Whose.
        against: The run and its data.
        asked: The requests of the window, oldest first.
        names: Under which names the run answers: its own, and its variants'.
        since: Where the window begins, in seconds since 1970.
        until: Where it ends.
    """
    data = against.data
    mark = record.hash_json([len(asked), *(one.id for one in (*asked[:1], *asked[-1:]))])
    live = measured(asked, against, names)
    with workspace.tables(SCHEMA) as db, transaction(db):
        series, number = _place(db, data.name, [METHOD, against.run.run, data.version], mark, until)
        made = Report(
            data.name, data.title, against.run.run, since, until, time.time(), len(asked),
            any(one.input_text is not None for one in asked), number,
            tuple(compare(against.values, live, number)),
        )  # fmt: skip
        db.execute(
            "INSERT INTO drift_looks (dataset, series, look, at, fingerprint, report)"
            " VALUES (?,?,?,?,?,?)",
            (data.name, series, number, made.until, mark, json.dumps(made.to_json())),
        )
    return made


def _place(
    db: sqlite3.Connection, dataset: str, reference: list[Any], mark: str, until: float
) -> tuple[str, int]:
    """The series that a look belongs to, and its number there; the same data keep their number."""
    stem = record.hash_json([dataset, *reference])[:16]
    first = db.execute(
        "SELECT MIN(at) AS at FROM drift_looks WHERE series LIKE ?", (f"{stem}-%",)
    ).fetchone()["at"]
    year = 0 if first is None else max(0, int((until - first) // YEAR_SECONDS))
    series = f"{stem}-{year}"
    rows = db.execute(
        "SELECT look, fingerprint FROM drift_looks WHERE series=? ORDER BY id", (series,)
    ).fetchall()
    same = next((row["look"] for row in rows if row["fingerprint"] == mark), None)
    return series, same or 1 + max((row["look"] for row in rows), default=0)


def looks(workspace: Workspace, dataset: str, most: int = 50) -> list[Report]:
    """The looks at a dataset's traffic, newest first."""
    with workspace.tables(SCHEMA) as db:
        rows = db.execute(
            "SELECT report FROM drift_looks WHERE dataset=? ORDER BY id DESC LIMIT ?",
            (dataset, most),
        ).fetchall()
    return [Report.from_json(json.loads(row["report"])) for row in rows]


def newest(workspace: Workspace, dataset: str) -> Report | None:
    """The last look; None = nobody has looked."""
    found = looks(workspace, dataset, 1)
    return found[0] if found else None
