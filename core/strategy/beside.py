"""Two scenarios side by side: the fields in which they differ."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from core.strategy.sections import SECTIONS, Scenario

HEAD = ("title", "horizon_months", "start")


@dataclass(frozen=True)
class FieldDifference:
    """A field by its path, and what each scenario says; None = it is not set, or not there."""

    path: str
    one: object
    two: object


def beside(one: Scenario, two: Scenario) -> tuple[FieldDifference, ...]:
    """Every field in which two scenarios differ, in the order of the file.

    Options and shocks are matched by name.
    """
    first, second = dict(_values(one)), dict(_values(two))
    return tuple(
        FieldDifference(path, first.get(path), second.get(path))
        for path in {**first, **second}
        if first.get(path) != second.get(path)
    )


def _values(scenario: Scenario) -> Iterator[tuple[str, object]]:
    for name in HEAD:
        yield name, getattr(scenario, name)
    for section in SECTIONS:
        yield from _fields(section, getattr(scenario, section))
    for option in scenario.options:
        yield f"option.{option.name}.kind", option.kind
        yield from _fields(f"option.{option.name}", option)
    for shock in scenario.shocks:
        yield from _fields(f"shock.{shock.name}", shock)
    for path, ends in scenario.ranges.items():
        yield f"ranges.{path}", ends
    for path, why in scenario.assumptions.items():
        yield f"assumptions.{path}", why


def _fields(where: str, part: object) -> Iterator[tuple[str, object]]:
    for row in fields(part):  # type: ignore[arg-type]
        if row.name != "name":
            yield f"{where}.{row.name}", getattr(part, row.name)
