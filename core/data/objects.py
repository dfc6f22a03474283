"""JSON lines and a JSON list of objects as rows of text.

Nested objects become columns with a dot ("translation.en"); of a list of texts the first is taken
("answers.text"), a list of messages stays JSON; null is an empty cell.
"""

import io
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

from core.data.json_list import elements, no_constant
from core.data.lines import LineReader, LongLine, tolerant
from core.data.rows import Refused, Row, Table
from core.errors import BadInput
from core.units import MIB

Rows = Iterator[Row | Refused]
Text = Callable[[], io.TextIOWrapper]

_LOOKED_AT = 1_000
"""Rows whose keys are taken for columns: a later row may have more, but nobody maps those."""
_DEEPEST = 3
_HEAD = 4096
_LONGEST_OBJECT = 64 * MIB
"""Characters of a file that is one object: it is held whole."""
_DECODER = json.JSONDecoder(parse_constant=no_constant)


def json_table(shown: str, form: str, encoding: str, text: Text) -> Table:
    """Open JSON or JSON lines; a ".json" file of one object a line is taken for lines.

    Raises:
        BadInput: It is no JSON, or no list of objects.
    """
    if form == "json":
        with text() as file:
            head = file.read(_HEAD).lstrip("\ufeff \t\r\n")
        if head.startswith("["):
            return table_of(shown, form, encoding, lambda: _of_list(text, shown))
        whole = _whole(shown, text, head)
        if whole is not None:
            return table_of(shown, form, encoding, lambda: _of_items(iter(whole), shown))

    return table_of(shown, "jsonl", encoding, lambda: _of_lines(text, shown))


def _of_lines(text: Text, shown: str) -> Rows:
    with text() as file:
        for number, line in enumerate(tolerant(LineReader(file)), 1):
            if isinstance(line, LongLine):
                yield Refused(number, line.reason, shown)
            elif stripped := line.strip():
                yield _line(number, stripped, shown)


def _line(number: int, line: str, shown: str) -> Row | Refused:
    try:
        return row_of(number, _parse(line), shown)
    except ValueError as error:
        return Refused(number, f"bad JSON on line {number}: {error}", shown)


def _parse(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: It is no JSON, or nested too deeply.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno} " if error.lineno > 1 else ""
        raise ValueError(f"{error.msg} at {line}column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _whole(shown: str, text: Text, head: str) -> list[Any] | None:
    """The list under "data" of a file that is one object; None if it is one object a line.

    Raises:
        BadInput: It is neither.
    """
    with text() as file:
        content = file.read(_LONGEST_OBJECT + 1)
    try:
        if len(content) > _LONGEST_OBJECT:
            raise ValueError(f"it is one value of more than {_LONGEST_OBJECT:,} characters")
        value = _parse(content.lstrip("\ufeff"))
    except ValueError as error:
        if head.startswith("{"):
            return None
        raise BadInput(f"{shown!r} is not JSON: {error}.") from None
    inner = value.get("data") if isinstance(value, dict) else value
    if not isinstance(inner, list):
        raise BadInput(f'{shown!r} is no list; expected [{{"…": "…"}}, …] or JSON lines.')
    return inner


def _of_list(text: Text, shown: str) -> Rows:
    with text() as file:
        if file.read(1) != "\ufeff":
            file.seek(0)
        try:
            yield from _of_items(elements(file), shown)
        except ValueError as error:
            raise BadInput(f"{shown!r} is not JSON: {error}.") from None


def _of_items(items: Iterator[Any], shown: str) -> Rows:
    return (row_of(number, item, shown) for number, item in enumerate(items, 1))


def row_of(number: int, item: Any, shown: str) -> Row | Refused:
    """An object as a row, or why it is none."""
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
        return json.dumps(value, ensure_ascii=False)  # a conversation: `core.chat`
    if isinstance(value, list):
        return _text(value[0]) if value and not isinstance(value[0], list) else ""
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def table_of(shown: str, form: str, encoding: str | None, rows: Callable[[], Rows]) -> Table:
    """A table whose columns are the keys of its first rows."""
    looked_at = itertools.islice(rows(), _LOOKED_AT)
    columns = {name: None for row in looked_at if isinstance(row, Row) for name in row.cells}
    return Table(shown, form, encoding, None, tuple(columns), rows)
