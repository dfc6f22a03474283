"""How often the test split was looked at: each look makes its scores a little less of a surprise.

Looks belong to the rows: versions that share a test split share its count.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core import record
from core.data.dataset import Dataset, Example, read
from core.text.catalog import t
from core.text.format import number
from core.workspace import Workspace

SCHEMA = """
CREATE TABLE IF NOT EXISTS test_looks (
  id INTEGER PRIMARY KEY, dataset TEXT NOT NULL, version TEXT NOT NULL, test_hash TEXT NOT NULL,
  at TEXT NOT NULL, kind TEXT NOT NULL, by TEXT NOT NULL, rows INTEGER NOT NULL,
  note TEXT NOT NULL);
"""

KINDS = ("evaluate", "show", "unlock")
"""evaluate: a model was scored on it; show: rows were seen; unlock: it was opened to change."""


@dataclass(frozen=True)
class Look:
    """One look at the test split of a dataset.

    Attributes:
        version: Of the dataset.
        at: UTC, ISO 8601.
        kind: One of KINDS.
        by: The model that was scored, or what showed the rows ("page", "command line").
        rows: How many.
        note: For "unlock", the reason.
    """

    version: str
    at: str
    kind: str
    by: str
    rows: int
    note: str


@dataclass(frozen=True)
class Looks:
    """All looks at one test split, oldest first."""

    rows: int
    seen: tuple[Look, ...]

    def count(self, kind: str) -> int:
        """How many of a kind."""
        return sum(look.kind == kind for look in self.seen)

    @property
    def flattery_points(self) -> float | None:
        """Points by which the best of so many equal models may seem better than it is.

        The largest of k normal draws lies at most √(2 ln k) standard errors above their mean, in
        expectation; a share measured on n rows has a standard error of at most 0.5/√n. None for
        fewer than two evaluations.
        """
        k = self.count("evaluate")
        if k < 2 or not self.rows:
            return None
        return 100 * 0.5 / math.sqrt(self.rows) * math.sqrt(2 * math.log(k))


def add_rows(
    workspace: Workspace, dataset: Dataset, kind: str, by: str, rows: Sequence[Example]
) -> None:
    """Count a look, if test rows are among what was looked at."""
    test = {row.id for row in read(workspace, dataset, "test")}
    seen = sum(row.id in test for row in rows)
    if seen:
        add(workspace, dataset, kind, by, seen)


def add(
    workspace: Workspace, dataset: Dataset, kind: str, by: str, rows: int, note: str = ""
) -> None:
    """Count a look at the test split; see `Look` for the fields."""
    values = (dataset.name, dataset.version, rows_hash(workspace, dataset), record.now(), kind, by,
              rows, note)  # fmt: skip
    connection = workspace.connect()
    try:
        connection.executescript(SCHEMA)
        connection.execute(
            "INSERT INTO test_looks (dataset, version, test_hash, at, kind, by, rows, note)"
            " VALUES (?,?,?,?,?,?,?,?)",
            values,
        )
    finally:
        connection.close()


def looks(workspace: Workspace, dataset: Dataset) -> Looks:
    """The looks at the test rows that a version has."""
    connection = workspace.connect()
    try:
        connection.executescript(SCHEMA)
        found = connection.execute(
            "SELECT version, at, kind, by, rows, note FROM test_looks"
            " WHERE dataset=? AND test_hash=? ORDER BY id",
            (dataset.name, rows_hash(workspace, dataset)),
        ).fetchall()
    finally:
        connection.close()
    return Looks(dataset.splits.get("test", 0), tuple(Look(*row) for row in found))


def rows_hash(workspace: Workspace, dataset: Dataset) -> str:
    """SHA-256 (hex) of the test split's file."""
    path = workspace.dataset(dataset.name, dataset.version) / "test.jsonl"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def words(found: Looks, language: str = "en", escape: Callable[[str], str] = str) -> list[str]:
    """How often the test split was looked at, and what that does to a score, in sentences.

    `escape` is put upon the reason that a user gave.
    """
    if not found.seen:
        return [t("gate.looks.none", language)]
    evaluations, shows = found.count("evaluate"), found.count("show")
    said = [t("gate.looks.some", language, evaluations=evaluations, shows=shows)]
    if found.flattery_points is not None:
        said.append(t("gate.looks.points", language, n=evaluations, rows=f"{found.rows:,}",
                      points=number(found.flattery_points, 2)))  # fmt: skip
    opened = [look for look in found.seen if look.kind == "unlock"]
    if opened:
        said.append(
            t("gate.looks.unlocked", language, n=len(opened), reason=escape(opened[-1].note))
        )
    return said
