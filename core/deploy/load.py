"""How busy a server is: what the table of requests holds of the model that it serves."""

import time
from dataclasses import dataclass

from core.deploy.latency import Latency, summarise
from core.deploy.traffic import SCHEMA
from core.workspace import Workspace

MINUTE_SECONDS = 60
WINDOW_SECONDS = 300
"""Latency is of the requests of so long: of a whole week it would hide the last minutes."""
MOST_TIMES = 2_000
QUEUE_FULL = 429

_COUNTS = f"""
SELECT COALESCE(SUM(status < 400), 0) AS answered,
  COALESCE(SUM(status < 400 AND at >= ?), 0) AS per_minute,
  COALESCE(SUM(status = {QUEUE_FULL}), 0) AS refused, COALESCE(SUM(status >= 500), 0) AS errors
FROM traffic WHERE model=? AND place=0 AND at >= ?
"""  # noqa: S608 - a number of ours
_TIMES = """
SELECT seconds FROM traffic WHERE model=? AND place=0 AND status < 400 AND at >= ?
ORDER BY at DESC LIMIT ?
"""


@dataclass(frozen=True)
class ServedLoad:
    """Requests to a model since a time.

    Attributes:
        answered: All that got an answer; per_minute: those of the last minute.
        refused: With 429, as the queue was full; errors: with a status from 500 on.
        latency: From head to answer, of the last minutes; None = nothing was answered in them.
    """

    answered: int
    per_minute: int
    refused: int
    errors: int
    latency: Latency | None


def served_load(
    workspace: Workspace, model: str, since: float, *, now: float | None = None
) -> ServedLoad:
    """How busy a model was.

    Args:
        workspace: Whose.
        model: As it is called where it is served; two servers of one model are counted together.
        since: Start of its server, in seconds since 1970.
        now: The time; None = the clock's.
    """
    at = time.time() if now is None else now
    with workspace.tables(SCHEMA) as db:
        counts = db.execute(_COUNTS, (at - MINUTE_SECONDS, model, since)).fetchone()
        begin = max(since, at - WINDOW_SECONDS)
        times = db.execute(_TIMES, (model, begin, MOST_TIMES)).fetchall()
    return ServedLoad(**dict(counts), latency=summarise([1_000 * row["seconds"] for row in times]))
