"""The only caches of the dashboard: the warm process of a workspace."""

import streamlit as st

from core.jobs.warm import Warm
from core.workspace import Workspace


def warm(workspace: Workspace) -> Warm:
    """The one warm process for a workspace, shared by every reader.

    `cache.warm(workspace).call("core.work.attention:compute", {"model": …, "text": …})`
    """
    return _warm(str(workspace.root))


@st.cache_resource(max_entries=1, on_release=Warm.close, show_spinner=False)
def _warm(root: str) -> Warm:
    return Warm({"ASSAY_HOME": root})
