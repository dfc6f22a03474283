from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import NotFound
from core.jobs.store import JobStore
from core.train.runs import Run, list_runs, open_run, write_run
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


def run_of(job: str, name: str = "d-1", state: str = "succeeded", dataset: str = "d") -> Run:
    return Run(
        run=name, state=state, base="starter-translate", base_hash="0" * 64, method="full",
        preset="quick", task="translation", dataset=dataset, data_version="0" * 12, config={},
        seed=0, job=job, created_at="2026-11-23T00:00:00+00:00",
        scores=[{"metric": "bleu", "value": 41.0}],
    )  # fmt: skip


def test_a_run_is_read_as_it_was_written(workspace: Workspace) -> None:
    made = run_of("j-1")
    write_run(workspace, made)
    assert open_run(workspace, "d-1") == made
    assert made.score("bleu") == {"metric": "bleu", "value": 41.0}
    assert made.score("chrf") is None


def test_runs_are_listed_newest_first_and_by_dataset(workspace: Workspace) -> None:
    for name, dataset in (("a-1", "a"), ("b-1", "b"), ("a-2", "a")):
        write_run(workspace, run_of("j-1", name, dataset=dataset))
    assert [run.run for run in list_runs(workspace)] == ["a-2", "b-1", "a-1"]
    assert [run.run for run in list_runs(workspace, "a")] == ["a-2", "a-1"]


def test_an_unknown_run_lists_the_known(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="no run in this workspace yet"):
        open_run(workspace, "d-9")
    write_run(workspace, run_of("j-1"))
    with pytest.raises(NotFound, match="Known: d-1"):
        open_run(workspace, "d-9")


@pytest.mark.parametrize("ended", ["failed", "cancelled", "lost"])
def test_a_run_whose_worker_is_gone_is_not_running(workspace: Workspace, ended: str) -> None:
    with JobStore(workspace) as store:
        job, _ = store.add("train", {})
        store.claim(job.id, 1)
        (workspace.job(job.id)).mkdir(parents=True)
        write_run(workspace, run_of(job.id, state="running"))
        assert open_run(workspace, "d-1").state == "running"
        store.finish(job.id, ended)
    assert open_run(workspace, "d-1").state == ended


def test_a_running_run_of_another_workspace_is_lost(workspace: Workspace) -> None:
    write_run(workspace, run_of("j-elsewhere", state="running"))
    assert open_run(workspace, "d-1").state == "lost"


def test_json_holds_the_promised_keys() -> None:
    promised = {"state", "base", "method", "data_version", "scores", "train_seconds", "steps",
                "tokens_per_second", "peak_memory_bytes", "files"}  # fmt: skip
    assert promised <= set(replace(run_of("j-1"), steps=3).to_json())
