"""Which run serves a dataset, and who decided so when and why: a list that only grows.

A promotion puts a run on top, a rollback takes the top one off; the champion is the top. Each is a
row with the verdict of the gate, the hash of the model's files and that of the test split.
"""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core import record
from core.data.dataset import open_dataset
from core.data.looks import rows_hash
from core.errors import BadInput, Busy, NotFound
from core.train.runs import Run, open_run
from core.update.schema import transaction
from core.update.who import name_of
from core.workspace import Workspace

SCHEMA = """
CREATE TABLE IF NOT EXISTS promotions (
  id INTEGER PRIMARY KEY, dataset TEXT NOT NULL, run TEXT NOT NULL, previous TEXT,
  kind TEXT NOT NULL, at REAL NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,
  forced INTEGER NOT NULL, verdict TEXT, model_hash TEXT NOT NULL, data_version TEXT NOT NULL,
  test_hash TEXT NOT NULL)
"""
MOST_WHY = 2_000
PASSED = "The gate passed it."
"""The reason where nobody gives another."""


@dataclass(frozen=True)
class Promotion:
    """One decision of who serves.

    Attributes:
        id: Rises with time.
        dataset, run: Which run serves which dataset from now on.
        previous: Which served before; None = none did.
        kind: "promote" or "rollback".
        at: When, in seconds since 1970, UTC.
        who, why: Whose decision, and the reason given.
        forced: Promoted although the gate did not pass it.
        verdict: What the gate said (`core.update.gate.Gate.to_json`); None = it was not asked.
        model_hash: Of the names and hashes of the model's files.
        data_version: Of the data it was trained on.
        test_hash: Of that version's test split.
    """

    id: int
    dataset: str
    run: str
    previous: str | None
    kind: str
    at: float
    who: str
    why: str
    forced: bool
    verdict: dict[str, Any] | None
    model_hash: str
    data_version: str
    test_hash: str

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def history(workspace: Workspace, dataset: str) -> list[Promotion]:
    """All promotions and rollbacks of a dataset, oldest first."""
    with workspace.tables(SCHEMA) as db:
        return _history(db, dataset)


def _history(db: sqlite3.Connection, dataset: str) -> list[Promotion]:
    rows = db.execute("SELECT * FROM promotions WHERE dataset=? ORDER BY id", (dataset,))
    return [
        Promotion(**{
            **dict(row), "forced": bool(row["forced"]),
            "verdict": json.loads(row["verdict"]) if row["verdict"] else None,
        })
        for row in rows
    ]  # fmt: skip


def _standing(decisions: Sequence[Promotion]) -> list[str]:
    """The runs that stand on each other, the champion last."""
    stack: list[str] = []
    for one in decisions:
        if one.kind == "promote":
            stack.append(one.run)
        else:
            stack.pop()
    return stack


def champion(workspace: Workspace, dataset: str) -> str | None:
    """The run that serves a dataset; None = none was promoted."""
    stack = _standing(history(workspace, dataset))
    return stack[-1] if stack else None


def before(workspace: Workspace, dataset: str) -> str | None:
    """The run that a rollback would bring back; None = there is none."""
    stack = _standing(history(workspace, dataset))
    return stack[-2] if len(stack) > 1 else None


def promote(
    workspace: Workspace,
    dataset: str,
    run: str,
    *,
    who: str | None,
    why: str,
    verdict: dict[str, Any] | None,
    forced: bool = False,
) -> Promotion:
    """Let a run serve a dataset from now on.

    Args:
        workspace: Whose.
        dataset: Its name.
        run: A finished run on it.
        who: Who decides; None = the account's name.
        why: The reason, in words; may be empty where the gate passed it.
        verdict: What the gate said, as JSON.
        forced: Promote although the gate did not pass it.

    Raises:
        NotFound: There is no such run or dataset.
        BadInput: The run has not succeeded, is on another dataset, was not scored, or serves
            already; the gate did not pass it; no reason is given; its files have changed.
        Busy: Somebody else was promoted since the gate looked.
    """
    found = fit(workspace, dataset, run)
    passed = bool(verdict and verdict["passed"])
    if not passed and not forced:
        raise BadInput(
            f"The gate has not passed {run}; `assay promote {run}` asks it, and --force promotes "
            "all the same, which stays in the record."
        )
    row = _row(workspace, dataset, found, "promote", who, why or (PASSED if passed else ""))
    row |= {"verdict": verdict and json.dumps(verdict), "forced": forced and not passed}
    with workspace.tables(SCHEMA) as db, transaction(db):
        stack = _standing(_history(db, dataset))
        now = stack[-1] if stack else None
        if now == run:
            raise BadInput(f"{run} serves {dataset!r} already; there is nothing to promote.")
        against = verdict["champion"] if verdict else now
        if against != now:
            raise Busy(
                f"The gate compared {run} with {against or 'no champion'}, but {now} serves "
                f"{dataset!r} since; ask the gate again with `assay promote {run}`."
            )
        return _insert(db, {**row, "previous": now})


def rollback(
    workspace: Workspace, dataset: str, who: str | None = None, why: str = ""
) -> Promotion:
    """Let the run serve that served before.

    Raises:
        NotFound: None served before.
        BadInput: Its model is gone or has changed.
    """
    earlier = before(workspace, dataset)
    if earlier is None:
        now = champion(workspace, dataset)
        alone = f"only {now} was ever promoted" if now else "no run was ever promoted"
        raise NotFound(f"There is no champion of {dataset!r} to roll back to: {alone}.")
    row = _row(workspace, dataset, fit(workspace, dataset, earlier), "rollback", who,
               why or "rollback")  # fmt: skip
    row |= {"verdict": None, "forced": False}
    with workspace.tables(SCHEMA) as db, transaction(db):
        stack = _standing(_history(db, dataset))
        if len(stack) < 2 or stack[-2] != earlier:
            raise Busy(
                f"Somebody else promoted or rolled back {dataset!r} just now; look at "
                f"`assay update {dataset} --show`, then decide again."
            )
        return _insert(db, {**row, "previous": stack[-1]})


def fit(workspace: Workspace, dataset: str, run: str) -> Run:
    """A run that may serve a dataset.

    Raises:
        NotFound: There is no such run.
        BadInput: It has not succeeded, is on another dataset, or was not scored; or its files are
            not those that were trained.
    """
    found = open_run(workspace, run)
    if found.dataset != dataset:
        raise BadInput(
            f"{run} is a run on {found.dataset!r}, not on {dataset!r}: it cannot serve it. "
            f"`assay runs list` shows the runs."
        )
    if found.state != "succeeded":
        raise BadInput(
            f"{run} has not succeeded (it is {found.state}); only a finished run can serve."
        )
    if not found.evaluations.get("tuned"):
        raise BadInput(
            f"{run} was not scored on a test split, so nobody knows how good it is; give "
            f"{dataset!r} a test split and train again."
        )
    folder = workspace.run(run) / "model"
    for name, digest in found.files.items():
        if not (folder / name).is_file() or record.hash_file(folder / name) != digest:
            raise BadInput(
                f"The file {name!r} of {run} is gone or was changed since it was trained; train "
                "again, or put the file back."
            )
    return found


def _row(
    workspace: Workspace, dataset: str, run: Run, kind: str, who: str | None, why: str
) -> dict[str, Any]:
    reason = why.strip()
    if not reason or len(reason) > MOST_WHY:
        raise BadInput(
            f"Say why with --why REASON, in at most {MOST_WHY:,} characters; it is kept with the "
            "decision."
        )
    data = open_dataset(workspace, f"{dataset}@{run.data_version}")
    return {
        "dataset": dataset, "run": run.run, "kind": kind, "at": time.time(), "who": name_of(who),
        "why": reason, "model_hash": record.hash_json(run.files),
        "data_version": run.data_version, "test_hash": rows_hash(workspace, data),
    }  # fmt: skip


def _insert(db: sqlite3.Connection, row: dict[str, Any]) -> Promotion:
    db.execute(
        f"INSERT INTO promotions ({','.join(row)}) VALUES ({','.join('?' * len(row))})",  # noqa: S608 - names of ours
        tuple(row.values()),
    )
    return _history(db, row["dataset"])[-1]
