"""What an export takes away: a finished run or a variant of one, with its files and its scores."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import record
from core.data import dataset as datasets
from core.data.dataset import Dataset
from core.deploy.variants import Variant, has_variant, open_variant
from core.errors import BadInput
from core.evaluate import metrics
from core.evaluate.store import list_evaluations
from core.train.runs import Run, open_run
from core.workspace import Workspace


@dataclass(frozen=True)
class Subject:
    """A run, or a variant and the run behind it."""

    name: str
    run: Run
    variant: Variant | None
    folder: Path
    files: dict[str, str]
    engine: str

    @property
    def form(self) -> str | None:
        """Of the variant; None = the run itself."""
        return self.variant.form if self.variant else None

    def check(self, folder: Path) -> None:
        """See that copied files are those that the record names.

        Raises:
            BadInput: One was changed.
        """
        for name, digest in self.files.items():
            if not (folder / name).is_file() or record.hash_file(folder / name) != digest:
                what = "variant" if self.variant else "run"
                raise BadInput(
                    f"{name} of the {what} {self.name!r} is not the file that its record names; it "
                    "was changed after the training. Train again, or put the file back."
                )


def finished(workspace: Workspace, name: str) -> Run:
    """A run that left a model.

    Raises:
        NotFound: There is no such run.
        BadInput: It left none.
    """
    run = open_run(workspace, name)
    if run.state != "succeeded" or not run.files:
        raise BadInput(
            f"The run {name!r} ({run.state}) has no finished model to export; "
            f"`assay runs show {name}` says why."
        )
    return run


def subject_of(workspace: Workspace, name: str) -> Subject:
    """The run or variant of that name.

    Raises:
        NotFound: There is none.
        BadInput: The run left no model.
    """
    if not has_variant(workspace, name):
        run = finished(workspace, name)
        return Subject(name, run, None, workspace.run(name) / "model", run.files, "transformers")
    made = open_variant(workspace, name)
    folder = workspace.variant(name) / "model"
    return Subject(name, open_run(workspace, made.run), made, folder, made.files, made.engine)


def scores_of(workspace: Workspace, subject: Subject) -> list[dict[str, Any]]:
    """Its scores on the test rows of its dataset, as JSON; empty where nobody evaluated it."""
    known = subject.variant.scores if subject.variant else subject.run.scores
    if known:
        return known
    for made in list_evaluations(workspace, subject.run.dataset):
        if made.model == subject.name and made.split == "test":
            return [one.to_json() for one in made.scores
                    if one.value is not None and not metrics.metric(one.metric).also]  # fmt: skip
    return []


def asked(workspace: Workspace, run: Run) -> dict[str, Any]:
    """How a run is asked, for whoever has not its dataset.

    Raises:
        NotFound: The dataset is gone.
    """
    data: Dataset = datasets.open_dataset(workspace, f"{run.dataset}@{run.data_version}")
    return {
        "prefix": data.prefix, "labels": list(data.classes), "separator": data.label_separator,
        "source_language": data.source_language, "target_language": data.target_language,
        "chat": data.chat, "synthetic": data.synthetic,
    }  # fmt: skip
