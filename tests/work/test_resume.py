"""A training that is paused, killed or out of data order goes on as the same run."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, Diverged
from core.jobs.context import Context, Paused
from core.jobs.store import JobStore
from core.run import cancel
from core.train.curve import curve
from core.train.runs import checkpoints_of, open_run
from core.train.trainer import ClockedTrainer
from core.work import train as work
from core.workspace import Workspace
from tests.work import test_train
from tests.work.test_train import request

workspace = test_train.workspace
SETTINGS = {"max_steps": 9, "batch_size": 8, "max_seconds": None, "checkpoint_steps": 2}


@pytest.fixture
def attempt(workspace: Workspace) -> Callable[..., Context]:
    """A context for each attempt of one job, or of another."""
    jobs = JobStore(workspace)

    def make(job_id: str | None = None) -> Context:
        if job_id is None:
            job, _ = jobs.add("train", {"n": len(jobs.jobs())}, target="core.work.train:run")
            job_id = job.id
            workspace.job(job_id).mkdir(parents=True)
        else:
            assert jobs.requeue(job_id)
        jobs.claim(job_id, 1)
        return Context(workspace, job_id, jobs)

    return make


def asked(workspace: Workspace, run: str) -> dict[str, Any]:
    return request(workspace, run=run, general="none", test_limit=2, settings=SETTINGS)


def weights(workspace: Workspace, run: str) -> str:
    path = workspace.run(run) / "model" / "model.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pause_at(context: Context, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ClockedTrainer.training_step

    def paused(self: ClockedTrainer, *args: Any) -> Any:
        if self.state.global_step == step - 1:
            context._store.request(context.job_id, "pause")
            context.stop()
        return whole(self, *args)

    monkeypatch.setattr(ClockedTrainer, "training_step", paused)


def test_a_paused_training_goes_on_and_ends_as_if_it_had_not_been(
    workspace: Workspace,
    attempt: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work.run(asked(workspace, "dates-1"), attempt())

    context = attempt()
    with monkeypatch.context() as patch:
        pause_at(context, 5, patch)
        with pytest.raises(Paused):
            work.run(asked(workspace, "dates-2"), context)
    context._store.finish(context.job_id, "paused", reason="asked")
    stopped = open_run(workspace, "dates-2")
    assert (stopped.state, stopped.error) == ("paused", None)
    folder = workspace.run("dates-2")
    assert sorted(p.name for p in (folder / "checkpoints").iterdir())[-1] == "step-00000005"
    assert not (folder / "model").exists()

    work.run(asked(workspace, "dates-2"), attempt(context.job_id))
    done = open_run(workspace, "dates-2")
    assert (done.state, done.attempts, done.steps) == ("succeeded", 2, 9)
    assert done.created_at == stopped.created_at
    assert done.training["resumed_step"] == 5
    assert weights(workspace, "dates-2") == weights(workspace, "dates-1")
    assert not (folder / "checkpoints").exists()
    told = curve(context._store.events(context.job_id))
    steps = [step for step, _ in told.training]
    assert steps == sorted(set(steps))
    assert "# dates-2" in (folder / "README.md").read_text()


def test_what_is_trained_is_not_trained_again(
    workspace: Workspace,
    attempt: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = attempt()
    with monkeypatch.context() as patch:
        patch.setattr(work, "compare", lambda *_: (_ for _ in ()).throw(Diverged("in a test")))
        with pytest.raises(Diverged):
            work.run(asked(workspace, "dates-1"), context)
    context._store.finish(context.job_id, "failed", reason="diverged")
    before = weights(workspace, "dates-1")
    monkeypatch.setattr(work, "train", None)  # whoever calls it breaks
    work.run(asked(workspace, "dates-1"), attempt(context.job_id))
    done = open_run(workspace, "dates-1")
    assert (done.state, done.attempts, done.steps) == ("succeeded", 2, 9)
    assert (weights(workspace, "dates-1"), bool(done.comparison)) == (before, True)


def test_a_run_that_diverged_names_the_last_good_step_and_a_rate(
    workspace: Workspace,
    attempt: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = ClockedTrainer.training_step

    def breaks(self: ClockedTrainer, *args: Any) -> Any:
        loss = whole(self, *args)
        return loss * float("nan") if self.state.global_step >= 5 else loss

    monkeypatch.setattr(ClockedTrainer, "training_step", breaks)
    said = r"no number any more at step 6 \(the last good one was at step [45]\).*learning_rate="
    with pytest.raises(Diverged, match=said) as caught:
        work.run(asked(workspace, "dates-1"), attempt())
    assert caught.value.reason == "diverged"
    run = open_run(workspace, "dates-1")
    assert (run.state, run.error) == ("failed", str(caught.value))
    kept = sorted(p.name for p in (workspace.run("dates-1") / "checkpoints").iterdir())
    assert kept == ["step-00000002", "step-00000004"]


def test_a_checkpoint_of_other_settings_is_refused(
    workspace: Workspace,
    attempt: Callable[..., Context],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = attempt()
    with monkeypatch.context() as patch:
        pause_at(context, 3, patch)
        with pytest.raises(Paused):
            work.run(asked(workspace, "dates-1"), context)
    context._store.finish(context.job_id, "paused", reason="asked")
    changed = asked(workspace, "dates-1")
    changed["settings"] = {**SETTINGS, "seed": 5}
    with pytest.raises(BadInput, match="another settings"):
        work.run(changed, attempt(context.job_id))
    assert Path(workspace.run("dates-1") / "checkpoints" / "step-00000003").is_dir()


def test_a_paused_training_that_is_cancelled_leaves_no_checkpoints(
    workspace: Workspace, attempt: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = attempt()
    with monkeypatch.context() as patch, pytest.raises(Paused):
        pause_at(context, 5, patch)
        work.run(asked(workspace, "dates-p"), context)
    assert list(checkpoints_of(workspace.run("dates-p")).iterdir())
    job, _ = context._store.add("train", {"run": "dates-p"})
    context._store.claim(job.id, 1)
    context._store.finish(job.id, "paused", reason="asked")
    assert cancel(workspace, job.id).state == "cancelled"
    assert not checkpoints_of(workspace.run("dates-p")).exists()
