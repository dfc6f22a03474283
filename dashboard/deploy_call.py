"""How a program calls a model: curl, Python and JavaScript, and how a key is made."""

import streamlit as st

from core.deploy.service import DEFAULT_URL, Service
from core.deploy.snippets import KEY_VARIABLE, LANGUAGES, snippet, way_of
from core.models.resolve import ModelRef
from core.playground.ask import task_of
from dashboard import state, ui
from dashboard.deploy_found import guarded

t = ui.t


def section(one: Service | None, model: ModelRef | None) -> None:
    """The examples for a server; for a model where none runs."""
    st.subheader(t("deploy.call.title"), anchor=False)
    language = state.section(
        t("deploy.call.language"), "code", LANGUAGES, key="deploy-code",
        show=lambda name: t(f"deploy.call.in.{name}"),
    )  # fmt: skip
    locked = guarded()
    url, name = (one.url, one.model) if one else (DEFAULT_URL, model.name if model else "")
    task = one.task if one and one.task else task_of(state.workspace(), model) if model else None
    way = way_of(task, chats=bool(one and one.chats))
    # No language: Streamlit's own highlighting colours fall short of 4.5:1.
    st.code(snippet(language, way, url, name, guarded=locked), language=None, wrap_lines=True)
    if language == "python":
        st.caption(t("deploy.call.python"))
    st.markdown(t("deploy.call.locked" if locked else "deploy.call.open", variable=KEY_VARIABLE))
    st.code("assay keys add NAME", language=None)
    st.caption(t("deploy.call.docs", url=ui.literal(url)))
