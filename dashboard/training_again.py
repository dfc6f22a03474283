"""A run's settings in the form again: what the form has a widget for, and what is carried along."""

from typing import Any

import streamlit as st

from core.train.again import request_of
from core.train.runs import Run
from dashboard import state, ui

t = ui.t
CARRIED = "train-carried"
"""Name under which what a run was trained with is kept for the form."""


def button(run: Run) -> None:
    """A button that fills the form with what a run was trained with."""
    st.button(
        t("train.again.action"), key="again", icon=":material/content_copy:", on_click=_fill,
        args=(run,), help=t("train.again.help", run=ui.literal(run.run)),
    )  # fmt: skip


def _fill(run: Run) -> None:
    """Put a run's settings into the form; those that it has no widget for are carried along."""
    asked = request_of(run)
    settings = dict(asked["settings"])
    state.fill(f"train-base-{run.task}", asked["base"])
    state.fill("train-preset", asked["preset"])
    state.fill("train-method", asked["method"])
    state.fill("train-replay", asked["replay_share"])
    # The form says nothing of a seed of 0; a preset with another one needs it said.
    state.fill("train-seed", int(settings.pop("seed", 0) if settings.get("seed") else 0))
    state.keep(CARRIED, {"run": run.run, "settings": settings, "general": asked["general"]})


def carried() -> dict[str, Any]:
    """What was taken over from a run, and is said; {} = nothing."""
    kept: dict[str, Any] = state.kept(CARRIED) or {}
    if kept:
        words = t("train.again.filled", run=ui.literal(kept["run"]))
        if kept["settings"]:
            pairs = ", ".join(f"{name}={value}" for name, value in kept["settings"].items())
            words += " " + t("train.again.carried", settings=ui.literal(pairs))
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.caption(words)
            st.button(t("train.again.drop"), key="again-drop", type="tertiary",
                      on_click=state.keep, args=(CARRIED, None))  # fmt: skip
    return kept
