"""Fields of a scenario read from its text and set there; what a person wrote around them stays.

text = put(text, "demand.requests_per_day", 500_000)
"""

import re
import tomllib
from copy import deepcopy
from dataclasses import replace
from typing import Any

from core.errors import BadInput
from core.record import toml
from core.strategy.lines import ENTRY, rows_of
from core.strategy.scenario import dump, parse

VALUE = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|[^#\s][^#]*?)(\s*(?:#.*)?)$""")
"""A value, and the comment behind it."""
MANY = ("option", "shock")
"""Sections of which there may be several; a path calls an option by name and a shock by number."""


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
    rows = list(rows_of(text))
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
