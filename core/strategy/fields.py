"""Fields of a scenario file: what each may hold, read with messages that name it, written back.

A dataclass says all there is to say about a section: the type, the default, and in `given` the
comment, the limits and an example. The reader, the writer and the editor follow it.

Types: float, int, bool, str, `tuple[float, float]` (a pair, the lower first), `tuple[float, ...]`
(a list of numbers), None for "not set", and unions of these.
"""

import difflib
import math
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import date, time
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from core.errors import BadInput
from core.record import toml

Section = TypeVar("Section")
Pair = tuple[float, float]
"""The two ends of a range, the lower first."""
MOST_SHOWN = 100
"""Characters of a value in a message."""


@dataclass(frozen=True)
class Rule:
    """What a field means and what it may be. `low` is allowed, `above` is not.

    The limits hold for each number of a pair or a list; `length` is that of a list; `words` are the
    texts that may stand where a number is expected.
    """

    comment: str
    low: float | None = None
    above: float | None = None
    high: float | None = None
    choices: tuple[object, ...] = ()
    example: object = None
    length: int | None = None
    words: tuple[str, ...] = ()

    def problem(self, value: object) -> str | None:
        """What was expected, if the value is not that; None if it is fine."""
        if self.choices and value not in self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        if isinstance(value, tuple):
            if self.length is not None and len(value) != self.length:
                return f"a list of {self.length} numbers, not {len(value)}"
            wrong = next((found for n in value if (found := self._limit(n))), None)
            return f"each number to be {wrong}" if wrong else None
        return self._limit(value)

    def _limit(self, value: object) -> str | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            if self.above is not None and value <= self.above:
                return f"a number above {self.above:g}"
            if self.low is not None and value < self.low:
                return f"a number of at least {self.low:g}"
            if self.high is not None and value > self.high:
                return f"a number of at most {self.high:g}"
        return None


def given(comment: str, default: Any = MISSING, **limits: Any) -> Any:
    """A field with its comment and limits; without a default it must be given."""
    return field(default=default, metadata={"rule": Rule(comment, **limits)})


def rule(row: Field[Any]) -> Rule:
    """The rule of a dataclass field."""
    found: Rule = row.metadata["rule"]
    return found


def read(kind: type[Section], table: object, where: str) -> Section:
    """Make a section of a TOML table.

    Raises:
        BadInput: A field is unknown, missing, or not what it must be; the message names the field,
            the value, and what is expected.
    """
    if not isinstance(table, dict):
        raise BadInput(f"{where} is {shown(table)}: expected a section with fields, [{where}].")
    rows = {row.name: row for row in fields(kind)}  # type: ignore[arg-type]
    hints = get_type_hints(kind)
    refuse_unknown(table, tuple(rows), where)
    values = {}
    for name, row in rows.items():
        if name in table:
            values[name] = _value(table[name], hints[name], rule(row), _full(where, name))
        elif row.default is MISSING:
            raise BadInput(
                f"{_full(where, name)} is missing: expected {_expected(hints[name], rule(row))} "
                f"({_plain(rule(row).comment)})."
            )
    return kind(**values)


def shown(value: object) -> str:
    """A value as a message shows it: short, and a day as it is written."""
    if isinstance(value, date | time):
        return value.isoformat()
    try:
        return cut(repr(value))
    except ValueError:  # Python writes no number of thousands of digits
        return "a number of thousands of digits"


def cut(text: str) -> str:
    """The beginning of a text that is too long for a message."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _full(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def refuse_unknown(table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    """Refuse a field that is not known, with the nearest name.

    Raises:
        BadInput: There is one.
    """
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise BadInput(
                f"{_full(where, cut(name))} is not a field of a scenario: {hint}"
                f"Known: {', '.join(known)}."
            )


def pairs(table: object, where: str) -> dict[str, Pair]:
    """Read a table of ranges: a path, and the two ends of its range.

    Raises:
        BadInput: It is no table, or a value is no pair of numbers with the lower first.
    """
    if not isinstance(table, dict):
        raise BadInput(f"{where} is {shown(table)}: expected a section with ranges, [{where}].")
    found: dict[str, Pair] = {}
    for path, value in table.items():
        low_high = _fitting(value, Pair)
        if not isinstance(low_high, tuple):
            raise BadInput(
                f'{where}."{cut(path)}" is {shown(value)}: expected {_name(Pair, None)}, the ends '
                'of its 90 % range, and its path in quotes: "demand.requests_per_day" = [1, 2].'
            )
        found[path] = (low_high[0], low_high[1])
    return found


def _value(value: object, hint: Any, limits: Rule, where: str) -> object:
    """Check a value's type and limits; whole numbers pass for numbers."""
    found = next((f for kind in _kinds(hint) if (f := _fitting(value, kind)) is not None), None)
    if limits.words and isinstance(found, str) and found not in limits.words:
        found = None
    expected = _expected(hint, limits) if found is None else limits.problem(found)
    if expected:
        raise BadInput(
            f"{where} is {shown(value)}: expected {expected} ({_plain(limits.comment)})."
        )
    return found


def types_of(kind: type, name: str) -> tuple[Any, ...]:
    """The types that a field may have, without "not set"."""
    return _kinds(get_type_hints(kind)[name])


def _kinds(hint: Any) -> tuple[Any, ...]:
    """The types of a union, without that of "not set"."""
    rows = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(kind for kind in rows if kind is not NoneType)


def _fitting(value: object, kind: Any) -> object:
    """The value as that type holds it; None if it is not of that type."""
    if get_origin(kind) is tuple:
        return _numbers(value, ordered=kind == Pair)
    if isinstance(value, bool):
        return value if kind is bool else None
    if kind is float:
        return _finite(value)
    return value if isinstance(value, kind) else None


def _numbers(value: object, ordered: bool) -> tuple[float, ...] | None:
    """A list of numbers as a tuple; an ordered one has two, the lower first."""
    if not isinstance(value, list | tuple):
        return None
    found = tuple(n for row in value if (n := _finite(row)) is not None)
    if len(found) != len(value) or (ordered and (len(found) != 2 or found[0] > found[1])):
        return None
    return found


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number in TOML may have any number of digits
        return None
    return number if math.isfinite(number) else None


def _expected(hint: Any, limits: Rule) -> str:
    names = [_name(kind, limits) for kind in _kinds(hint)]
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _name(kind: Any, limits: Rule | None) -> str:
    """A type in words."""
    if kind == Pair:
        return "a pair [low, high] with the lower first"
    if get_origin(kind) is tuple:
        length = limits.length if limits else None
        return f"a list of {length} numbers" if length else "a list of numbers"
    if kind is str and limits and limits.words:
        return f"one of the words {', '.join(limits.words)}"
    return {float: "a number", int: "a whole number", bool: "true or false"}.get(
        kind, "a text in quotes"
    )


def _plain(comment: str) -> str:
    return comment[:1].lower() + comment[1:].rstrip(".")


def write(section: object) -> list[str]:
    """Lines of TOML for a section: each field with its comment, commented out if it is not set.

    Reading them back gives an equal section.
    """
    lines = []
    for row in fields(section):  # type: ignore[arg-type]
        limits, value = rule(row), getattr(section, row.name)
        shown = f"{row.name} = {toml(limits.example if value is None else value)}"
        lines.append(f"{'# ' if value is None else ''}{shown:<44} # {limits.comment}")
    return lines
