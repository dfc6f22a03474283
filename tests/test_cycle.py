"""Where a workspace stands: each stage's state, and the next thing to do."""

import pytest

from core import cycle, record
from core.data import dataset as datasets
from core.data.dataset import Example
from core.jobs.store import JobStore
from core.train.runs import Run, write_run
from core.update import feedback
from core.update.learn import held_out
from core.update.review import review
from core.workspace import Workspace

MODEL = "phrases-1"


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def add_data(workspace, name="phrases"):
    rows = {
        split: [Example(f"{split}{i}", f"{split} input {i}", f"target {i}") for i in range(n)]
        for split, n in (("train", 8), ("validation", 1), ("test", 3))
    }
    return datasets.save(workspace, name, "translation", rows)


def add_run(workspace, state="succeeded"):
    write_run(
        workspace,
        Run(MODEL, state, "starter-translate", None, "full", "quick", "translation", "phrases",
            "0" * 12, {}, 0, "j-00000000", record.now()),
    )  # fmt: skip


def add_job(workspace, kind, state="succeeded", request=None, progress=None):
    with JobStore(workspace) as store:
        job, _ = store.add(kind, request or {"made": f"{kind} {state}"})
        workspace.job(job.id).mkdir(parents=True)
        if state == "queued":
            return job.id
        store.claim(job.id, 0)
        if progress is not None:
            store.say(job.id, progress, "job.running", {})
        if state != "running":
            store.finish(job.id, state)
    return job.id


@pytest.fixture
def alive(monkeypatch):
    """Jobs of this test have no worker; the store's word counts."""
    monkeypatch.setattr(cycle.runner, "reconcile", lambda workspace: None)


def states(now):
    return [one.state for one in now.stations]


def notes(now):
    return {one.stage.name: (one.note, one.values) for one in now.stations}


def test_an_empty_workspace_begins_with_data(workspace):
    now = cycle.look(workspace)
    assert states(now) == ["due", "open", "open", "open", "open", "open"]
    assert (now.step.name, now.step.page) == ("start", "data")
    assert now.subject is None


def test_with_data_training_is_next(workspace):
    add_data(workspace)
    now = cycle.look(workspace)
    assert states(now) == ["done", "done", "due", "open", "open", "open"]
    assert notes(now)["collect"] == ("rows", {"n": 12})
    assert notes(now)["prepare"] == ("split", {"n": 3})
    assert now.step.values == {"dataset": "phrases"}


def test_everyday_sentences_alone_are_nothing_to_learn_a_task_from(workspace):
    add_data(workspace, "general-de")
    assert cycle.look(workspace).step.name == "start"


@pytest.mark.usefixtures("alive")
def test_a_job_under_way_shows_its_share(workspace):
    add_data(workspace)
    add_job(workspace, "train", "running", {"run": MODEL}, progress=0.78)
    now = cycle.look(workspace)
    assert (now.step.name, now.step.values) == ("watch", {"run": MODEL})
    assert states(now)[2] == "running"
    assert notes(now)["train"] == ("share", {"share": 0.78})
    assert [job.kind for job in now.active] == ["train"]


@pytest.mark.usefixtures("alive")
def test_a_job_that_waits_has_no_share(workspace):
    add_job(workspace, "evaluate", "queued")
    now = cycle.look(workspace)
    assert notes(now)["evaluate"] == ("running", {})


def test_a_failed_run_is_no_run(workspace):
    add_data(workspace)
    add_run(workspace, "failed")
    now = cycle.look(workspace)
    assert now.step.name == "train"
    assert now.run is None


def test_after_a_run_its_worth_is_weighed_then_it_is_deployed(workspace):
    add_data(workspace)
    add_run(workspace)
    assert cycle.look(workspace).step.name == "plan"
    add_job(workspace, "plan")
    now = cycle.look(workspace)
    assert (now.step.name, now.step.values) == ("deploy", {"run": MODEL})
    assert states(now) == ["done", "done", "done", "open", "due", "open"]


@pytest.mark.usefixtures("alive")
def test_a_server_under_way_is_a_stage_that_is_done(workspace):
    add_data(workspace)
    add_run(workspace)
    add_job(workspace, "plan")
    add_job(workspace, "serve", "running", {"model": MODEL})
    now = cycle.look(workspace)
    assert states(now)[4] == "done"
    assert now.step.name == "review"


def test_what_users_said_comes_first(workspace):
    add_data(workspace)
    add_run(workspace)
    given = feedback.add(
        workspace, model=MODEL, input="x", output="y", verdict="down", correction="z", source="page"
    )
    now = cycle.look(workspace)
    assert (now.step.name, now.step.values) == ("judge", {"n": 1})
    assert notes(now)["update"] == ("waiting", {"n": 1})
    review(workspace, [given.id], "accepted")
    now = cycle.look(workspace)
    assert (now.step.name, now.step.page) == ("retrain", "update")
    assert states(now)[5] == "due"


def test_corrections_that_only_judge_are_no_reason_to_retrain_and_no_dataset_to_learn(workspace):
    add_data(workspace)
    add_run(workspace)
    text = next(f"{n} plums" for n in range(99) if held_out(f"{n} plums", None))
    given = feedback.add(workspace, model=MODEL, input=text, output="y", verdict="down",
                         correction="z", source="page")  # fmt: skip
    review(workspace, [given.id], "accepted")
    rows = {"test": [Example("f-1", text, "z")]}
    kept = datasets.save(workspace, "d-corrections", "translation", rows, report={"slice_of": "d"})
    now = cycle.look(workspace)
    assert now.step.name != "retrain"
    assert now.dataset is not None
    assert now.dataset.name != kept.name


def test_the_newest_demo_is_found_whatever_became_of_it(workspace):
    job = add_job(workspace, "demo", "failed")
    demo = cycle.look(workspace).demo
    assert demo is not None
    assert demo.id == job
