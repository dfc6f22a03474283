"""A scheme's formula with every symbol tied to the number on the screen, and its pictures."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from core.charts import clock as dials
from core.interpret import clock, pictures, positions
from core.interpret.schemes import SCHEMES, scheme
from core.text.format import number
from dashboard import positions_panels as panels
from dashboard import state, ui

t = ui.t

DIMENSIONS = (4, 8, 16, 32, 64, 128, 256, 512, 768, 1024)
START_DIMENSION, START_POSITION, START_PAIR = 64, 17, 3
MOST_POSITIONS, SHOWN_POSITIONS = 511, 64
HEADS = (4, 6, 8, 12, 16, 32)
START_HEADS = 8
MOST_DISTANCE = 200
DIALS, PHONE_DIALS = 8, 4


def section(first: str) -> None:
    """Draw the scheme that the URL or the box names; `first` where neither does."""
    names = [row.name for row in SCHEMES]
    panels.unknown("scheme", names)
    ordered = [first, *(name for name in names if name != first)]
    name = state.chosen("scheme", ordered) or first
    with ui.controls(key="formula-controls"):
        if not ui.presenting():
            name = state.choose(
                t("positions.reading.scheme"), "scheme", ordered, key="positions-scheme",
                show=lambda one: t(f"positions.scheme.{one}"),
            ) or first  # fmt: skip
        draw = PARTS[name]
        st.space(1)
    row = scheme(name)
    st.latex(row.formula)
    st.caption(t("common.source", source=f"{row.source}, {row.url}"))
    draw()


def _dimension() -> int:
    if ui.presenting():
        return START_DIMENSION
    known = [str(one) for one in DIMENSIONS]
    panels.unknown("d", known)
    start = state.chosen("d", [str(START_DIMENSION), *known])
    return int(
        state.choose(t("formula.dimension"), "d", sorted(known, key=int), key="formula-d")
        if start in known and state.named("d")
        else _first_dimension(known)
    )


def _first_dimension(known: list[str]) -> str:
    """The box before anything was chosen: at START_DIMENSION, not at the smallest."""
    state.set_choice("d", str(START_DIMENSION))
    return state.choose(t("formula.dimension"), "d", known, key="formula-d") or known[0]
