"""Every field of a scenario, section by section: number, choice, yes or no, text."""

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from typing import Any

import streamlit as st

from core.strategy import text_edit
from core.strategy.fields import Rule, rule, types_of
from core.strategy.knobs import carried
from core.strategy.scenario import Head
from core.strategy.sections import KINDS, SECTIONS, AnyOption, Scenario
from core.strategy.shocks import Shock
from dashboard import plan_ranges, plan_source, state, ui
from dashboard import plan_words as words
from dashboard.plan_source import Draft, Source

t = ui.t

SKIPPED = ("name", "use")
"""What others speak of by it is renamed in the text, where all of it can be seen."""
COLUMNS, NARROWEST = 3, 240


@dataclass(frozen=True)
class Field:
    """A field to draw: its path, its types, its rule, its value in the text."""

    path: str
    types: tuple[Any, ...]
    limits: Rule
    value: Any
    optional: bool


def draw(source: Source, draft: Draft, scenario: Scenario) -> None:
    """The editor, drawn only where somebody has opened it."""
    label = t("strategy_page.control.assumptions")
    with st.expander(label, key="plan-assumptions", icon=":material/tune:",
                     on_change="rerun") as opened:  # fmt: skip
        if not opened.open:
            return
        parts = dict(_parts(scenario))
        part = state.choose(t("strategy_page.control.section"), "section", list(parts),
                            key="plan-section", show=lambda name: parts[name])  # fmt: skip
        document = text_edit.raw(draft.text) or text_edit.raw(draft.good or "") or {}
        if part == "ranges":
            plan_ranges.draw(source, document, scenario)
        elif part == "shocks":
            _probabilities(source, document, scenario)
        elif part is not None:
            _grid(source, list(_fields(part, document, scenario)))


def _parts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Name in the URL, and title."""
    yield "head", t("strategy_page.control.head")
    for section in SECTIONS:
        yield section, t(f"strategy_page.control.{section}")
    for number, option in enumerate(scenario.options, start=1):
        yield f"option-{number}", t("strategy_page.control.option", name=option.name)
    yield "ranges", t("strategy_page.control.ranges")
    yield "shocks", t("strategy_page.control.shocks")
    for number, shock in enumerate(scenario.shocks, start=1):
        yield f"shock-{number}", t("strategy_page.control.shock", name=shock.label(ui.lang()))


def _fields(part: str, document: dict[str, Any], scenario: Scenario) -> Iterator[Field]:
    section, _, number = part.partition("-")
    if section == "head":
        yield from _of(Head, "", document, scenario)
    elif section == "option":
        option: AnyOption = scenario.options[int(number) - 1]
        yield from _of(KINDS[option.kind], f"option.{option.name}.", document, option)
    elif section == "shock":
        yield from _of(Shock, f"shock.{number}.", document, scenario.shocks[int(number) - 1])
    else:
        where = getattr(scenario, section)
        yield from _of(type(where), f"{section}.", document, where)


def _of(kind: type, where: str, document: dict[str, Any], part: object) -> Iterator[Field]:
    for row in fields(kind):
        if row.name in SKIPPED:
            continue
        path = where + row.name
        value = text_edit.value_at(document, path)
        if value is None:
            value = getattr(part, row.name)
        optional = row.default is None and row.default is not MISSING
        yield Field(path, types_of(kind, row.name), rule(row), value, optional)


def _grid(source: Source, rows: list[Field]) -> None:
    grid = st.grid(COLUMNS, min_column_width=NARROWEST, gap="small")
    for row in rows:
        with grid.cell():
            _field(source, row)


def _field(source: Source, row: Field, label: str | None = None) -> None:
    """One field: what it shows is in the text, what is typed goes into the text."""
    key = f"field-{source.name}-{row.path}"
    said: dict[str, Any] = {"key": key, "on_change": _typed, "args": (source, row, key)}
    name = ui.literal(label or words.field(row.path).rpartition(": ")[2])
    unset = t("strategy_page.control.not_set")
    if row.limits.choices:
        known = [None, *row.limits.choices] if row.optional else list(row.limits.choices)
        state.fill(key, row.value if row.value in known else known[0])
        st.selectbox(name, known, format_func=lambda one: unset if one is None else str(one),
                     **said)  # fmt: skip
    elif row.types == (bool,):
        state.fill(key, bool(row.value))
        st.checkbox(name, **said)
    elif set(row.types) <= {int, float} and _fits(row):
        _number(row, name, said)
    else:
        state.fill(key, "" if row.value is None else words.value(row.value))
        st.text_input(name, placeholder=_such_as(row.limits.example), **said)


def _such_as(example: object) -> str:
    """What stands in an empty field; never an example alone, which would look like a value."""
    if example in (None, "…"):
        return t("strategy_page.control.not_set")
    return t("strategy_page.control.such_as", example=words.value(example))


def _fits(row: Field) -> bool:
    """Whether a number field takes the value: it refuses to be drawn with another."""
    number = isinstance(row.value, int | float) and not isinstance(row.value, bool)
    return row.value is None or (number and row.limits.problem(row.value) is None)


def _number(row: Field, name: str, said: dict[str, Any]) -> None:
    kind = float if float in row.types else int
    low = row.limits.low if row.limits.low is not None else row.limits.above
    high = row.limits.high
    share = kind is float and high is not None and abs(high) <= 2
    value = None if row.value is None else kind(row.value)
    size = len(str(int(abs(value or 0))))
    step = 0.01 if share else max(1, 10 ** (size - 2))
    state.fill(said["key"], value)
    st.number_input(
        name, None if low is None else kind(low), None if high is None else kind(high), None,
        step=kind(step), format="%d" if kind is int else "%g",
        placeholder=t("strategy_page.control.not_set"), **said,
    )  # fmt: skip


def _typed(source: Source, row: Field, key: str) -> None:
    """Put what was typed into the text; a range that would no longer hold it moves along."""
    value = state.held(key)
    if isinstance(value, str):
        value = value.strip()
        value = text_edit.read_value(value, row.types) if value else None
    if value is None and not row.optional:
        return  # an emptied field that must be set: it keeps its value
    changes: dict[str, object] = {row.path: value}
    document = text_edit.raw(plan_source.draft(source).text) or {}
    ends = text_edit.value_at(document, f"ranges.{row.path}")
    if (
        isinstance(ends, list)
        and isinstance(value, int | float)
        and isinstance(row.value, int | float)
    ):
        low, high = ends
        if not low <= value <= high:
            moved = carried(row.value, (low, high), value, row.limits)
            changes[f"ranges.{row.path}"] = moved
    plan_source.change(source, changes)


def _probabilities(source: Source, document: dict[str, Any], scenario: Scenario) -> None:
    if not scenario.shocks:
        st.markdown(t("strategy_page.control.no_shocks"))
        return
    grid = st.grid(COLUMNS, min_column_width=NARROWEST, gap="small")
    for number, shock in enumerate(scenario.shocks, start=1):
        rows = _of(Shock, f"shock.{number}.", document, shock)
        row = next(row for row in rows if row.path.endswith(".probability"))
        with grid.cell():
            _field(source, row, shock.label(ui.lang()))
