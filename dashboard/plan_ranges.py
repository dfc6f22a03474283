"""The ranges of a scenario: what is not certain, and how far it may lie off."""

from collections.abc import Iterator
from typing import Any

import streamlit as st

from core.strategy import inputs, text_edit
from core.strategy.sections import Scenario
from dashboard import plan_source, state, ui
from dashboard import plan_words as words
from dashboard.plan_source import Source

t = ui.t

NARROWEST = 240


def draw(source: Source, document: dict[str, Any], scenario: Scenario) -> None:
    """Both ends of every range that the scenario states, and a box to add one."""
    st.caption(t("strategy_page.control.ranges_words"))
    grid = st.grid(2, min_column_width=NARROWEST, gap="small")
    for path, ends in scenario.ranges.items():
        said = text_edit.value_at(document, f"ranges.{path}")
        pair = said if isinstance(said, list) and len(said) == 2 else list(ends)
        for place, end in enumerate(("low", "high")):
            key = f"range-{source.name}-{path}-{end}"
            state.fill(key, float(pair[place]))
            with grid.cell():
                st.number_input(
                    ui.literal(t(f"strategy_fields.{end}", field=words.field(path))), value=None,
                    format="%g", key=key, on_change=_ranged, args=(source, path, place, key, pair),
                )  # fmt: skip
    open_paths = [path for path in _may_vary(scenario) if path not in scenario.ranges]
    key = f"range-new-{source.name}"
    state.fill(key, None)
    st.selectbox(
        t("strategy_page.control.add_range"), open_paths, index=None, key=key,
        format_func=words.field, on_change=_new_range, args=(source, scenario, key),
    )  # fmt: skip


def _ranged(source: Source, path: str, place: int, key: str, pair: list[float]) -> None:
    value = state.held(key)
    ends = None if value is None else [*pair[:place], value, *pair[place + 1 :]]
    plan_source.change(source, {f"ranges.{path}": ends})


def _new_range(source: Source, scenario: Scenario, key: str) -> None:
    path = state.held(key)
    value = scenario.value_of(path) if path else None
    if isinstance(value, int | float):
        reach = inputs.TRIED * abs(value) or inputs.TRIED
        plan_source.change(source, {f"ranges.{path}": [value - reach, value + reach]})


def _may_vary(scenario: Scenario) -> Iterator[str]:
    """The numbers of a scenario that may have a range."""
    groups = (("company", inputs.COMPANY), ("demand", inputs.DEMAND), ("quality", inputs.QUALITY))
    options = (
        (f"option.{option.name}", (*inputs.OPTION, "quality")) for option in scenario.options
    )
    for where, names in (*groups, *options):
        for name in names:
            value = scenario.value_of(f"{where}.{name}")
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield f"{where}.{name}"
