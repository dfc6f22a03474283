"""What an update assumes: the share of old rows, the margin, what an hour of the machine costs."""

from dataclasses import dataclass

import streamlit as st

from core.update.gate import DEFAULT_MARGIN, MOST_MARGIN
from core.update.learn import MOST_REPLAY
from dashboard import state, ui

t = ui.t

MOST_USD = 10_000.0
SHARES = ("all", "0", "0.25", "0.5", "0.75", "0.9")
"""Of old rows among the rows that are trained on; "all" = every old row."""


@dataclass(frozen=True)
class Settings:
    """What an update assumes; None = all old rows, and no price."""

    replay: float | None
    margin: float
    usd_per_hour: float | None


def settings(*, draw: bool) -> Settings:
    """What the URL says; `draw` draws the boxes as well, behind one button."""
    if draw:
        with st.popover(t("update.control.settings"), icon=":material/tune:"):
            state.choose(
                t("update.control.replay"), "replay", SHARES, key="update-replay", show=_share
            )
            st.caption(t("update.control.replay_help"))
            state.set_number(
                t("update.control.margin"), "margin", DEFAULT_MARGIN, 0.0, MOST_MARGIN,
                help=t("update.control.margin_help"),
            )  # fmt: skip
            state.optional_number(
                t("update.control.price"), "usd_hour", 0.001, MOST_USD,
                help=t("update.control.price_help"),
            )  # fmt: skip
    share = state.chosen("replay", SHARES)
    price = state.number("usd_hour", 0.0, 0.001, MOST_USD)
    return Settings(
        None if share in (None, "all") else min(float(share or 0), MOST_REPLAY),
        state.number("margin", DEFAULT_MARGIN, 0.0, MOST_MARGIN), price or None,
    )  # fmt: skip


def _share(name: str) -> str:
    return t("update.control.all_rows") if name == "all" else f"{100 * float(name):.0f} %"
