"""The only user of `st.session_state` and of the URL: language, presenter mode, workspace, choices.

Going to another page empties the URL and forgets its widgets, so what belongs to the reader is
kept under names of its own and written back into the URL: a link copied from any page keeps it.
"""

import streamlit as st

from core.text.catalog import LANGUAGES
from core.workspace import Workspace


def _kept(parameter: str) -> str | None:
    """What the URL says, else what it said on the page before."""
    name = f"kept-{parameter}"
    if parameter in st.query_params:
        st.session_state[name] = st.query_params[parameter]
    value: str | None = st.session_state.get(name)
    return value


def language() -> str:
    """The reader's language code: from the URL, the switch, the browser; else English."""
    code = _kept("lang") or (st.context.locale or "en").split("-")[0]
    return code if code in LANGUAGES else "en"


def presenting() -> bool:
    """Whether the page is shown to a room."""
    return _kept("present") == "1"


def workspace() -> Workspace:
    """The workspace this dashboard was started on ($ASSAY_HOME)."""
    return Workspace.open()


def switches(present_label: str, language_label: str) -> None:
    """Draw the two switches of the strip; both live in the URL, so that a link keeps them."""
    for parameter in ("lang", "present"):
        value = _kept(parameter)
        if value and parameter not in st.query_params:
            st.query_params[parameter] = value
    st.session_state["switch-present"] = presenting()
    st.session_state["switch-lang"] = language()
    st.toggle(present_label, key="switch-present", on_change=_switched, args=("present",))
    st.segmented_control(
        language_label, list(LANGUAGES), format_func=LANGUAGES.__getitem__, key="switch-lang",
        required=True, on_change=_switched, args=("lang",), label_visibility="collapsed",
    )  # fmt: skip


def _switched(parameter: str) -> None:
    value = st.session_state.get(f"switch-{parameter}")
    if value:
        text = "1" if value is True else str(value)
        st.query_params[parameter] = st.session_state[f"kept-{parameter}"] = text
    else:
        st.query_params.pop(parameter, None)
        st.session_state.pop(f"kept-{parameter}", None)


def chosen(key: str, known: list[str]) -> str | None:
    """What the URL names (`?run=…`), if it is known; else the first known, else None."""
    wanted = st.query_params.get(key)
    return wanted if wanted in known else (known[0] if known else None)
