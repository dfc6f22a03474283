"""What the server wrote of each request, read back: features are numbers, texts only if logged.

The table belongs to the server; it may be absent (nothing was served yet), lack columns that are
read here, or hold more. What is not there is None.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from core.workspace import Workspace

MOST_REQUESTS = 50_000
"""Requests that are looked at: of more, the newest."""
_NAMES = {
    "id": ("id", "request_id"),
    "at": ("at",),
    "model": ("model",),
    "task": ("task",),
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "characters": ("characters",),
    "language": ("language",),
    "unseen_share": ("unseen_share",),
    "label": ("label",),
    "confidence": ("confidence",),
    "refused": ("refused",),
    "seconds": ("seconds",),
    "status": ("status",),
    "input_text": ("input_text", "input"),
    "output_text": ("output_text", "output"),
}
"""Fields of `Request`, and the columns that may hold them."""


@dataclass(frozen=True)
class Request:
    """One request that was served.

    Attributes:
        id: As the answer carried it.
        at: When, in seconds since 1970, UTC.
        model, task: What answered.
        input_tokens, output_tokens, characters: Lengths; characters are the input's.
        language: Code of the input's; "" = it cannot be told.
        unseen_share: Share of the input's words that the training data do not hold, 0 to 1.
        label: What a classifier said.
        confidence: Of the answer, 0 to 1.
        refused: Whether the model declined to answer.
        seconds: It took.
        status: Of HTTP.
        input_text, output_text: The texts, where they are logged.
    """

    id: str
    at: float
    model: str
    task: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    characters: int | None = None
    language: str | None = None
    unseen_share: float | None = None
    label: str | None = None
    confidence: float | None = None
    refused: bool | None = None
    seconds: float | None = None
    status: int | None = None
    input_text: str | None = None
    output_text: str | None = None


def requests(
    workspace: Workspace,
    models: Sequence[str] | None = None,
    since: float | None = None,
    until: float | None = None,
    most: int = MOST_REQUESTS,
) -> list[Request]:
    """Requests that were answered, oldest first; of more than `most`, the newest.

    Args:
        workspace: Whose.
        models: Which models'; None = all.
        since: From this time on, in seconds since 1970.
        until: Before this time.
        most: No more than that.
    """
    with closing(workspace.connect()) as db:
        columns = _columns(db)
        if not columns:
            return []
        where, values = ["1"], list[object]()
        if models is not None:
            where.append(f"{columns['model']} IN ({','.join('?' * len(models))})")
            values += models
        for word, limit in ((">=", since), ("<", until)):
            if limit is not None:
                where.append(f"{columns['at']} {word} ?")
                values.append(limit)
        if "status" in columns:
            where.append(f"({columns['status']} IS NULL OR {columns['status']} < 400)")
        rows = _select(db, columns, " AND ".join(where), values, most)
    return [_made(row) for row in reversed(rows)]


def count(workspace: Workspace, model: str) -> int:
    """How many requests a model answered."""
    with closing(workspace.connect()) as db:
        columns = _columns(db)
        if not columns:
            return 0
        query = f"SELECT COUNT(*) FROM traffic WHERE {columns['model']}=?"  # noqa: S608 - a column
        return int(db.execute(query, (model,)).fetchone()[0])


def request_of(workspace: Workspace, request_id: str) -> Request | None:
    """The request of an id; None = no such request was logged."""
    with closing(workspace.connect()) as db:
        columns = _columns(db)
        if not columns:
            return None
        rows = _select(db, columns, f"{columns['id']}=?", [request_id], 1)
    return _made(rows[0]) if rows else None


def has_request(workspace: Workspace, request_id: str) -> bool:
    """Whether a request of that id was logged."""
    return request_of(workspace, request_id) is not None


def _columns(db: sqlite3.Connection) -> dict[str, str]:
    """Field to column, of the columns that are there; {} = no table that can be read."""
    there = {row["name"] for row in db.execute("PRAGMA table_info(traffic)")}
    found = {
        field: next(name for name in names if name in there)
        for field, names in _NAMES.items() if there & set(names)
    }  # fmt: skip
    return found if {"id", "at", "model"} <= set(found) else {}


def _select(
    db: sqlite3.Connection, columns: dict[str, str], where: str, values: Sequence[object], most: int
) -> list[sqlite3.Row]:
    named = ", ".join(f"{column} AS {field}" for field, column in columns.items())
    query = f"SELECT {named} FROM traffic WHERE {where} ORDER BY {columns['at']} DESC LIMIT ?"  # noqa: S608 - names from a table of ours
    return db.execute(query, (*values, most)).fetchall()


def _made(row: sqlite3.Row) -> Request:
    fields = dict(row)
    if fields.get("refused") is not None:
        fields["refused"] = bool(fields["refused"])
    return Request(**fields)
