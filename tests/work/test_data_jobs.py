"""Imports and cleaning as jobs: what they make, what they leave, how they are stopped."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from core.data import collect as collecting
from core.data import dataset as store
from core.data.cleaning.recipe import as_json, make
from core.data.dataset import Example
from core.errors import BadInput
from core.jobs.context import Cancelled, Context
from core.jobs.store import JobStore
from core.run import CleanRequest, CollectRequest
from core.work import clean, collect
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "home")


@pytest.fixture
def context(workspace: Workspace) -> Context:
    jobs = JobStore(workspace)
    job, _ = jobs.add("collect", {})
    jobs.claim(job.id, 1)
    return Context(workspace, job.id, jobs)


def handed_in(workspace: Workspace, rows: int, text: str = "text,label") -> dict[str, Any]:
    folder = workspace.uploads() / "one"
    folder.mkdir(parents=True)
    lines = [text, *(f"message {n},{'ab'[n % 2]}" for n in range(rows))]
    (folder / "0").write_text("\n".join(lines), encoding="utf-8")
    options = asdict(collecting.Options("text-classification"))
    source = {"path": str(folder / "0"), "shown": "../tickets.csv", "shards": []}
    files = {"main": [source], "validation": [], "test": []}
    return asdict(CollectRequest("tickets", options, files, str(folder)))


def test_the_copies_go_once_the_dataset_is_there(workspace: Workspace, context: Context) -> None:
    request = handed_in(workspace, 30)
    result = collect.run(request, context)
    made = store.open_dataset(workspace, "tickets")
    assert (result["name"], result["version"], result["rows"]) == ("tickets", made.version, 30)
    assert made.source == "tickets.csv"
    assert not Path(request["folder"]).exists()


def test_what_cannot_be_imported_is_kept_to_be_tried_again(
    workspace: Workspace, context: Context
) -> None:
    request = handed_in(workspace, 0)
    with pytest.raises(BadInput, match=r"tickets\.csv"):
        collect.run(request, context)
    assert Path(request["folder"]).exists()


def test_an_import_is_stopped_between_rows(
    workspace: Workspace, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "TOLD_ROWS", 10)
    request = handed_in(workspace, 100)
    JobStore(workspace).request(context.job_id, "cancel")
    seen = []
    say = context.report

    def report(*args: Any, **values: Any) -> None:
        seen.append(values["n"])
        if len(seen) == 3:
            context.stop()
        say(*args, **values)

    monkeypatch.setattr(context, "report", report)
    with pytest.raises(Cancelled):
        collect.run(request, context)
    assert seen == ["0", "10", "20"]
    assert store.list_datasets(workspace) == []


def test_cleaning_makes_a_version_or_says_that_nothing_changed(
    workspace: Workspace, context: Context
) -> None:
    rows = [Example(str(n), f"<p>text {n}</p>", "ab"[n % 2]) for n in range(12)]
    splits = {"train": rows[:8], "validation": rows[8:10], "test": rows[10:]}
    before = store.save(workspace, "page", "text-classification", splits)
    request = asdict(CleanRequest(before.title, as_json(make(["html"]))))
    first = clean.run(request, context)
    made = store.open_dataset(workspace, "page")
    assert (first["changed"], first["version"], first["rows"]) == (True, made.version, 12)
    assert store.read(workspace, made, "train")[0].input == "text 0"
    again = clean.run({**request, "dataset": made.title}, context)
    assert (again["changed"], again["version"]) == (False, made.version)
