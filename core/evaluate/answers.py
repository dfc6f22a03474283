"""Answers that were made elsewhere: a file of ids and predictions."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from core.errors import BadInput, NotFound

COLUMNS = ("id", "prediction")


def read_answers(path: Path) -> dict[str, str]:
    """Read a CSV, TSV or JSONL file with `id` and `prediction`; other columns are passed over.

    Returns:
        Predictions by id. Nothing is trimmed or normalised.

    Raises:
        NotFound: There is no such file.
        BadInput: It is of another kind, not UTF-8, lacks a column, or names an id twice; the
            message says where.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {str(path)!r}; give a CSV or JSONL file of predictions.")
    readers = {".csv": _delimited, ".tsv": _delimited, ".jsonl": _lines, ".ndjson": _lines}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput(
            f"{path.name!r} is not a kind of file that can be read: expected .csv, .tsv or .jsonl "
            "with the columns id and prediction."
        )
    found: dict[str, str] = {}
    try:
        for line, id_, text in reader(path):
            if id_ in found:
                raise BadInput(f"{path.name}, line {line}: the id {id_!r} occurs twice.")
            found[id_] = text
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not UTF-8 text; save it as UTF-8.") from None
    except csv.Error as error:
        raise BadInput(f"{path.name} cannot be read as a table ({error}).") from None
    if not found:
        raise BadInput(f"{path.name} holds no prediction; give rows with id and prediction.")
    return found


def _delimited(path: Path) -> Iterator[tuple[int, str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        names = rows.fieldnames or []
        missing = [column for column in COLUMNS if column not in names]
        if missing:
            raise BadInput(
                f"{path.name} has no column {' and no column '.join(missing)}; its columns are "
                f"{', '.join(names) or 'none'}, expected id and prediction."
            )
        for row in rows:
            id_, text = row["id"], row["prediction"]
            if id_ is None or text is None:
                raise BadInput(f"{path.name}, line {rows.line_num}: the row has too few columns.")
            yield rows.line_num, id_, text


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                id_, text = (row[column] for column in COLUMNS)
            except (ValueError, KeyError, TypeError):
                raise BadInput(
                    f"{path.name}, line {number}: expected an object with id and prediction."
                ) from None
            yield number, _word(path, number, id_), _word(path, number, text)


def _word(path: Path, number: int, value: object) -> str:
    """A string as it is, a number as it is written; half characters become "?"."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadInput(
            f"{path.name}, line {number}: id and prediction must be text, not "
            f"{type(value).__name__}."
        )
    return str(value).encode("utf-8", "replace").decode()
