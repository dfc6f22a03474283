"""The only caches of the dashboard: the warm process of a workspace, first batches, boards."""

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.evaluate import board
from core.evaluate.board import Delta, Entry, Group, rank
from core.evaluate.store import Evaluation
from core.jobs.warm import Warm
from core.record import canonical
from core.workspace import Workspace

Deltas = list[Delta | None]


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


def ranked(workspace: Workspace, group: Group, metric: str) -> list[Entry]:
    """The board of a group under one metric; its evaluations never change, so it is kept."""
    return _ranked(str(workspace.root), tuple(e.key for e in group.evaluations.values()), metric,
                   group)  # fmt: skip


@st.cache_data(max_entries=64, show_spinner=False)
def _ranked(root: str, keys: tuple[str, ...], metric: str, _group: Group) -> list[Entry]:
    return rank(Workspace.open(root), _group, metric)


def against(workspace: Workspace, evaluations: Sequence[Evaluation], metric: str) -> Deltas:
    """Each evaluation beside the first of them under one metric, kept as well."""
    keys = tuple(one.key for one in evaluations)
    return _against(str(workspace.root), keys, metric, list(evaluations))


@st.cache_data(max_entries=64, show_spinner=False)
def _against(
    root: str, keys: tuple[str, ...], metric: str, _evaluations: list[Evaluation]
) -> Deltas:
    return board.against(Workspace.open(root), _evaluations, metric)
