"""Feedback that comes from outside: the body of a request, a file.

    POST /v1/feedback  {"request_id"?, "input"?, "output"?, "verdict"?, "correction"?, "comment"?,
                        "context"?}

With the id of a request whose texts were logged, input and output may be left out.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import BadInput, NotFound
from core.update.feedback import Feedback, add
from core.update.traffic_read import request_of
from core.workspace import Workspace

TEXTS = ("input", "output", "verdict", "correction", "comment", "context", "request_id")
SAYS = {"verdict", "correction", "comment"}
"""Columns of which a file needs one."""


def received(
    workspace: Workspace, body: Mapping[str, Any], *, model: str, sender: str | None = None,
    source: str = "api", as_is: bool = False,
) -> Feedback:  # fmt: skip
    """Keep the judgement that the body of a request holds.

    Args:
        workspace: Where it is kept.
        body: Its JSON object.
        model: What is served; the one that answered the request counts where that is known.
        sender: What tells senders apart: a key's id, or a hash of an address.
        source: As `Feedback` has it.
        as_is: Mask no personal data.

    Raises:
        BadInput: A field is no text, or cannot be kept.
        NotFound: No request of that id was logged.
        TooMany: It is a flood.
    """
    fields: dict[str, str | None] = {}
    for name in TEXTS:
        value = body.get(name)
        if value is not None and not isinstance(value, str):
            raise BadInput(f'"{name}" must be a text; a {type(value).__name__} was sent.')
        fields[name] = value
    asked = request_of(workspace, fields["request_id"]) if fields["request_id"] else None
    if asked:
        model = asked.model
        fields["input"] = fields["input"] or asked.input_text
        fields["output"] = fields["output"] or asked.output_text
    return _added(workspace, fields, model, source, sender, as_is=as_is)


def _added(
    workspace: Workspace, fields: Mapping[str, str | None], model: str, source: str,
    sender: str | None = None, *, as_is: bool = False,
) -> Feedback:  # fmt: skip
    verdict = fields.get("verdict")
    if not verdict:
        # Who corrects an answer without a thumb was not content with it.
        verdict = "down" if fields.get("correction") else "note" if fields.get("comment") else ""
    return add(
        workspace, model=model, input=fields.get("input") or "",
        output=fields.get("output") or "", verdict=verdict,
        correction=fields.get("correction"), context=fields.get("context") or None,
        comment=fields.get("comment"), request_id=fields.get("request_id") or None,
        source=source, sender=sender, as_is=as_is,
    )  # fmt: skip


def import_file(
    workspace: Workspace, path: Path, model: str, *, as_is: bool = False
) -> tuple[list[Feedback], list[dict[str, Any]]]:
    """Read feedback from CSV or JSONL: a row a judgement, with the columns TEXTS and `model`.

    Returns:
        What was kept, and the refused rows as {line, reason}.

    Raises:
        NotFound: There is no such file.
        BadInput: The file is empty, not text, or of another kind.
    """
    kept: list[Feedback] = []
    refused: list[dict[str, Any]] = []
    for line, row in _rows(path):
        if isinstance(row, str):
            refused.append({"line": line, "reason": row})
            continue
        fields = {name: str(row[name]) if row.get(name) else None for name in (*TEXTS, "model")}
        try:
            kept.append(_added(workspace, fields, fields["model"] or model, "import", as_is=as_is))
        except (BadInput, NotFound) as error:
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
        return [(n, _json(line)) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if path.suffix.lower() == ".csv":
        reader = csv.DictReader(text.splitlines(keepends=True))
        if "input" not in (reader.fieldnames or ()) or not SAYS & set(reader.fieldnames or ()):
            raise BadInput(
                f"{str(path)!r} needs the columns input and verdict (or correction, or comment); "
                f"it has {', '.join(reader.fieldnames or ())}."
            )
        return [(reader.line_num, row) for row in reader]
    raise BadInput(f"{str(path)!r} is neither .csv nor .jsonl; save the feedback as one of them.")


def _json(line: str) -> dict[str, Any] | str:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return f"not JSON ({error.msg})"
    return row if isinstance(row, dict) else "not a JSON object"
