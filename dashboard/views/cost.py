"""Cost: what do training and serving cost on A100s, how wrong may that be?"""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import AssayError
from dashboard import cost_judged, cost_prices, cost_serve, cost_train, state, ui

t = ui.t

PARTS: dict[str, Callable[[DeltaGenerator], None]] = {
    "train": cost_train.render,
    "serve": cost_serve.render,
    "prices": cost_prices.render,
    "judged": cost_judged.render,
}
"""Name in the URL (`?part=`), and what draws it; the others are not even computed."""


def render() -> None:
    """Draw the page."""
    head = st.container(gap="small")
    part = _part()
    try:
        PARTS[part](head)
    except AssayError as error:  # the URL asks for what cannot be
        with head:
            ui.header("common.section.decide", t(f"cost_page.question.{part}_any"),
                      t("cost_page.answer.refused"))  # fmt: skip
        ui.empty(t("cost_page.refused.title"), ui.literal(error), kind="failed")


def _part() -> str:
    known = list(PARTS)
    if ui.presenting():
        return state.chosen("part", known) or known[0]
    return state.section(
        t("cost_page.part.label"), "part", known, key="cost-part",
        show=lambda name: t(f"cost_page.part.{name}"),
    )  # fmt: skip
