"""The only user of `st.session_state` and of the URL: language, presenter mode, workspace."""

import streamlit as st

from core.text.catalog import LANGUAGES
from core.workspace import Workspace


def language() -> str:
    """The reader's language code, from the switch, else the URL, else English."""
    code = st.session_state.get("lang") or st.query_params.get("lang", "en")
    return code if code in LANGUAGES else "en"


def presenting() -> bool:
    """Whether the page is shown to a room."""
    return bool(st.session_state.get("present", st.query_params.get("present") == "1"))


def workspace() -> Workspace:
    """The workspace this dashboard was started on ($ASSAY_HOME)."""
    return Workspace.open()


def switches(present_label: str) -> None:
    """Draw the two switches of the strip; both live in the URL, so that a link keeps them."""
    st.session_state.setdefault("lang", language())
    st.session_state.setdefault("present", presenting())
    st.toggle(present_label, key="present", on_change=_to_url, args=("present",))
    st.segmented_control(
        "Language / 语言", list(LANGUAGES), format_func=LANGUAGES.__getitem__, key="lang",
        required=True, on_change=_to_url, args=("lang",), label_visibility="collapsed",
    )  # fmt: skip


def _to_url(key: str) -> None:
    value = st.session_state.get(key)
    if value:
        st.query_params[key] = "1" if value is True else value
    else:
        st.query_params.pop(key, None)


def chosen(key: str, known: list[str]) -> str | None:
    """What the URL names (`?run=…`), if it is known; else the first known, else None."""
    wanted = st.query_params.get(key)
    return wanted if wanted in known else (known[0] if known else None)
