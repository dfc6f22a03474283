"""What a person makes of feedback: accept, edit, reject; and what became of what was accepted.

Every step is kept with who and when. An edit keeps the user's own correction too.
"""

import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import BadInput
from core.update import masking
from core.update.feedback import STATES, Feedback, check, entry, unknown
from core.update.schema import opened, transaction
from core.update.who import name_of
from core.workspace import Workspace

LEARNT = ("used", "held")
"""What was learnt, or judges models, is not undone by a review."""


def review(workspace: Workspace, ids: Iterable[str], state: str, who: str | None = None) -> int:
    """Accept, reject or set back feedback that is not used yet; returns how many changed.

    Args:
        workspace: Whose.
        ids: Which.
        state: "accepted", "rejected" or "new".
        who: The reviewer; None = the account's name.

    Raises:
        NotFound: An id is not known; nothing is changed then.
        BadInput: That is no state that a review can give.
    """
    if state not in STATES[:3]:
        raise BadInput(f"A review cannot make feedback {state!r}; use {', '.join(STATES[:3])}.")
    wanted, name = list(dict.fromkeys(ids)), name_of(who)
    with opened(workspace) as db, transaction(db):
        known = {row["id"] for row in db.execute("SELECT id FROM feedback")}
        missing = [one for one in wanted if one not in known]
        if missing:
            raise unknown(missing[0])
        return sum(_reviewed(db, one, state, name) for one in wanted)


def _reviewed(db: sqlite3.Connection, feedback_id: str, state: str, who: str) -> bool:
    at = time.time()
    before = db.execute("SELECT state FROM feedback WHERE id=?", (feedback_id,)).fetchone()["state"]
    if before in LEARNT:
        return False
    db.execute("UPDATE feedback SET state=?, reviewer=?, reviewed_at=? WHERE id=?",
               (state, who, at, feedback_id))  # fmt: skip
    _log(db, feedback_id, at, who, state, before, state)
    return True


def edit(
    workspace: Workspace, feedback_id: str, correction: str, who: str | None = None
) -> Feedback:
    """Accept feedback with the reviewer's own correction; the user's is kept as `given`.

    Raises:
        NotFound: There is no such feedback.
        BadInput: The correction is empty or too long, or the feedback was learnt already.
    """
    before, name = entry(workspace, feedback_id), name_of(who)
    if before.state in LEARNT:
        raise BadInput(
            f"{feedback_id} was learnt in {before.used_in} and cannot be edited; `assay feedback "
            "teach` gives the next update a better answer."
        )
    if not correction.strip():
        raise BadInput("The correction is empty; write what the model should have said.")
    check(before.verdict, {"input": before.input, "correction": correction, "comment": None})
    text, found = masking.masked(correction.strip())
    if before.context is not None and text not in before.context:
        raise BadInput(
            "The correction does not stand in the passage word for word; copy it from there."
        )
    total = {kind: before.masked.get(kind, 0) + found.get(kind, 0)
             for kind in {**before.masked, **found}}  # fmt: skip
    at = time.time()
    with opened(workspace) as db, transaction(db):
        db.execute(
            "UPDATE feedback SET correction=?, given=CASE WHEN edited THEN given ELSE correction"
            " END, edited=1, state='accepted', reviewer=?, reviewed_at=?, masked=? WHERE id=?",
            (text, name, at, json.dumps(total), feedback_id),
        )
        _log(db, feedback_id, at, name, "edited", before.correction, text)
    return entry(workspace, feedback_id)


def _log(
    db: sqlite3.Connection, feedback_id: str, at: float, who: str, action: str,
    before: str | None, after: str | None,
) -> None:  # fmt: skip
    db.execute(
        "INSERT INTO feedback_reviews (feedback, at, who, action, before, after)"
        " VALUES (?,?,?,?,?,?)",
        (feedback_id, at, who, action, before, after),
    )


@dataclass(frozen=True)
class Review:
    """What a reviewer did: "accepted", "rejected", "new" or "edited"; before and after."""

    at: float
    who: str
    action: str
    before: str | None
    after: str | None


def history(workspace: Workspace, feedback_id: str) -> list[Review]:
    """All that reviewers did with one judgement, oldest first."""
    with opened(workspace) as db:
        rows = db.execute(
            "SELECT at, who, action, before, after FROM feedback_reviews WHERE feedback=?"
            " ORDER BY number",
            (feedback_id,),
        ).fetchall()
    return [Review(*row) for row in rows]


def settle(
    workspace: Workspace, used: Iterable[str], withheld: Iterable[str], version: str,
    held: Iterable[str] = (),
) -> None:  # fmt: skip
    """Say what became of accepted feedback: learnt, held out in a dataset version, or withheld."""
    fates = ((used, "used", version), (held, "held", version), (withheld, "withheld", None))
    with opened(workspace) as db, transaction(db):
        for ids, state, used_in in fates:
            for one in ids:
                db.execute(
                    "UPDATE feedback SET state=?, used_in=? WHERE id=? AND state='accepted'",
                    (state, used_in, one),
                )
