"""Fields of a scenario file: what each may hold, read with messages that name it, written back.

A dataclass says all there is to say about a section: the type, the default, and in `given` the
comment, the limits and an example. The reader, the writer and the editor follow it.
"""

import difflib
import math
from dataclasses import MISSING, Field, dataclass, field, fields
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from core.errors import BadInput
from core.record import toml

Section = TypeVar("Section")


@dataclass(frozen=True)
class Rule:
    """What a field means and what it may be. `low` is allowed, `above` is not."""

    comment: str
    low: float | None = None
    above: float | None = None
    high: float | None = None
    choices: tuple[object, ...] = ()
    example: object = None

    def problem(self, value: object) -> str | None:
        """What was expected, if the value is not that; None if it is fine."""
        if self.choices and value not in self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        if isinstance(value, int | float):
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
        raise BadInput(f"{where} is {table!r}: expected a section with fields, [{where}].")
    rows = {row.name: row for row in fields(kind)}  # type: ignore[arg-type]
    hints = get_type_hints(kind)
    refuse_unknown(table, tuple(rows), where)
    values = {}
    for name, row in rows.items():
        if name in table:
            values[name] = _value(table[name], hints[name], rule(row), f"{where}.{name}")
        elif row.default is MISSING:
            raise BadInput(
                f"{where}.{name} is missing: expected {_expected(hints[name])} "
                f"({_plain(rule(row).comment)})."
            )
    return kind(**values)


def refuse_unknown(table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    """Refuse a field that is not known, with the nearest name.

    Raises:
        BadInput: There is one.
    """
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}? " if near else ""
            full = f"{where}.{name}" if where else name
            raise BadInput(f"{full} is not a field of a scenario: {hint}Known: {', '.join(known)}.")


def _value(value: object, hint: Any, limits: Rule, where: str) -> object:
    """Check a value's type and limits; whole numbers pass for numbers."""
    kinds = tuple(k for k in (get_args(hint) or (hint,)) if k is not NoneType)
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    fits = isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds)
    if fits and isinstance(value, float):
        fits = math.isfinite(value)
    expected = _expected(hint) if not fits else limits.problem(value)
    if expected:
        raise BadInput(f"{where} is {value!r}: expected {expected} ({_plain(limits.comment)}).")
    return value


def _expected(hint: Any) -> str:
    kinds = get_args(hint) or (hint,)
    if float in kinds:
        return "a number"
    if int in kinds:
        return "a whole number"
    return "a text in quotes"


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
