"""Answers that were made elsewhere: a file of ids and predictions, and what else it knows of them.

id, prediction                                   must be there
seconds, input_tokens, output_tokens, dollars    numbers, may be empty
probability_LABEL, confidence                    0 to 1: of each label, or of the answer alone
"""

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.data.json_list import elements
from core.errors import BadInput, NotFound
from core.evaluate.answer import Answer

COLUMNS = ("id", "prediction")
PROBABILITY = "probability_"
_SHOWN = 3
Row = tuple[int, Mapping[str, Any]]


def read_answers(path: Path) -> dict[str, Answer]:
    """Read a CSV, TSV, JSONL, JSON or Parquet file; columns that mean nothing are passed over.

    Returns:
        Answers by id. Nothing is trimmed or normalised.

    Raises:
        NotFound: There is no such file.
        BadInput: It is of another kind, not UTF-8, lacks a column, or names an id twice; the
            message says where.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {str(path)!r}; give a CSV or JSONL file of predictions.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise BadInput(
            f"{path.name!r} is not a kind of file that can be read: expected "
            f"{', '.join(_READERS)} with the columns id and prediction."
        )
    found: dict[str, Answer] = {}
    doubled: dict[str, int] = {}
    try:
        for line, row in reader(path):
            where = f"{path.name}, line {line}"
            id_ = _text(where, row["id"])
            if id_ in found:
                doubled.setdefault(id_, line)
            found[id_] = _answer(where, row)
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not UTF-8 text; save it as UTF-8.") from None
    except csv.Error as error:
        raise BadInput(f"{path.name} cannot be read as a table ({error}).") from None
    if doubled:
        some = ", ".join(f"{id_!r} on line {n}" for id_, n in list(doubled.items())[:_SHOWN])
        raise BadInput(
            f"{path.name} names {len(doubled):,} ids more than once (again: {some}); which answer "
            "counts cannot be told, so leave one for each id."
        )
    if not found:
        raise BadInput(f"{path.name} holds no prediction; give rows with id and prediction.")
    return found


def _delimited(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        _check_columns(path, list(rows.fieldnames or []))
        for row in rows:
            if any(row[column] is None for column in COLUMNS):
                raise BadInput(f"{path.name}, line {rows.line_num}: the row has too few columns.")
            yield rows.line_num, row


def _lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    value = json.loads(line)
                except ValueError:
                    value = None
                yield number, _object(path, number, value)


def _list(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as file:
        try:
            for number, value in enumerate(elements(file), start=1):
                yield number, _object(path, number, value)
        except UnicodeDecodeError:
            raise
        except ValueError as error:
            raise BadInput(f"{path.name} is no JSON list of objects ({error}).") from None


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa  # a third of a second, and most files are text
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names)
            number = 0
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except pa.ArrowException as error:
        raise BadInput(f"{path.name} cannot be read as Parquet ({error}).") from None


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".csv": _delimited, ".tsv": _delimited, ".jsonl": _lines, ".ndjson": _lines, ".json": _list,
    ".parquet": _parquet,
}  # fmt: skip
KINDS = tuple(_READERS)


def _check_columns(path: Path, names: list[str]) -> None:
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise BadInput(
            f"{path.name} has no column {' and no column '.join(missing)}; its columns are "
            f"{', '.join(names) or 'none'}, expected id and prediction."
        )


def _object(path: Path, number: int, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or any(column not in value for column in COLUMNS):
        raise BadInput(f"{path.name}, line {number}: expected an object with id and prediction.")
    return value


def _answer(where: str, row: Mapping[str, Any]) -> Answer:
    text = _text(where, row["prediction"])
    given = {name.removeprefix(PROBABILITY): value for name in row
             if isinstance(name, str) and name.startswith(PROBABILITY)
             and (value := _number(where, row, name, most=1.0)) is not None}  # fmt: skip
    sure = _number(where, row, "confidence", most=1.0)
    if sure is not None and not given:
        # The other labels' are not known: the one that is there does not sum to 1.
        given = {text: sure}
    return Answer(
        text, probabilities=given or None, seconds=_number(where, row, "seconds"),
        input_tokens=_whole(where, row, "input_tokens"),
        output_tokens=_whole(where, row, "output_tokens"), dollars=_number(where, row, "dollars"),
    )  # fmt: skip


def _number(where: str, row: Mapping[str, Any], name: str, most: float = math.inf) -> float | None:
    """The number in a cell; None where the cell is empty or there is no such column."""
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        number = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number <= most or number == math.inf:
        upto = "of 0 or more" if most == math.inf else f"from 0 to {most:g}"
        raise BadInput(f"{where}: {name} is {str(value)[:40]!r}; expected a number {upto}, or "
                       "nothing.")  # fmt: skip
    return number


def _whole(where: str, row: Mapping[str, Any], name: str) -> int | None:
    number = _number(where, row, name)
    if number is not None and not number.is_integer():
        raise BadInput(f"{where}: {name} is {number:g}; tokens are counted in whole numbers.")
    return None if number is None else int(number)


def _text(where: str, value: object) -> str:
    """A string as it is, a number as it is written; half characters become "?"."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadInput(f"{where}: id and prediction must be text, not {type(value).__name__}.")
    return str(value).encode("utf-8", "replace").decode()
