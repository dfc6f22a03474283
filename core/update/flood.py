"""A limit on judgements by source and minute: whoever floods the queue would bury what matters."""

import sqlite3

from core.errors import TooMany

PER_MINUTE = {"api": 120, "page": 60}
"""Judgements that a source may send in a minute; a file is read by whoever owns the workspace."""
PER_SENDER = 30
"""Of these, those of one sender."""
MINUTE_SECONDS = 60.0


def check_flood(db: sqlite3.Connection, source: str, sender: str | None, at: float) -> None:
    """Refuse one judgement more than is taken; call it in the transaction that adds the next.

    Raises:
        TooMany: The source, or this sender, has sent too many in the minute before `at`.
    """
    most = PER_MINUTE.get(source)
    if most is None:
        return
    recent = [
        (found["at"], found["sender"]) for found in db.execute(
            "SELECT at, sender FROM feedback WHERE source=? AND at>? AND at<=? ORDER BY at",
            (source, at - MINUTE_SECONDS, at),
        )
    ]  # fmt: skip
    own = [when for when, who in recent if sender is not None and who == sender]
    for times, limit in ((own, PER_SENDER), ([when for when, _ in recent], most)):
        if len(times) >= limit:
            wait = max(1.0, times[-limit] + MINUTE_SECONDS - at)
            raise TooMany(
                f"{limit} judgements came in the last minute, as many as are taken; send the next "
                f"in {wait:.0f} s.",
                wait,
            )
