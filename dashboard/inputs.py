"""Widgets that return what the workspace holds: a model, a dataset.

The choice lives in the URL (`?model=`, `?dataset=`) and goes along to the next page. The functions
called `known_…` and `first_…` say what is chosen without drawing a box: for the answer at the top
of a page, and for presenter mode.
"""

from core.data.dataset import Dataset, list_datasets
from core.models.resolve import ModelRef, list_models
from core.train.runs import list_runs
from dashboard import state, ui

KINDS = ("run", "starter")


def _models(kinds: tuple[str, ...]) -> dict[str, ModelRef]:
    return {ref.name: ref for ref in list_models(state.workspace()) if ref.kind in kinds}


def models(kinds: tuple[str, ...] = KINDS) -> list[ModelRef]:
    """All models of some kinds: runs, newest first, then variants, then the starters."""
    return list(_models(kinds).values())


def datasets(task: str | None = None) -> dict[str, Dataset]:
    """The newest version of each; those that a model was tuned on first, the latest at the top."""
    found = {row.name: row for row in list_datasets(state.workspace()) if task in (None, row.task)}
    tuned = dict.fromkeys(run.dataset for run in list_runs(state.workspace()))
    order = [name for name in tuned if name in found]
    return {name: found[name] for name in dict.fromkeys([*order, *found])}


def first_model(kinds: tuple[str, ...] = KINDS) -> ModelRef | None:
    """The model that is chosen: by the URL, else the newest run, else the first starter."""
    known = _models(kinds)
    name = state.chosen("model", list(known))
    return known[name] if name else None


def model(key: str, *, label: str | None = None, kinds: tuple[str, ...] = KINDS) -> ModelRef | None:
    """Choose a model: finished runs, newest first, then the starters.

    Args:
        key: Unique on the page.
        label: Shown above; None = "Model".
        kinds: Kinds of `ModelRef` to offer; add "hub" for the catalogue's models of the Hub.

    Returns:
        The model; None if there is none of those kinds.
    """
    known = _models(kinds)
    name = state.choose(label or ui.t("dashboard.model"), "model", list(known), key=key)
    return known[name] if name else None


def known_dataset(task: str | None = None) -> Dataset | None:
    """The dataset that is chosen: by the URL, else the one tuned on last; of one task if asked."""
    known = datasets(task)
    name = state.chosen("dataset", list(known))
    return known[name] if name else None


def dataset(key: str, *, label: str | None = None, task: str | None = None) -> Dataset | None:
    """Choose a dataset, newest version of each; of one task if so asked.

    Returns:
        The dataset; None if there is none.
    """
    known = datasets(task)
    name = state.choose(label or ui.t("dashboard.dataset"), "dataset", list(known), key=key)
    return known[name] if name else None
