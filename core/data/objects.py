"""JSON lines, a JSON list of objects, and Parquet, as rows of text.

Nested objects become columns with a dot ("translation.en"); of a list of texts the first is taken
("answers.text"), a list of messages stays JSON; null is an empty cell.
"""

import io
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core.data.encoding import open_bytes
from core.data.rows import Refused, Row, Table
from core.errors import BadInput

Rows = Iterator[Row | Refused]
Text = Callable[[], io.TextIOWrapper]

_LOOKED_AT = 1_000
"""Rows whose keys are taken for columns: a later row may have more, but nobody maps those."""
_DEEPEST = 3


def json_table(shown: str, form: str, encoding: str, text: Text) -> Table:
    """Open JSON or JSON lines; a ".json" file of one object a line is taken for lines.

    Raises:
        BadInput: It is no JSON, or no list of objects.
    """
    if form == "json":
        with text() as file:
            try:
                content = _parse(file.read())
            except ValueError as error:
                with text() as again:
                    if not again.readline().lstrip("\ufeff").startswith("{"):
                        raise BadInput(f"{shown!r} is not JSON: {error}.") from None
                form = "jsonl"
            else:
                items = _items(content, shown)
                return _table(shown, form, encoding, lambda: _of_items(items, shown))

    def lines() -> Rows:
        with text() as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _line(number, line, shown)

    return _table(shown, form, encoding, lines)


def _line(number: int, line: str, shown: str) -> Row | Refused:
    try:
        return _row(number, _parse(line), shown)
    except ValueError as error:
        return Refused(number, f"bad JSON on line {number}: {error}", shown)


def _parse(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: It is no JSON, or nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise ValueError(f"{error.msg} at {place if error.lineno > 1 else error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _items(content: Any, shown: str) -> list[Any]:
    inner = content.get("data") if isinstance(content, dict) else content
    if not isinstance(inner, list):
        raise BadInput(f'{shown!r} is no list; expected [{{"…": "…"}}, …] or JSON lines.')
    return inner


def _of_items(items: list[Any], shown: str) -> Rows:
    return (_row(number, item, shown) for number, item in enumerate(items, 1))


def _row(number: int, item: Any, shown: str) -> Row | Refused:
    if not isinstance(item, dict):
        return Refused(number, "is not a JSON object", shown)
    return Row(number, dict(_cells(item)))


def _cells(item: dict[str, Any], prefix: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    for name, value in item.items():
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from _cells(value, f"{prefix}{name}.", depth + 1)
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict | bytes):
        return ""
    if isinstance(value, list) and value and isinstance(value[0], dict) and "role" in value[0]:
        return json.dumps(value, ensure_ascii=False)  # a conversation: `core.data.chat`
    if isinstance(value, list):
        return _text(value[0]) if value and not isinstance(value[0], list) else ""
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def _table(shown: str, form: str, encoding: str | None, rows: Callable[[], Rows]) -> Table:
    looked_at = itertools.islice(rows(), _LOOKED_AT)
    columns = {name: None for row in looked_at if isinstance(row, Row) for name in row.cells}
    return Table(shown, form, encoding, None, tuple(columns), rows)


def parquet_table(path: Path, shown: str) -> Table:
    """Open a Parquet file.

    Raises:
        BadInput: It is damaged.
    """
    import pyarrow  # a third of a second, and most files are text
    from pyarrow import parquet

    def rows() -> Rows:
        with open_bytes(path) as file:
            number = 0
            for batch in parquet.ParquetFile(io.BytesIO(file.read())).iter_batches():
                for item in batch.to_pylist():
                    number += 1
                    yield _row(number, item, shown)

    try:
        return _table(shown, "parquet", None, rows)
    except (pyarrow.ArrowException, OSError) as error:
        raise BadInput(f"{shown!r} is a damaged Parquet file ({error}); write it again.") from None
