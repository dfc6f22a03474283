"""The only caches of the dashboard: the warm process of a workspace, and first batches."""

import json
from typing import Any

import streamlit as st

from core.jobs.warm import Warm
from core.record import canonical
from core.workspace import Workspace


def warm(workspace: Workspace) -> Warm:
    """The one warm process for a workspace, shared by every reader.

    `cache.warm(workspace).call("core.work.attention:compute", {"model": …, "text": …})`
    """
    return _warm(str(workspace.root))


@st.cache_resource(max_entries=1, on_release=Warm.close, show_spinner=False)
def _warm(root: str) -> Warm:
    return Warm({"ASSAY_HOME": root})


def first_batch(workspace: Workspace, request: dict[str, Any]) -> dict[str, Any]:
    """The first batch of a training, from the warm process; kept, as it never changes.

    Args:
        workspace: Where the dataset lives.
        request: As `core.work.batch.compute` takes it, the dataset with its version.

    Raises:
        AssayError: The request is wrong, or the base cannot be had.
    """
    return _first_batch(str(workspace.root), canonical(request))


@st.cache_data(max_entries=16, show_spinner=False)
def _first_batch(root: str, request: str) -> dict[str, Any]:
    asked = {**json.loads(request), "workspace": root}
    return _warm(root).call("core.work.batch:compute", asked)
