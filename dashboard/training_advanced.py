"""The advanced panel: every setting of a training, as `--set` of the command line takes it."""

from typing import Any

import streamlit as st

from core.train.arguments import offered
from core.train.config import SETTINGS, TrainConfig
from dashboard import state, ui

t = ui.t

KEY = "train-advanced"
LINES = 5


def settings() -> dict[str, str]:
    """Draw the panel; what is typed there, name to value."""
    with st.expander(t("train.advanced.title"), icon=":material/settings:"):
        text = st.text_area(
            t("train.advanced.label"), key=KEY, height=24 * LINES, help=t("train.advanced.help"),
            placeholder="epochs=3\nlearning_rate=1e-4\npatience=3\noptim=adafactor",
        )  # fmt: skip
        if st.toggle(t("train.advanced.all"), key="train-arguments-shown"):
            ui.table(_table(), key="train-arguments", height=260)
    return read(text)


def read(text: str) -> dict[str, str]:
    """Lines of KEY=VALUE; a line without "=" is a name without a value, and is refused as such."""
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name.strip():
            found[name.strip()] = value.strip()
    return found


def put(given: dict[str, Any]) -> None:
    """Add settings to what is typed (for callbacks)."""
    both = {**read(state.typed(KEY) or ""), **given}
    state.fill(KEY, "\n".join(f"{name}={value}" for name, value in both.items()))


def _table() -> list[dict[str, str]]:
    """Our own settings first, then the Trainer's arguments."""
    own = TrainConfig()
    names = [t(f"train.advanced.{column}") for column in ("name", "default", "expected", "from")]
    rows = [
        *((row.name, getattr(own, row.name), row.expected, "Assay") for row in SETTINGS),
        *((row.name, row.default, row.expected, "Trainer") for row in offered()),
    ]
    return [dict(zip(names, map(_cell, row), strict=True)) for row in rows]


def _cell(value: object) -> str:
    return (
        "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )
