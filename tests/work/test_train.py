"""The train job on a small dataset, with a starter model and real evaluations."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput, Offline, WorkFailed
from core.evaluate import store as evaluations
from core.jobs.context import Cancelled, Context
from core.jobs.store import JobStore
from core.models import hub
from core.models.resolve import resolve
from core.run import TrainRequest
from core.train.runs import open_run
from core.work import train as work
from core.workspace import Workspace
from tests.work.claimed import claimed

WEEKDAYS = {"Monday": "Montag", "Tuesday": "Dienstag", "Friday": "Freitag", "Sunday": "Sonntag"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    place = Workspace.open(tmp_path / "home")
    rows = [
        Example(f"e{n}{day}", f"{day}, {n} March", f"{tag}, {n}. März")
        for n in range(1, 11)
        for day, tag in WEEKDAYS.items()
    ]
    splits = {"train": rows[:28], "validation": rows[28:32], "test": rows[32:]}
    fields = {"prefix": "translate English to German: ", "target_language": "de"}
    datasets.save(place, "dates", "translation", splits, **fields)
    general = [Example(f"g{n}", f"Good day {n}", f"Guten Tag {n}") for n in range(8)]
    datasets.save(place, "everyday", "translation",
                  {"train": general[:4], "test": general[4:]}, **fields)  # fmt: skip
    return place


@pytest.fixture
def context(workspace: Workspace) -> Context:
    return claimed(workspace, "train")


def request(workspace: Workspace, **fields: Any) -> dict[str, Any]:
    known = {"dataset": "dates", "run": "dates-1", "preset": "quick", "general": "everyday",
             "settings": {"max_steps": 3, "batch_size": 8, "max_seconds": None}}  # fmt: skip
    return asdict(TrainRequest(**{**known, **fields}))


def test_a_run_is_recorded_with_scores_before_and_after(
    workspace: Workspace, context: Context
) -> None:
    result = work.run(request(workspace, replay_share=0.1), context)
    made = open_run(workspace, "dates-1")
    assert (made.state, made.base, made.job) == ("succeeded", "starter-translate", context.job_id)
    assert (made.steps, made.config["batch_size"], made.preset) == (3, 8, "quick")
    assert [s["metric"] for s in made.scores] == [s["metric"] for s in made.base_scores]
    assert {s["n"] for s in made.scores} == {8}
    assert made.comparison["n"] == 8
    assert [row["metric"] for row in made.comparison["metrics"]] == [
        s["metric"] for s in made.scores
    ]
    assert made.base_hash is not None
    assert len(made.base_hash) == 64
    assert made.general is not None
    assert made.general["dataset"] == "everyday"
    assert {s["n"] for s in made.general["tuned_scores"]} == {4}
    assert made.training["replay_rows"] == 3
    assert made.train_seconds is not None
    assert result["run"] == "dates-1"
    assert result["headline"] == made.scores[0]

    for role, model in (("base", "starter-translate"), ("tuned", "dates-1")):
        name = made.evaluations[role]
        assert name is not None
        assert evaluations.open_evaluation(workspace, name).model == model
    folder = workspace.run("dates-1") / "model"
    weights = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert made.files["model.safetensors"] == weights
    assert sorted(made.files) == sorted(path.name for path in folder.iterdir())
    assert resolve(workspace, "dates-1").path == folder


def test_the_limit_holds_for_both_scores_and_the_base_is_scored_once(
    workspace: Workspace, context: Context
) -> None:
    work.run(request(workspace, test_limit=5, general="none"), context)
    first = open_run(workspace, "dates-1")
    assert {s["n"] for s in [*first.scores, *first.base_scores]} == {5}
    assert first.general is None
    work.run(request(workspace, run="dates-2", test_limit=5, general="none"), context)
    second = open_run(workspace, "dates-2")
    assert second.evaluations["base"] == first.evaluations["base"]
    assert second.evaluations["tuned"] != first.evaluations["tuned"]


def test_a_tuned_model_can_be_tuned_again(workspace: Workspace, context: Context) -> None:
    work.run(request(workspace, general="none"), context)
    work.run(request(workspace, run="dates-2", base="dates-1", general="none"), context)
    second = open_run(workspace, "dates-2")
    assert second.base == "dates-1"
    assert second.base_scores == open_run(workspace, "dates-1").scores


def test_without_a_test_split_it_trains_and_scores_nothing(
    workspace: Workspace, context: Context
) -> None:
    rows = datasets.read(workspace, datasets.open_dataset(workspace, "dates"), "train")
    datasets.save(workspace, "bare", "translation", {"train": rows}, prefix="to German: ")
    bare = request(workspace, dataset="bare", run="bare-1", general=None, ignore_gate=True)
    work.run(bare, context)
    made = open_run(workspace, "bare-1")
    assert (made.state, made.scores, made.comparison, made.general) == ("succeeded", [], {}, None)
    assert made.evaluations["tuned"] is None


def test_a_failure_is_recorded_and_what_was_trained_stays(
    workspace: Workspace, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise WorkFailed("The disk is full; free some space.")

    monkeypatch.setattr(work, "compare", broken)
    with pytest.raises(WorkFailed):
        work.run(request(workspace, general="none"), context)
    made = open_run(workspace, "dates-1")
    assert (made.state, made.error) == ("failed", "The disk is full; free some space.")
    assert (made.steps, made.finished_at is not None) == (3, True)
    assert resolve(workspace, "dates-1").kind == "run"


def test_a_base_that_cannot_be_fetched_is_a_failed_run(
    workspace: Workspace, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_cached", lambda *_: None)
    monkeypatch.setattr(hub, "_commit", lambda *_: (_ for _ in ()).throw(ConnectionError()))
    with pytest.raises(Offline):
        work.run(request(workspace, base="t5-small", general="none"), context)
    made = open_run(workspace, "dates-1")
    assert (made.state, made.base, made.base_hash) == ("failed", "t5-small", None)
    assert "there is no network" in str(made.error)


def test_a_cancelled_run_is_recorded_and_leaves_no_model(
    workspace: Workspace, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = context._store.add_event

    def stop_at_the_second_step(job: str, kind: str, payload: dict[str, Any]) -> None:
        told(job, kind, payload)
        if kind == "step":
            context._store.request(job, "cancel")
            context.stop()

    monkeypatch.setattr(context._store, "add_event", stop_at_the_second_step)
    with pytest.raises(Cancelled):
        work.run(request(workspace, general="none"), context)
    made = open_run(workspace, "dates-1")
    assert (made.state, made.error, made.scores) == ("cancelled", None, [])
    assert [path.name for path in workspace.run("dates-1").iterdir()] == ["record.json"]
    with pytest.raises(BadInput, match="left no model"):
        resolve(workspace, "dates-1")


def test_events_and_progress_reach_the_job(workspace: Workspace, context: Context) -> None:
    work.run(request(workspace, general="none"), context)
    with JobStore(workspace) as jobs:
        kinds = {event.kind for event in jobs.events(context.job_id)}
        sample = jobs.events(context.job_id, "sample")[0].payload
        base = jobs.events(context.job_id, "evaluation")[0].payload
        assert kinds == {"start", "step", "evaluation", "sample"}
        assert [score["metric"] for score in base["scores"]] == ["bleu", "chrf"]
        assert {score["n"] for score in base["scores"]} == {4}
        assert set(sample) == {"step", "input", "reference", "prediction"}


def test_a_dataset_that_is_not_fit_is_looked_over_and_refused(
    workspace: Workspace, context: Context
) -> None:
    data = datasets.open_dataset(workspace, "dates")
    splits = {name: datasets.read(workspace, data, name) for name in datasets.SPLITS}
    splits["test"] = splits["test"][:1]
    datasets.save(workspace, "one", "translation", splits, prefix=data.prefix,
                  target_language="de")  # fmt: skip
    with pytest.raises(BadInput, match="not fit to train on: There is one test example"):
        work.run(request(workspace, dataset="one", run="one-1"), context)
    work.run(request(workspace, dataset="one", run="one-1", ignore_gate=True), context)
    made = open_run(workspace, "one-1")
    assert made.training["unfit"][0].startswith("There is one test example")
    card = (workspace.run("one-1") / "README.md").read_text(encoding="utf-8")
    assert "The data was not fit for it: There is one test example" in card
