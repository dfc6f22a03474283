"""What users said of the answers: thumbs, corrections, and what a person made of them.

Feedback arrives as "new" and changes nothing until somebody accepts it: whoever can send feedback
could otherwise teach the model anything.
"""

import csv
import json
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInput, NotFound
from core.workspace import Workspace

VERDICTS = ("up", "down")
STATES = ("new", "accepted", "rejected", "used", "withheld")
MAX_CHARACTERS = 20_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
  id TEXT PRIMARY KEY, at REAL NOT NULL, model TEXT NOT NULL, input TEXT NOT NULL, context TEXT,
  output TEXT NOT NULL, verdict TEXT NOT NULL, correction TEXT, source TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'new', used_in TEXT);
"""


@dataclass(frozen=True)
class Feedback:
    """One judgement of one answer.

    Attributes:
        id: "f-" and eight hex digits.
        at: When, in seconds since 1970, UTC.
        model: The run or model that answered.
        input, context, output: What was asked and answered.
        verdict: "up" or "down".
        correction: The right answer, where one was given.
        source: "api", "page", "import", or "evaluation" where it was written beside an example.
        state: "new", "accepted", "rejected", "used" (in the dataset version `used_in`), or
            "withheld" (accepted, but its input is a row that the model is judged on).
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


@contextmanager
def _open(workspace: Workspace) -> Iterator[sqlite3.Connection]:
    """A connection that is closed at the end of the block."""
    connection = workspace.connect()
    try:
        connection.executescript(SCHEMA)
        yield connection
    finally:
        connection.close()


def add(
    workspace: Workspace,
    *,
    model: str,
    input: str,
    output: str,
    verdict: str,
    correction: str | None = None,
    context: str | None = None,
    source: str,
) -> Feedback:
    """Keep a judgement.

    Raises:
        BadInput: The verdict is unknown, the input is empty, or a text is too long.
    """
    if verdict not in VERDICTS:
        raise BadInput(f"The verdict {verdict!r} is not known; use 'up' or 'down'.")
    if not input.strip():
        raise BadInput("The feedback has no input; send the text that was asked.")
    for name, text in (("input", input), ("output", output), ("correction", correction or "")):
        if len(text) > MAX_CHARACTERS:
            raise BadInput(
                f"The {name} has {len(text):,} characters; at most {MAX_CHARACTERS:,} are kept."
            )
    row = Feedback(
        f"f-{uuid.uuid4().hex[:8]}", time.time(), model, input, context, output, verdict,
        (correction or "").strip() or None, source, "new", None,
    )  # fmt: skip
    fields = asdict(row)
    with _open(workspace) as db:
        db.execute(
            f"INSERT INTO feedback ({','.join(fields)}) "  # noqa: S608 - names of a dataclass
            f"VALUES ({','.join('?' * len(fields))})",
            tuple(fields.values()),
        )
    return row


def entries(
    workspace: Workspace, state: str | None = None, models: Sequence[str] | None = None
) -> list[Feedback]:
    """Feedback, newest first; of one state and of some models if so asked."""
    with _open(workspace) as db:
        rows = db.execute(
            "SELECT * FROM feedback WHERE ? IS NULL OR state=? ORDER BY at DESC", (state, state)
        ).fetchall()
    found = [Feedback(**dict(row)) for row in rows]
    return found if models is None else [entry for entry in found if entry.model in models]


def review(workspace: Workspace, ids: Iterable[str], state: str) -> int:
    """Accept, reject or set back feedback that is not used yet; returns how many changed.

    Raises:
        NotFound: An id is not known; nothing is changed then.
    """
    wanted = list(ids)
    with _open(workspace) as db:
        known = {row["id"] for row in db.execute("SELECT id FROM feedback")}
        missing = [entry for entry in wanted if entry not in known]
        if missing:
            raise NotFound(
                f"There is no feedback called {missing[0]!r}; `assay feedback list` shows the ids."
            )
        return sum(
            db.execute(
                "UPDATE feedback SET state=? WHERE id=? AND state!='used'", (state, entry)
            ).rowcount
            for entry in wanted
        )


def settle(
    workspace: Workspace, used: Iterable[str], withheld: Iterable[str], version: str
) -> None:
    """Say what became of accepted feedback: learnt in a dataset version, or held back."""
    with _open(workspace) as db:
        for ids, state, used_in in ((used, "used", version), (withheld, "withheld", None)):
            for entry in ids:
                db.execute(
                    "UPDATE feedback SET state=?, used_in=? WHERE id=? AND state='accepted'",
                    (state, used_in, entry),
                )


def import_file(workspace: Workspace, path: Path, model: str) -> tuple[int, list[dict[str, Any]]]:
    """Read feedback from CSV or JSONL with `input`, `verdict`, and maybe `output`, `correction`.

    Returns:
        How many were kept, and the refused rows as {line, reason}.

    Raises:
        NotFound: There is no such file.
        BadInput: The file is empty, not text, or of another kind.
    """
    refused: list[dict[str, Any]] = []
    kept = 0
    for line, row in _rows(path):
        if isinstance(row, str):
            refused.append({"line": line, "reason": row})
            continue
        try:
            add(
                workspace,
                model=str(row.get("model") or model),
                input=str(row.get("input") or ""),
                context=str(row["context"]) if row.get("context") else None,
                output=str(row.get("output") or ""),
                verdict=str(row.get("verdict") or ""),
                correction=str(row["correction"]) if row.get("correction") else None,
                source="import",
            )
            kept += 1
        except BadInput as error:
            refused.append({"line": line, "reason": str(error)})
    return kept, refused


def _rows(path: Path) -> list[tuple[int, dict[str, Any] | str]]:
    """Rows with their line numbers; a row that cannot be read is the reason why."""
    if not path.is_file():
        raise NotFound(f"There is no file {str(path)!r}; name a CSV or JSONL file of feedback.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{str(path)!r} is not UTF-8 text; save it as UTF-8.") from None
    if not text.strip():
        raise BadInput(f"{str(path)!r} is empty; it should hold a row for each judgement.")
    if path.suffix.lower() == ".jsonl":
        return [(n, _json(line)) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if path.suffix.lower() == ".csv":
        reader = csv.DictReader(text.splitlines(keepends=True))
        if not {"input", "verdict"} <= set(reader.fieldnames or ()):
            raise BadInput(
                f"{str(path)!r} needs the columns input and verdict; it has "
                f"{', '.join(reader.fieldnames or ())}."
            )
        return [(reader.line_num, row) for row in reader]
    raise BadInput(f"{str(path)!r} is neither .csv nor .jsonl; save the feedback as one of them.")


def _json(line: str) -> dict[str, Any] | str:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return f"not JSON ({error.msg})"
    return row if isinstance(row, dict) else "not a JSON object"
