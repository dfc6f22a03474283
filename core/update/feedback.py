"""What users said of the answers: thumbs, corrections, comments, and what a person made of them.

Feedback arrives as "new" and changes nothing until somebody accepts it: whoever can send feedback
could otherwise teach the model anything. Personal data are masked on the way in.
"""

import json
import sqlite3
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from core.errors import BadInput, NotFound
from core.update import masking
from core.update.flood import check_flood
from core.update.schema import opened, transaction
from core.update.traffic_read import has_request
from core.workspace import Workspace

VERDICTS = ("up", "down", "note")
"""Thumbs; "note" = neither, but a correction or a comment."""
STATES = ("new", "accepted", "rejected", "used", "held", "withheld")
MAX_CHARACTERS = 20_000


@dataclass(frozen=True)
class Feedback:
    """One judgement of one answer.

    Attributes:
        id: "f-" and eight hex digits.
        at: When, in seconds since 1970, UTC.
        model: The run or model that answered.
        input, context, output: What was asked and answered.
        verdict: "up", "down", or "note".
        correction: The right answer, where one was given.
        source: "api", "page", "import", "command", or "evaluation" where it was written beside an
            example.
        state: "new", "accepted", "rejected", "used" (in the dataset version `used_in`), "held"
            (accepted and never learnt: it judges the next model), or "withheld" (accepted, but its
            input is a row that the model is judged on).
        comment: What else the user said.
        request_id: Of the request that was answered, as the server logged it.
        sender: A key's id or a hash that tells senders apart; never a name.
        masked: Kinds of personal data to how many were masked.
        given: The user's own correction, where a reviewer `edited` it; None = there was none.
        reviewer, reviewed_at: Who looked at it last, and when.
    """

    id: str
    at: float
    model: str
    input: str
    context: str | None
    output: str
    verdict: str
    correction: str | None
    source: str
    state: str
    used_in: str | None
    comment: str | None = None
    request_id: str | None = None
    sender: str | None = None
    masked: dict[str, int] = field(default_factory=dict)
    given: str | None = None
    edited: bool = False
    reviewer: str | None = None
    reviewed_at: float | None = None


def add(
    workspace: Workspace,
    *,
    model: str,
    input: str,
    output: str,
    verdict: str,
    source: str,
    correction: str | None = None,
    context: str | None = None,
    comment: str | None = None,
    request_id: str | None = None,
    sender: str | None = None,
    as_is: bool = False,
    now: float | None = None,
) -> Feedback:
    """Keep a judgement, its personal data masked unless it shall be kept `as_is`.

    Args:
        workspace: Where it is kept.
        model: What answered.
        input: What was asked.
        output: What was answered.
        verdict: One of VERDICTS.
        source: Which way it came.
        correction: The right answer.
        context: For question answering, the passage.
        comment: What else was said.
        request_id: Of the request that was answered.
        sender: What tells senders apart.
        as_is: Mask nothing.
        now: The time; None = the clock's.

    Raises:
        BadInput: The verdict is unknown, the input is empty, a note says nothing, or a text is too
            long or no text.
        NotFound: No request of that id was logged.
        TooMany: The source, or this sender, has sent too many in the last minute.
    """
    texts = {"input": input, "output": output, "context": context,
             "correction": (correction or "").strip() or None,
             "comment": (comment or "").strip() or None}  # fmt: skip
    check(verdict, texts)
    if request_id is not None and not has_request(workspace, request_id):
        raise NotFound(
            f"There is no logged request {request_id[:64]!r} in this workspace; send the id that "
            "came with the answer, or leave it out."
        )
    clean, counts = (texts, {}) if as_is else masking.all_masked(texts)
    row = Feedback(
        f"f-{uuid.uuid4().hex[:8]}", time.time() if now is None else now, model,
        str(clean["input"]), clean["context"], str(clean["output"]), verdict, clean["correction"],
        source, "new", None, clean["comment"], request_id, sender, counts,
    )  # fmt: skip
    with opened(workspace) as db, transaction(db):
        check_flood(db, row.source, row.sender, row.at)
        _insert(db, row)
    return row


def check(verdict: str, texts: Mapping[str, str | None]) -> None:
    """Refuse what cannot be kept: see `add`."""
    if verdict not in VERDICTS:
        raise BadInput(f"The verdict {verdict!r} is not known; use 'up', 'down' or 'note'.")
    if not (texts["input"] or "").strip():
        raise BadInput("The feedback has no input; send the text that was asked.")
    if verdict == "note" and not (texts.get("correction") or texts.get("comment")):
        raise BadInput("A note says nothing without a correction or a comment; send one of them.")
    for name, text in texts.items():
        if len(text or "") > MAX_CHARACTERS:
            raise BadInput(
                f"The {name} has {len(text or ''):,} characters; at most {MAX_CHARACTERS:,} are "
                "kept."
            )
        try:
            (text or "").encode()
        except UnicodeEncodeError:
            raise BadInput(
                f"The {name} holds half a character (a lone surrogate); send UTF-8 text."
            ) from None


def _insert(db: sqlite3.Connection, row: Feedback) -> None:
    fields = {**asdict(row), "masked": json.dumps(row.masked)}
    db.execute(
        f"INSERT INTO feedback ({','.join(fields)}) "  # noqa: S608 - names of a dataclass
        f"VALUES ({','.join('?' * len(fields))})",
        tuple(fields.values()),
    )


def entries(
    workspace: Workspace, state: str | None = None, models: Sequence[str] | None = None
) -> list[Feedback]:
    """Feedback, newest first; of one state and of some models if so asked."""
    with opened(workspace) as db:
        rows = db.execute(
            "SELECT * FROM feedback WHERE ? IS NULL OR state=? ORDER BY at DESC, rowid DESC",
            (state, state),
        ).fetchall()
    found = [_made(dict(row)) for row in rows]
    return found if models is None else [entry for entry in found if entry.model in models]


def _made(row: dict[str, Any]) -> Feedback:
    known = {name: row[name] for name in Feedback.__dataclass_fields__}
    masked = json.loads(row["masked"] or "{}")
    return Feedback(**{**known, "masked": masked, "edited": bool(row["edited"])})


def entry(workspace: Workspace, feedback_id: str) -> Feedback:
    """One judgement.

    Raises:
        NotFound: There is none of that id.
    """
    with opened(workspace) as db:
        row = db.execute("SELECT * FROM feedback WHERE id=?", (feedback_id,)).fetchone()
    if row is None:
        raise unknown(feedback_id)
    return _made(dict(row))


def unknown(feedback_id: str) -> NotFound:
    """The error of an id that is not known."""
    return NotFound(
        f"There is no feedback called {feedback_id!r}; `assay feedback list` shows the ids."
    )
