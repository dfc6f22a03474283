import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import WorkFailed
from core.jobs import launch, runner
from core.jobs.context import Cancelled, Context
from core.jobs.job import Event, Job
from core.jobs.log import read_log
from core.jobs.store import JobStore
from core.workspace import Workspace
from tests.jobs.waiting import wait_for


def submit(workspace: Workspace, work: str, **request: object) -> Job:
    return runner.submit(workspace, "train", f"sample_work:{work}", request)[0]


def job_of(workspace: Workspace, job_id: str) -> Job:
    with JobStore(workspace) as store:
        return store.get(job_id)


def wait_until_running(workspace: Workspace, job_id: str) -> Job:
    wait_for(lambda: job_of(workspace, job_id).progress == 0.1)
    return job_of(workspace, job_id)


def test_a_job_runs_in_a_process_of_its_own(workspace: Workspace) -> None:
    job = submit(workspace, "echo", text="ü")
    done = runner.follow(workspace, job.id)
    assert (done.state, done.result) == ("succeeded", {"got": {"text": "ü"}})
    assert done.pid not in (None, os.getpid())
    assert done.started_at is not None
    assert done.ended_at is not None
    assert done.created_at <= done.started_at <= done.ended_at
    assert read_log(workspace, job.id).lines == ("hello from the worker",)
    wait_for(lambda: not runner.alive(workspace, job.id))


def test_follow_tells_of_changes_and_events(workspace: Workspace) -> None:
    states: list[str] = []
    events: list[Event] = []
    job = submit(workspace, "echo")
    runner.follow(
        workspace, job.id, on_change=lambda j: states.append(j.state), on_event=events.append
    )
    assert states[-1] == "succeeded"
    assert [(e.kind, e.payload.get("loss")) for e in events] == [
        ("step", 2.5), ("note", None), ("step", 1.5),
    ]  # fmt: skip


def test_a_refusal_is_the_jobs_error(workspace: Workspace) -> None:
    job = submit(workspace, "refuse")
    with pytest.raises(WorkFailed, match="lower the learning rate"):
        runner.follow(workspace, job.id)
    assert job_of(workspace, job.id).state == "failed"


def test_a_fault_names_its_log(workspace: Workspace) -> None:
    job = submit(workspace, "crash")
    with pytest.raises(WorkFailed, match="unexpected RuntimeError: wires crossed The whole story"):
        runner.follow(workspace, job.id)
    assert any("Traceback" in line for line in read_log(workspace, job.id).lines)


def test_a_result_that_is_no_json_is_a_failure(workspace: Workspace) -> None:
    job = submit(workspace, "strange")
    with pytest.raises(WorkFailed, match="TypeError"):
        runner.follow(workspace, job.id)


def test_a_target_that_is_not_there_is_a_failure(workspace: Workspace) -> None:
    job = submit(workspace, "nothing")
    with pytest.raises(WorkFailed, match="AttributeError"):
        runner.follow(workspace, job.id)


def test_a_running_job_stops_when_asked(workspace: Workspace) -> None:
    job = submit(workspace, "wait")
    wait_until_running(workspace, job.id)
    runner.cancel(workspace, job.id)
    with pytest.raises(WorkFailed, match=f"Job {job.id} was cancelled"):
        runner.follow(workspace, job.id)
    assert job_of(workspace, job.id).state == "cancelled"


def test_a_finished_job_cannot_be_cancelled(workspace: Workspace) -> None:
    job = submit(workspace, "echo")
    runner.follow(workspace, job.id)
    assert runner.cancel(workspace, job.id).state == "succeeded"


def test_a_waiting_job_is_cancelled_without_ever_working(
    workspace: Workspace, tmp_path: Path
) -> None:
    first = submit(workspace, "wait")
    wait_until_running(workspace, first.id)
    second = submit(workspace, "wait", mark=str(tmp_path / "mark"))
    assert job_of(workspace, second.id).state == "queued"
    runner.cancel(workspace, second.id)
    wait_for(lambda: job_of(workspace, second.id).state == "cancelled")
    assert not (tmp_path / "mark").exists()
    assert job_of(workspace, first.id).state == "running"


def test_jobs_take_turns(workspace: Workspace) -> None:
    first = submit(workspace, "wait")
    wait_until_running(workspace, first.id)
    second = submit(workspace, "echo", turn=2)
    assert job_of(workspace, second.id).state == "queued"
    runner.cancel(workspace, first.id)
    assert runner.follow(workspace, second.id).state == "succeeded"


def test_a_killed_worker_is_lost_and_its_work_can_start_again(workspace: Workspace) -> None:
    job = submit(workspace, "wait")
    pid = wait_until_running(workspace, job.id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkFailed, match="ended without a word"):
        runner.follow(workspace, job.id)
    assert job_of(workspace, job.id).state == "lost"
    again, new = runner.submit(workspace, "train", "sample_work:wait", {})
    assert new
    assert again.id != job.id


def test_a_worker_that_kills_itself_is_lost(workspace: Workspace) -> None:
    job = submit(workspace, "vanish")
    with pytest.raises(WorkFailed, match="ended without a word"):
        runner.follow(workspace, job.id)


def test_a_worker_that_does_not_listen_is_killed_after_the_grace(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0)
    job = submit(workspace, "deaf")
    wait_until_running(workspace, job.id)
    runner.cancel(workspace, job.id)
    wait_for(lambda: (runner.reconcile(workspace), job_of(workspace, job.id).active)[1] is False)
    assert job_of(workspace, job.id).state == "cancelled"


def test_a_job_outlives_whoever_started_it(workspace: Workspace, tmp_path: Path) -> None:
    code = (
        "import sys; from core.jobs import runner; from core.workspace import Workspace;"
        "job, _ = runner.submit(Workspace.open(sys.argv[1]), 'train', 'sample_work:wait', {});"
        "print(job.id)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(workspace.root)],
        env=launch.environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    job = wait_until_running(workspace, done.stdout.strip())
    assert job.pid is not None
    assert os.getsid(job.pid) == job.pid


def test_a_job_being_launched_is_not_taken_for_dead(workspace: Workspace) -> None:
    with JobStore(workspace) as store:
        job, _ = store.add("serve", {"launched": "in a moment"})
        runner.reconcile(workspace)
        assert store.get(job.id).state == "queued"
        store._db.execute("UPDATE jobs SET created_at = created_at - 60")
        runner.reconcile(workspace)
        assert (store.get(job.id).state, store.get(job.id).reason) == ("lost", "not_started")


def test_jobs_left_waiting_are_started_by_the_next_look(workspace: Workspace) -> None:
    with JobStore(workspace) as store:  # as a machine that went down leaves them
        first, _ = store.add("train", {"n": 1}, target="sample_work:echo")
        second, _ = store.add("train", {"n": 2}, target="sample_work:echo")
        assert runner.reconcile(workspace)
        wait_for(lambda: store.get(second.id).state == "succeeded")
        ran = [store.get(job.id) for job in (first, second)]
    assert [job.state for job in ran] == ["succeeded", "succeeded"]
    assert (ran[0].ended_at or 0) <= (ran[1].started_at or 0)
    wait_for(lambda: not launch.dispatched(workspace))
    assert not runner.reconcile(workspace)


def test_those_who_ask_do_not_look_alive_to_each_other(workspace: Workspace) -> None:
    job = submit(workspace, "echo")
    runner.follow(workspace, job.id)
    wait_for(lambda: not runner.alive(workspace, job.id))
    with (workspace.job(job.id) / "lock").open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert not runner.alive(workspace, job.id)


def test_eight_processes_that_ask_for_the_same_get_one_job(
    workspace: Workspace, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    code = (
        "import sys; from core.jobs import runner; from core.workspace import Workspace;"
        "job, new = runner.submit(Workspace.open(sys.argv[1]), 'train', 'sample_work:wait',"
        " {'mark': sys.argv[2]}); print(job.id, new)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(workspace.root), str(mark)],
            env=launch.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(8)
    ]  # fmt: skip
    answers = [process.communicate() for process in started]
    assert [err for _, err in answers] == [""] * 8
    ids = {out.split()[0] for out, _ in answers}
    assert len(ids) == 1
    assert sorted(out.split()[1] for out, _ in answers) == ["False"] * 7 + ["True"]
    wait_until_running(workspace, ids.pop())
    assert len(mark.read_text().splitlines()) == 1


def test_part_of_the_work_reports_within_its_stretch(workspace: Workspace) -> None:
    with JobStore(workspace) as store:
        job, _ = store.add("train", {})
        context = Context(workspace, job.id, store)
        part = context.part(0.2, 0.6)
        part.report(0.5, "job.running")
        assert store.get(job.id).progress == pytest.approx(0.4)
        part.part(0.5, 1.0).report(1.0, "job.running")
        assert store.get(job.id).progress == pytest.approx(0.6)
        store.request(job.id, "cancel")
        context.stop()
        with pytest.raises(Cancelled):
            part.report(0.9, "job.running")
        store.finish(job.id, "cancelled")
