"""Where a field stands in the text of a scenario: which lines a message speaks of.

Works on text that is no valid TOML, too: it is then that a message must point at a line.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

HEADER = re.compile(r"""\s*(\[\[?)\s*([A-Za-z_]+)\s*\]\]?\s*(#.*)?$""")
ENTRY = re.compile(r"""(\s*)(#\s*)?("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*=\s*(.*)$""")


@dataclass(frozen=True)
class Line:
    """A line of a text, counted from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class Row:
    """A line, the section it is in ("" above all), which of several, and the field it sets."""

    line: Line
    section: str
    nth: int
    key: str | None
    unset: bool
    header: bool


def rows_of(text: str) -> Iterator[Row]:
    """Every line with the section it is in and the field it sets."""
    section, nth = "", 0
    counted: dict[str, int] = {}
    for number, words in enumerate(text.splitlines(), start=1):
        line = Line(number, words)
        header = HEADER.match(words)
        if header:
            section = header[2]
            counted[section] = nth = counted.get(section, 0) + 1
            yield Row(line, section, nth, None, False, True)
            continue
        entry = ENTRY.match(words)
        key = entry[3].strip("\"'") if entry else None
        yield Row(line, section, nth, key, bool(entry and entry[2]), False)


def marked(text: str, message: str) -> tuple[Line, ...]:
    """The lines that a message about a scenario speaks of; none where it names no field.

    Args:
        text: Of the scenario, as it was typed.
        message: Of `parse` or of `plan.make`, with or without the file's name before it.
    """
    at = re.search(r"\(at line (\d+), column \d+\)", message)
    rows = list(rows_of(text))
    if message.endswith("(at end of document)"):
        return tuple(row.line for row in rows[-1:])
    if at:
        return tuple(row.line for row in rows if row.line.number == int(at[1]))
    for look in (_of_table, _of_numbered, _of_section, _of_called):
        found = look(rows, message)
        if found:
            return tuple(row.line for row in found)
    return ()


def _of_table(rows: list[Row], message: str) -> list[Row]:
    """Of `ranges."PATH"` and `assumptions."PATH"`."""
    named = re.search(r'(?:^|: )(ranges|assumptions)\."(.*?)" (?:is|has|speaks)', message)
    return _fields(rows, named[1], 1, named[2]) if named else []


def _of_numbered(rows: list[Row], message: str) -> list[Row]:
    """Of "option 2 (NAME).gpus is 3"."""
    named = re.search(r"(?:^|: )(option|shock) (\d+)\b", message)
    if named is None:
        return []
    field = re.match(r"(?: \(.*?\))?\.(\w+)\b", message[named.end() :])
    return _fields(rows, named[1], int(named[2]), field[1] if field else None)


def _of_called(rows: list[Row], message: str) -> list[Row]:
    """Of "option 'NAME': model 'x' is not known"."""
    called = re.search(r"(?:^|: |and )option ('.*?'|\".*?\")", message)
    names = _named(rows, called[1][1:-1]) if called else []
    return [row for row in rows if row.header and row.section == "option" and row.nth in names]


def _of_section(rows: list[Row], message: str) -> list[Row]:
    """Of "company.cash_usd is …", "start is …", "foo is not a field of a scenario"."""
    for path in re.finditer(r"(?:^|: )(?:scenario\.)?([a-z_]+)(?:\.(\w+))?(?= is |: )", message):
        section, key = (path[1], path[2]) if path[2] else ("", path[1])
        found = _fields(rows, section, 1 if section else 0, key)
        found = found or [row for row in rows if row.header and row.section == path[1]][:1]
        if found:
            return found
    return []


def _fields(rows: list[Row], section: str, nth: int, key: str | None) -> list[Row]:
    """The lines that set a field, else the one that could, else the head of its section."""
    own = [row for row in rows if row.section == section and row.nth == nth]
    for found in (
        [row for row in own if row.key == key and key and not row.unset],
        [row for row in own if row.key == key and key and row.unset],
        [row for row in own if row.header],
    ):
        if found:
            return found
    return []


def _named(rows: list[Row], name: str) -> list[int]:
    """Numbers of the options of a name."""
    found = []
    for row in rows:
        if row.section == "option" and row.key == "name" and not row.unset:
            try:
                said = tomllib.loads(row.line.text)["name"]
            except tomllib.TOMLDecodeError:
                continue
            if said == name:
                found.append(row.nth)
    return found
