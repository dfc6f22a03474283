"""Pause, resume, turns, and the dispatcher that comes and goes."""

import json
import os
import signal
from pathlib import Path

import pytest

from core.errors import BadInput, Busy, WorkFailed
from core.jobs import launch, runner
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.workspace import Workspace
from tests.jobs.waiting import wait_for


def submit(workspace: Workspace, work: str, kind: str = "train", **request: object) -> Job:
    return runner.submit(workspace, kind, f"sample_work:{work}", request)[0]


def job_of(workspace: Workspace, job_id: str) -> Job:
    with JobStore(workspace) as store:
        return store.get(job_id)


def reaches(workspace: Workspace, job_id: str, state: str) -> Job:
    wait_for(lambda: (runner.reconcile(workspace), job_of(workspace, job_id).state)[1] == state)
    return job_of(workspace, job_id)


def at_work(workspace: Workspace, job_id: str) -> Job:
    wait_for(lambda: job_of(workspace, job_id).progress == 0.1)
    return job_of(workspace, job_id)


def test_a_paused_job_frees_its_place_and_goes_on_where_it_was(
    workspace: Workspace, tmp_path: Path
) -> None:
    job = submit(workspace, "steps", steps=100_000, kept=str(tmp_path / "kept"))
    at_work(workspace, job.id)
    asked = runner.pause(workspace, job.id)
    assert asked.pausing or asked.state == "paused"
    paused = reaches(workspace, job.id, "paused")
    assert (paused.reason, paused.error, paused.attempt) == ("asked", None, 1)
    with pytest.raises(WorkFailed, match=f"was paused; `assay jobs resume {job.id}`"):
        runner.follow(workspace, job.id)
    other = submit(workspace, "echo")
    assert runner.follow(workspace, other.id).state == "succeeded"
    assert runner.pause(workspace, job.id).state == "paused"  # twice is once

    done = int((tmp_path / "kept").read_text())
    with JobStore(workspace) as store:  # the rest would take a while
        request = json.dumps({"steps": done + 1, "kept": str(tmp_path / "kept")})
        store._db.execute("UPDATE jobs SET request=? WHERE id=?", (request, job.id))
    assert runner.resume(workspace, job.id).attempt == 2
    ended = runner.follow(workspace, job.id)
    assert ended.result == {"done": done + 1}
    assert ended.ran_seconds > paused.ran_seconds > 0
    with JobStore(workspace) as store:
        began = [event.payload["step"] for event in store.events(job.id, "resumed")]
    assert began == [0, done]


def test_a_killed_job_goes_on_as_the_same_job(workspace: Workspace, tmp_path: Path) -> None:
    job = submit(workspace, "vanish_once", mark=str(tmp_path / "mark"))
    lost = reaches(workspace, job.id, "lost")
    assert (lost.reason, lost.exit_status) == ("killed", -9)
    assert "killed with signal 9" in str(lost.error)
    assert "smaller batch_size" in str(lost.error)
    assert f"assay jobs resume {job.id}" in str(lost.error)
    runner.resume(workspace, job.id)
    ended = runner.follow(workspace, job.id)
    assert (ended.result, ended.attempt, ended.error) == ({"second": True}, 2, None)


def test_what_cannot_be_paused_or_resumed_is_refused(workspace: Workspace) -> None:
    evaluation = submit(workspace, "wait", kind="evaluate")
    at_work(workspace, evaluation.id)
    with pytest.raises(BadInput, match="only train and update can be paused"):
        runner.pause(workspace, evaluation.id)
    assert runner.resume(workspace, evaluation.id).attempt == 1  # it is under way
    runner.cancel(workspace, evaluation.id)
    reaches(workspace, evaluation.id, "cancelled")
    with pytest.raises(BadInput, match="was cancelled; there is nothing to pause"):
        runner.pause(workspace, evaluation.id)
    with pytest.raises(BadInput, match="only paused, failed, lost jobs can be resumed"):
        runner.resume(workspace, evaluation.id)


def test_a_waiting_job_can_be_paused_and_cancelled(workspace: Workspace) -> None:
    first = submit(workspace, "wait", n=1)
    at_work(workspace, first.id)
    second = submit(workspace, "wait", n=2)
    assert runner.pause(workspace, second.id).state == "paused"
    twin = submit(workspace, "wait", n=2)  # a paused job is not under way
    with pytest.raises(Busy, match="under way as another job"):
        runner.resume(workspace, second.id)
    assert runner.cancel(workspace, twin.id).state == "cancelled"
    assert runner.cancel(workspace, twin.id).state == "cancelled"  # twice is once
    assert runner.cancel(workspace, second.id).state == "cancelled"
    assert job_of(workspace, first.id).state == "running"


def test_a_shutdown_pauses_what_can_go_on(workspace: Workspace, tmp_path: Path) -> None:
    job = submit(workspace, "steps", steps=100_000, kept=str(tmp_path / "kept"))
    pid = at_work(workspace, job.id).pid
    assert pid
    os.kill(pid, signal.SIGTERM)  # from the system: nobody asked through the store
    assert reaches(workspace, job.id, "paused").reason == "terminated"
    assert (tmp_path / "kept").exists()


def test_jobs_run_in_the_order_in_which_they_were_asked_for(workspace: Workspace) -> None:
    first = submit(workspace, "wait")
    at_work(workspace, first.id)
    waiting = [submit(workspace, "echo", n=n) for n in range(4)]
    with JobStore(workspace) as store:
        assert [job.id for job in store.waiting()] == [job.id for job in waiting]
    # A job that waits is a row: no process of its own.
    assert not any(launch.alive(workspace, job.id) for job in waiting)
    runner.cancel(workspace, first.id)
    ended = [runner.follow(workspace, job.id) for job in waiting]
    starts = [job.started_at or 0.0 for job in ended]
    assert starts == sorted(starts)


def dispatcher_of(workspace: Workspace) -> int:
    """The process number of the workspace's dispatcher: the parent of its workers."""
    with JobStore(workspace) as store:
        worker = next(job for job in store.jobs(active=True) if job.pid)
    return int(Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_killed_dispatcher_takes_nothing_with_it(workspace: Workspace) -> None:
    first = submit(workspace, "wait")
    at_work(workspace, first.id)
    second = submit(workspace, "echo", n=2)
    os.kill(dispatcher_of(workspace), signal.SIGKILL)
    wait_for(lambda: not launch.dispatched(workspace))
    assert job_of(workspace, first.id).state == "running"
    assert runner.reconcile(workspace)  # the next look at the jobs starts another
    wait_for(lambda: launch.dispatched(workspace))
    assert job_of(workspace, second.id).state == "queued"  # the place is taken
    runner.cancel(workspace, first.id)
    assert runner.follow(workspace, second.id).state == "succeeded"


def test_the_dispatcher_is_small_and_goes_when_nothing_is_left(workspace: Workspace) -> None:
    job = submit(workspace, "wait")
    at_work(workspace, job.id)
    pid = dispatcher_of(workspace)
    maps = Path(f"/proc/{pid}/maps").read_text()
    assert "libtorch" not in maps
    runner.cancel(workspace, job.id)
    reaches(workspace, job.id, "cancelled")
    wait_for(lambda: not launch.dispatched(workspace))
