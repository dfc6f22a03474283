"""Widgets that return what the workspace holds: a model, a dataset, a run.

Each follows the URL: `?model=`, `?dataset=`, `?run=` choose what is shown first.
"""

import streamlit as st

from core.data.dataset import Dataset, list_datasets
from core.models.resolve import ModelRef, list_models
from dashboard import state, ui


def _choose(label: str, names: list[str], key: str, parameter: str) -> str | None:
    """A selectbox of names, or None where there is nothing to choose from."""
    first = state.chosen(parameter, names)
    if first is None:
        return None
    chosen = st.selectbox(label, names, index=names.index(first), key=key, width=260)
    if chosen is not None and len(names) > 1 and chosen != first:
        st.query_params[parameter] = chosen
    return chosen


def model(
    key: str, *, label: str | None = None, kinds: tuple[str, ...] = ("run", "starter")
) -> ModelRef | None:
    """Choose a model: finished runs, newest first, then the starters.

    Args:
        key: Unique on the page.
        label: Shown above; None = "Model".
        kinds: Kinds of `ModelRef` to offer; add "hub" for the catalogue's models of the Hub.

    Returns:
        The model; None if there is none of those kinds.
    """
    known = {ref.name: ref for ref in list_models(state.workspace()) if ref.kind in kinds}
    name = _choose(label or ui.t("dashboard.model"), list(known), key, "model")
    return known[name] if name else None


def dataset(key: str, *, label: str | None = None, task: str | None = None) -> Dataset | None:
    """Choose a dataset, newest version of each; of one task if so asked.

    Returns:
        The dataset; None if there is none.
    """
    known = {
        found.name: found
        for found in list_datasets(state.workspace())
        if task is None or found.task == task
    }
    name = _choose(label or ui.t("dashboard.dataset"), list(known), key, "dataset")
    return known[name] if name else None
