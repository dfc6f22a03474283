"""Features of every request, for the drift tests: of the newest millions, and no texts unasked.

Rows wait in memory and are written together by a thread, so that no request waits for the disk.
"""

import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from core.errors import AssayError
from core.workspace import Workspace

SCHEMA = """
CREATE TABLE IF NOT EXISTS traffic (
  request_id TEXT NOT NULL, place INTEGER NOT NULL, at REAL NOT NULL,
  model TEXT NOT NULL, task TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL,
  input_tokens INTEGER, output_tokens INTEGER, characters INTEGER NOT NULL, language TEXT,
  unseen_share REAL, label TEXT, confidence REAL, refused INTEGER, seconds REAL NOT NULL,
  input TEXT, context TEXT, output TEXT);
CREATE INDEX IF NOT EXISTS traffic_at ON traffic(at);
CREATE INDEX IF NOT EXISTS traffic_request ON traffic(request_id);
"""
WRITE_SECONDS = 0.5
FLUSH_SECONDS = 5.0
MOST_WAITING = 20_000
"""Rows in memory: where the disk is slower than that, the newest are counted and let go."""
STUDIED_PER_SECOND = 20
"""Texts whose language and words are looked at: the engine needs the cores more."""
MOST_ROWS, LET_GO_EVERY = 2_000_000, 20_000
"""The oldest go beyond the first, some hundred megabytes; looked at each so many that are added."""


@dataclass(frozen=True)
class Row:
    """One text that was asked, and what came of it.

    Attributes:
        request_id: Of the HTTP request; `place` tells its texts apart.
        at: When it came, in seconds since 1970, UTC.
        model, task: What answered, and what it does.
        path, status: Of HTTP; 499 = the caller left.
        input_tokens, output_tokens, characters: Lengths; the last is the input's.
        language: Code of the input's language; "" = it cannot be told, None = not looked at.
        unseen_share: Share of its words that the training data does not have; None = not known.
        label: What a classifier chose.
        confidence: As the engine tells it.
        refused: Whether the answer says that there is none ("I cannot …"), or is empty.
        seconds: From the request's head to the answer.
        input, context, output: The texts, only where they are kept.
    """

    request_id: str
    place: int
    at: float
    model: str
    task: str
    path: str
    status: int
    characters: int
    seconds: float
    input_tokens: int | None = None
    output_tokens: int | None = None
    language: str | None = None
    unseen_share: float | None = None
    label: str | None = None
    confidence: float | None = None
    refused: bool | None = None
    input: str | None = None
    context: str | None = None
    output: str | None = None


Study = Callable[[str], tuple[str | None, float | None]]
"""A text's language, and the share of its words that are new."""


def knows(workspace: Workspace, request_id: str) -> bool:
    """Whether there was such a request."""
    with workspace.tables(SCHEMA) as db:
        found = db.execute("SELECT 1 FROM traffic WHERE request_id=? LIMIT 1", (request_id,))
        return found.fetchone() is not None


class Traffic:
    """Keeps rows, in batches.

    Args:
        workspace: Where.
        texts: Whether the texts are kept too.
        study: Looks at an input; None = nobody does.
    """

    def __init__(
        self, workspace: Workspace, *, texts: bool = False, study: Study | None = None
    ) -> None:
        self._workspace, self._texts, self.study = workspace, texts, study
        self._rows: queue.SimpleQueue[Row] = queue.SimpleQueue()
        self._flushes: queue.SimpleQueue[threading.Event] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._end = False
        self._since = LET_GO_EVERY
        self.let_go = 0
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._thread.start()

    def add(self, row: Row) -> None:
        """Keep a row; returns at once."""
        if self._rows.qsize() >= MOST_WAITING:
            self.let_go += 1
        else:
            self._rows.put(row)

    def flush(self) -> None:
        """Wait until what was added before is written, or the disk takes too long."""
        written = threading.Event()
        self._flushes.put(written)
        self._wake.set()
        written.wait(FLUSH_SECONDS)

    def close(self) -> None:
        """Write what is left."""
        self._end = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        waiting: list[Row] = []
        while not self._end or self._rows.qsize():
            self._wake.wait(WRITE_SECONDS)
            self._wake.clear()
            asked = [self._flushes.get() for _ in range(self._flushes.qsize())]
            waiting += self._taken()
            try:
                self._write(waiting)
                waiting = []
            except AssayError:
                traceback.print_exc()  # locked or full; the rows wait for the next time
                del waiting[:-MOST_WAITING]
                if self._end:
                    return
            for written in asked:
                written.set()

    def _taken(self) -> list[Row]:
        found = []
        studied, most = 0, STUDIED_PER_SECOND * WRITE_SECONDS
        for _ in range(self._rows.qsize()):
            row = self._rows.get()
            if self.study is not None and row.input is not None and studied < most:
                studied += 1
                language, unseen = self.study(row.input)
                row = replace(row, language=language, unseen_share=unseen)
            if not self._texts:
                row = replace(row, input=None, context=None, output=None)
            found.append(row)
        return found

    def _write(self, rows: list[Row]) -> None:
        if not rows:
            return
        names = [field.name for field in fields(Row)]
        statement = (
            f"INSERT INTO traffic ({','.join(names)}) "  # noqa: S608 - names of a dataclass
            f"VALUES ({','.join('?' * len(names))})"
        )
        with self._workspace.tables(SCHEMA) as db:
            db.execute("BEGIN IMMEDIATE")
            for row in rows:
                db.execute(statement, tuple(getattr(row, name) for name in names))
            self._since += len(rows)
            if self._since >= LET_GO_EVERY:
                self._since = 0
                # Numbers of rows grow with time, and none is taken out of the middle.
                old = "DELETE FROM traffic WHERE rowid <= (SELECT MAX(rowid) FROM traffic) - ?"
                db.execute(old, (MOST_ROWS,))
            db.execute("COMMIT")
