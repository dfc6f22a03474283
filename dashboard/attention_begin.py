"""What the three studies of heads share: the button that starts one, and where its numbers are."""

import streamlit as st

from core.run import Request, start
from dashboard import state, ui


def begin(request: Request, label: str, *, key: str, icon: str, again: bool) -> None:
    """The button for a study as a job; the same study is never made twice."""
    if ui.presenting():
        return
    clicked = (
        st.button(label, key=key, icon=icon) if again else ui.action(label, key=key, icon=icon)
    )
    if clicked:
        start(state.workspace(), request)
        st.rerun()
