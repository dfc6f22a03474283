"""The text of a scenario, line by line: where a field stands, and how it is set there.

Works on text that is no valid TOML, too: it is then that a message must point at a line. What a
person wrote around a value, comments above all, stays.
"""

import re
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from core.errors import BadInput
from core.record import toml
from core.strategy.scenario import dump, parse

HEADER = re.compile(r"""\s*(\[\[?)\s*([A-Za-z_]+)\s*\]\]?\s*(#.*)?$""")
ENTRY = re.compile(r"""(\s*)(#\s*)?("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*=\s*(.*)$""")
VALUE = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|[^#\s][^#]*?)(\s*(?:#.*)?)$""")
MANY = ("option", "shock")
"""Sections of which there may be several; a path calls an option by name and a shock by number."""


@dataclass(frozen=True)
class Line:
    """A line of a text, counted from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class _Row:
    """A line, the section it is in ("" above all), which of several, and the field it sets."""

    line: Line
    section: str
    nth: int
    key: str | None
    unset: bool
    header: bool


def _rows(text: str) -> Iterator[_Row]:
    section, nth = "", 0
    counted: dict[str, int] = {}
    for number, words in enumerate(text.splitlines(), start=1):
        line = Line(number, words)
        header = HEADER.match(words)
        if header:
            section = header[2]
            counted[section] = nth = counted.get(section, 0) + 1
            yield _Row(line, section, nth, None, False, True)
            continue
        entry = ENTRY.match(words)
        key = entry[3].strip("\"'") if entry else None
        yield _Row(line, section, nth, key, bool(entry and entry[2]), False)


def marked(text: str, message: str) -> tuple[Line, ...]:
    """The lines that a message about a scenario speaks of; none where it names no field.

    Args:
        text: Of the scenario, as it was typed.
        message: Of `parse` or of `plan.make`, with or without the file's name before it.
    """
    at = re.search(r"\(at line (\d+), column \d+\)", message)
    rows = list(_rows(text))
    if message.endswith("(at end of document)"):
        return tuple(row.line for row in rows[-1:])
    if at:
        return tuple(row.line for row in rows if row.line.number == int(at[1]))
    for look in (_of_table, _of_numbered, _of_section, _of_called):
        found = look(rows, message)
        if found:
            return tuple(row.line for row in found)
    return ()


def _of_table(rows: list[_Row], message: str) -> list[_Row]:
    """Of `ranges."PATH"` and `assumptions."PATH"`."""
    named = re.search(r'(?:^|: )(ranges|assumptions)\."(.*?)" (?:is|has|speaks)', message)
    return _fields(rows, named[1], 1, named[2]) if named else []


def _of_numbered(rows: list[_Row], message: str) -> list[_Row]:
    """Of "option 2 (NAME).gpus is 3"."""
    named = re.search(r"(?:^|: )(option|shock) (\d+)\b", message)
    if named is None:
        return []
    field = re.match(r"(?: \(.*?\))?\.(\w+)\b", message[named.end() :])
    return _fields(rows, named[1], int(named[2]), field[1] if field else None)


def _of_called(rows: list[_Row], message: str) -> list[_Row]:
    """Of "option 'NAME': model 'x' is not known"."""
    called = re.search(r"(?:^|: |and )option ('.*?'|\".*?\")", message)
    names = _named(rows, called[1][1:-1]) if called else []
    return [row for row in rows if row.header and row.section == "option" and row.nth in names]


def _of_section(rows: list[_Row], message: str) -> list[_Row]:
    """Of "company.cash_usd is …", "start is …", "foo is not a field of a scenario"."""
    for path in re.finditer(r"(?:^|: )(?:scenario\.)?([a-z_]+)(?:\.(\w+))?(?= is |: )", message):
        section, key = (path[1], path[2]) if path[2] else ("", path[1])
        found = _fields(rows, section, 1 if section else 0, key)
        found = found or [row for row in rows if row.header and row.section == path[1]][:1]
        if found:
            return found
    return []


def _fields(rows: list[_Row], section: str, nth: int, key: str | None) -> list[_Row]:
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


def _named(rows: list[_Row], name: str) -> list[int]:
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


def raw(text: str) -> dict[str, Any] | None:
    """The text as TOML has it, checked no further; None if it is no TOML."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def value_at(document: dict[str, Any], path: str) -> Any:
    """What a text says at a path; None where it says nothing."""
    table, key = _table(document, path)
    return table.get(key) if isinstance(table, dict) else None


def _table(document: dict[str, Any], path: str) -> tuple[Any, str]:
    """The table a path speaks of, and the key in it."""
    section, _, rest = path.partition(".")
    if not rest:
        return document, section
    if section not in MANY:
        return document.get(section), rest
    called, _, key = rest.rpartition(".")
    tables = document.get(section, [])
    if not isinstance(tables, list):
        return None, key
    if section == "shock":
        place = int(called) - 1
        return (tables[place] if place < len(tables) else None), key
    return next((row for row in tables if isinstance(row, dict) and row.get("name") == called),
                None), key  # fmt: skip


def read_value(text: str, types: tuple[Any, ...]) -> object:
    """What was typed into a field: a number, a list of them, or the text itself.

    Whether it may be that is for the scenario's reader to say.
    """
    if set(types) == {str}:
        return text
    parts = [part.strip().replace("_", "") for part in text.split(",")]
    numbers = [number for part in parts if (number := _number(part)) is not None]
    if len(numbers) != len(parts):
        return text
    return numbers[0] if len(numbers) == 1 else numbers


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def put(text: str, path: str, value: object) -> str:
    """The text with a field set, or with None commented out; everything else stays as it was.

    Where the field cannot be set on a line of its own, the scenario is written anew.

    Args:
        text: Of a scenario.
        path: Such as "horizon_months", "demand.requests_per_day", "option.NAME.quality",
            "shock.2.probability", "ranges.demand.requests_per_day".
        value: A number, text, yes or no, or a list.

    Raises:
        BadInput: The text is no TOML, or nothing in it can hold the field.
    """
    document = raw(text)
    if document is None:
        raise BadInput("The text of the scenario is not TOML: mend it under As a file first.")
    wanted = _with(document, path, value)
    changed = _on_its_line(text, document, path, value)
    if raw(changed) == wanted:
        return changed
    return _anew(text, path, value)


def _with(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    wanted = deepcopy(document)
    section = path.partition(".")[0]
    if section in ("ranges", "assumptions"):
        wanted.setdefault(section, {})
    table, key = _table(wanted, path)
    if not isinstance(table, dict):
        raise BadInput(f"{path!r} speaks of a section that the scenario does not have.")
    if value is None:
        table.pop(key, None)
    else:
        table[key] = list(value) if isinstance(value, tuple) else value
    return wanted


def _on_its_line(text: str, document: dict[str, Any], path: str, value: object) -> str:
    section, nth, key = _place(text, document, path)
    quoted = toml(key) if section in ("ranges", "assumptions") else key
    lines = text.splitlines()
    rows = list(_rows(text))
    for unset in (False, True):
        for row in rows:
            if (row.section, row.nth, row.key, row.unset) == (section, nth, key, unset):
                lines[row.line.number - 1] = _set(row.line.text, quoted, value)
                return _joined(lines)
    if value is None:
        return text
    new = f"{quoted} = {toml(value)}"
    head = next((row for row in rows if row.header and (row.section, row.nth) == (section, nth)),
                None)  # fmt: skip
    if head is None and section:
        return _joined([*lines, "", f"[{section}]", new])
    place = head.line.number if head else 0
    return _joined([*lines[:place], new, *lines[place:]])


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _place(text: str, document: dict[str, Any], path: str) -> tuple[str, int, str]:
    section, _, rest = path.partition(".")
    if not rest:
        return "", 0, section
    if section not in MANY:
        return section, 1, rest
    called, _, key = rest.rpartition(".")
    if section == "shock":
        return section, int(called), key
    names = [row.get("name") for row in document.get("option", []) if isinstance(row, dict)]
    return section, names.index(called) + 1 if called in names else 0, key


def _set(line: str, key: str, value: object) -> str:
    """A line with another value; its indent and its comment stay."""
    entry = ENTRY.match(line)
    held = VALUE.match(entry[4]) if entry else None
    if entry is None or held is None:
        return line
    if value is None:
        return line if entry[2] else f"{entry[1]}# {line.lstrip()}"
    said = f"{entry[1]}{key} = {toml(value)}"
    comment = held[2].strip()
    column = line.find(comment) if comment else 0
    return f"{said:<{max(0, column - 1)}} {comment}" if comment else said


def _anew(text: str, path: str, value: object) -> str:
    """The scenario written anew: for text in a form that `_on_its_line` does not know."""
    scenario = parse(text, "scenario", "scenario")
    section, _, rest = path.partition(".")
    if section == "ranges" and isinstance(value, list | tuple):
        low, high = value
        return dump(replace(scenario, ranges={**scenario.ranges, rest: (low, high)}))
    if section == "shock":
        called, _, key = rest.rpartition(".")
        shocks = list(scenario.shocks)
        shocks[int(called) - 1] = replace(shocks[int(called) - 1], **{key: value})  # type: ignore[arg-type]
        return dump(replace(scenario, shocks=tuple(shocks)))
    part, key = scenario.part(path)
    if section == "option":
        options = tuple(
            replace(option, **{key: value}) if option is part else option  # type: ignore[arg-type]
            for option in scenario.options
        )
        return dump(replace(scenario, options=options))
    if not rest:
        return dump(replace(scenario, **{section: value}))  # type: ignore[arg-type]
    return dump(replace(scenario, **{section: replace(part, **{key: value})}))  # type: ignore[type-var, arg-type]
