"""The update job: accepted corrections become a version with a parent, and a new run."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.data.derive import lineage, words
from core.errors import BadInput, WorkFailed
from core.jobs.context import Context
from core.run import TrainRequest, UpdateRequest
from core.train.runs import open_run
from core.update import feedback
from core.update.review import review
from core.work import train, update
from core.workspace import Workspace
from tests.work.claimed import claimed

SETTINGS = {"max_steps": 2, "batch_size": 8, "max_seconds": None}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    place = Workspace.open(tmp_path / "home")
    rows = [Example(f"e{n}", f"{n} March", f"{n}. März") for n in range(1, 13)]
    splits = {"train": rows[:8], "validation": [], "test": rows[8:]}
    datasets.save(place, "dates", "translation", splits, prefix="to German: ")
    return place


@pytest.fixture
def context(workspace: Workspace) -> Context:
    return claimed(workspace, "update")


@pytest.fixture
def base(workspace: Workspace, context: Context) -> str:
    request = TrainRequest("dates", "dates-1", preset="quick", settings=SETTINGS)
    train.run(asdict(request), context)
    return "dates-1"


def correct(workspace: Workspace, model: str, text: str, answer: str) -> None:
    entry = feedback.add(workspace, model=model, input=text, output="?", verdict="down",
                         correction=answer, source="page")  # fmt: skip
    review(workspace, [entry.id], "accepted")


def request(base: str) -> dict[str, Any]:
    return asdict(UpdateRequest("dates", base, "dates-2", "quick", SETTINGS))


def test_corrections_become_a_version_and_a_run(
    workspace: Workspace, context: Context, base: str
) -> None:
    correct(workspace, base, "1 March", "der 1. März")
    correct(workspace, base, "9 March", "der 9. März")  # a test row: withheld
    before = datasets.open_dataset(workspace, "dates")
    result = update.run(request(base), context)
    after = datasets.open_dataset(workspace, "dates")
    assert (result["corrections"], result["withheld"]) == (1, 1)
    assert after.version == result["data_version"] == open_run(workspace, "dates-2").data_version
    assert [one.version for one in lineage(workspace, after)] == [after.version, before.version]
    assert words(after) == "accepted corrections taken in: 1"
    targets = {row.input: row.target for row in datasets.read(workspace, after, "train")}
    assert targets["1 March"] == "der 1. März"
    assert datasets.read(workspace, after, "test") == datasets.read(workspace, before, "test")
    with pytest.raises(BadInput, match="no accepted correction to learn from"):
        update.run(request(base), context)


def test_an_update_that_failed_is_gone_on_with(
    workspace: Workspace, context: Context, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(workspace, base, "1 March", "der 1. März")

    def broken(*_: object) -> None:
        raise WorkFailed("The power went out.")

    with monkeypatch.context() as patch, pytest.raises(WorkFailed):
        patch.setattr(train, "run", broken)
        update.run(request(base), context)
    left = datasets.open_dataset(workspace, "dates").version
    assert update.run(request(base), context)["data_version"] == left
