"""Which rows a classifier is least sure of: the ones whose label is worth a person's minute.

The margin is the difference between the probabilities of the two best labels (Scheffer et al.
2001). Standard library only: `core.work.uncertain` computes, what it found is read here.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from core import record
from core.data.dataset import Dataset
from core.errors import BadInput, NotFound
from core.train.runs import Run, list_runs, open_run
from core.workspace import Workspace

METHOD = 1
"""Raise it when the margins are computed in another way."""
KEPT = 1_000


@dataclass(frozen=True)
class Unsure:
    """A row and what the classifier makes of it.

    Attributes:
        id, split, input, label: Of the row; `label` is what stands there.
        margin: 0 = a toss-up, 1 = certain.
        best, second: The labels the model finds likeliest.
        probability: Of the best one.
    """

    id: str
    split: str
    input: str
    label: str
    margin: float
    best: str
    second: str
    probability: float


def classifiers(workspace: Workspace, dataset: Dataset) -> list[Run]:
    """Finished runs on a dataset that choose among labels, newest first."""
    if dataset.task != "text-classification":
        return []
    return [run for run in list_runs(workspace, dataset.name) if run.state == "succeeded"]


def classifier(workspace: Workspace, dataset: Dataset, name: str | None = None) -> Run:
    """The run of that name, or the newest one on the dataset.

    Raises:
        NotFound: There is none.
        BadInput: The dataset or the run is not one of classification.
    """
    if dataset.task != "text-classification":
        raise BadInput(
            f"{dataset.title} is for {dataset.task}; how sure a model is can be told for "
            "text-classification."
        )
    if name:
        run = open_run(workspace, name)
        if run.task != dataset.task or run.state != "succeeded":
            raise BadInput(
                f"The run {name!r} is no finished classifier; name another with --model."
            )
        return run
    found = classifiers(workspace, dataset)
    if not found:
        raise NotFound(
            f"No classifier was tuned on {dataset.name!r} yet; `assay train {dataset.name}` does."
        )
    return found[0]


def _kept_at(workspace: Workspace, dataset: Dataset, run: Run) -> Path:
    key = record.hash_json([METHOD, run.run, run.finished_at, run.files])[:16]
    return workspace.dataset(dataset.name, dataset.version) / f"unsure-{key}.json"


def known(workspace: Workspace, dataset: Dataset, run: Run) -> list[Unsure] | None:
    """The rows a run is least sure of, least sure first; None = not computed yet."""
    path = _kept_at(workspace, dataset, run)
    if not path.is_file():
        return None
    return [Unsure(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def keep(workspace: Workspace, dataset: Dataset, run: Run, found: list[Unsure]) -> None:
    """Keep the KEPT rows that a run is least sure of, of rows in that order."""
    rows = [asdict(row) for row in found[:KEPT]]
    path = _kept_at(workspace, dataset, run)
    record.write_text(path, json.dumps(rows, ensure_ascii=False, allow_nan=False))
