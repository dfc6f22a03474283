"""What goes wrong around a job, done for real: signals, full disk, restarts, locks, clocks."""

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import workspace as workspaces
from core.errors import BadInput, Busy, WorkFailed
from core.jobs import host, launch, runner
from core.jobs import store as stores
from core.jobs.job import REASONS, Job
from core.jobs.schema import TABLES
from core.jobs.store import JobStore
from core.workspace import DATABASE_SCHEMA, Workspace
from tests.jobs.test_control import at_work, job_of, reaches, submit
from tests.jobs.waiting import wait_for


def test_a_killed_server_leaves_its_jobs_running_and_its_queue_moving(
    workspace: Workspace, tmp_path: Path
) -> None:
    code = (
        "import sys, time; from core.jobs import runner; from core.workspace import Workspace;"
        "w = Workspace.open(sys.argv[1]);"
        "kept = {'steps': 300, 'kept': sys.argv[2]};"
        "a, _ = runner.submit(w, 'train', 'sample_work:steps', kept);"
        "b, _ = runner.submit(w, 'train', 'sample_work:echo', {});"
        "print(a.id, b.id, flush=True); time.sleep(600)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.root), str(tmp_path / "kept")],
        env=launch.environment(), stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with server:
        assert server.stdout
        first, second = server.stdout.readline().split()
        at_work(workspace, first)
        os.killpg(server.pid, signal.SIGKILL)
    wait_for(lambda: job_of(workspace, second).state == "succeeded")  # nobody looks in between
    assert job_of(workspace, first).result == {"done": 300}


def test_a_stopped_worker_does_not_respond_and_is_not_dead(workspace: Workspace) -> None:
    job = at_work(workspace, submit(workspace, "wait").id)
    assert job.pid
    assert runner.silent_seconds(workspace, job) is None
    os.killpg(job.pid, signal.SIGSTOP)
    with JobStore(workspace) as store:  # as if it had been stopped a minute ago
        store._db.execute("UPDATE jobs SET beat = beat - 60")
    runner.reconcile(workspace)
    job = job_of(workspace, job.id)
    assert job.state == "running"
    assert (runner.silent_seconds(workspace, job) or 0) >= 60
    os.killpg(job.pid or 0, signal.SIGCONT)
    wait_for(lambda: runner.silent_seconds(workspace, job_of(workspace, job.id)) is None)


def test_a_stopped_worker_can_be_cancelled(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0)
    job = at_work(workspace, submit(workspace, "wait").id)
    os.killpg(job.pid or 0, signal.SIGSTOP)
    runner.cancel(workspace, job.id)
    assert reaches(workspace, job.id, "cancelled").reason


def test_a_full_disk_is_said_to_be_full(workspace: Workspace, tmp_path: Path) -> None:
    job = submit(workspace, "fills", path=str(tmp_path / "large"))
    with pytest.raises(WorkFailed, match="The disk is full; free some space, then resume the job"):
        runner.follow(workspace, job.id)
    assert job_of(workspace, job.id).reason == "disk_full"


def test_memory_that_ran_out_is_said_to_have(workspace: Workspace) -> None:
    job = submit(workspace, "hungry")
    with pytest.raises(WorkFailed, match=r"Memory ran out; .* a smaller model or batch"):
        runner.follow(workspace, job.id)
    assert job_of(workspace, job.id).reason == "out_of_memory"


@pytest.mark.parametrize(
    ("work", "reason"), [("refuse", "work_failed"), ("crash", "unexpected"), ("vanish", "killed")]
)
def test_each_end_has_its_reason(workspace: Workspace, work: str, reason: str) -> None:
    job = submit(workspace, work)
    wait_for(lambda: (runner.reconcile(workspace), job_of(workspace, job.id).active)[1] is False)
    assert job_of(workspace, job.id).reason == reason
    assert reason in REASONS


@contextmanager
def claimed(workspace: Workspace, pid: int, *, alive: bool) -> Iterator[Job]:
    """A running job whose worker is `pid`; alive = somebody holds its lock."""
    with JobStore(workspace) as store:
        job, _ = store.add("train", {"pid": pid}, target="sample_work:wait")
        store.claim(job.id, pid)
    workspace.job(job.id).mkdir(parents=True)
    with (workspace.job(job.id) / "lock").open("w") as lock:
        if alive:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield job
    with JobStore(workspace) as store:
        store.finish(job.id, "cancelled")


@pytest.mark.parametrize("alive", [True, False])
def test_a_stranger_with_the_workers_number_is_never_signalled(
    workspace: Workspace, alive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0)
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        with claimed(workspace, stranger.pid, alive=alive) as job:
            with JobStore(workspace) as store:  # the number was another process's then
                store._db.execute("UPDATE jobs SET process = process || '0'")
            runner.cancel(workspace, job.id)
            runner.reconcile(workspace)
            time.sleep(0.1)
            assert stranger.poll() is None
            assert job_of(workspace, job.id).state == ("running" if alive else "cancelled")
    finally:
        stranger.kill()
        stranger.wait()


def test_a_process_is_told_from_a_later_one_with_its_number() -> None:
    mine = host.process_mark(os.getpid())
    assert mine == host.process_mark(os.getpid())
    with subprocess.Popen(["sleep", "0.1"]) as child:
        assert host.process_mark(child.pid) != mine
    assert host.process_mark(child.pid) is None


def test_after_a_restart_of_the_machine_it_says_so(workspace: Workspace) -> None:
    with claimed(workspace, os.getpid(), alive=False) as job:
        with JobStore(workspace) as store:
            store._db.execute("UPDATE jobs SET boot = 'before'")
        (workspace.root / "jobs" / launch.DISPATCHER_LOCK).touch()  # left behind, held by nobody
        runner.reconcile(workspace)
        lost = job_of(workspace, job.id)
        assert (lost.state, lost.reason) == ("lost", "machine_restarted")
        assert "goes on from there" in str(lost.error)


def test_a_kill_of_the_kernels_is_told_as_one(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with claimed(workspace, os.getpid(), alive=False) as job:
        before = host.memory_kills() or 0
        with JobStore(workspace) as store:
            store._db.execute("UPDATE jobs SET memory_kills = ?", (before,))
        monkeypatch.setattr(host, "memory_kills", lambda: before + 1)
        runner.reconcile(workspace)
        lost = job_of(workspace, job.id)
        assert (lost.state, lost.reason) == ("lost", "out_of_memory")
        assert "smaller batch_size" in str(lost.error)


def test_an_old_database_is_brought_up_to_date(workspace: Workspace) -> None:
    with sqlite3.connect(workspace.database_path) as old:
        old.executescript(TABLES)
        old.execute(
            "INSERT INTO jobs (id, kind, request, spec_hash, state, created_at, result)"
            " VALUES ('j-old', 'train', '{\"run\": \"d-1\"}', 'x', 'succeeded', 5.0, '{}')"
        )
    old.close()
    with JobStore(workspace) as store:
        job = store.get("j-old")
        assert (job.state, job.attempt, job.reason, job.target) == ("succeeded", 1, None, None)
        assert store._db.execute("PRAGMA user_version").fetchone()[0] == DATABASE_SCHEMA
        assert store.add("train", {}, target="x:y")[1]
        store._db.execute("DELETE FROM jobs")


def test_a_newer_database_is_refused_in_a_sentence(workspace: Workspace) -> None:
    with sqlite3.connect(workspace.database_path) as newer:
        newer.execute(f"PRAGMA user_version={DATABASE_SCHEMA + 1}")
    newer.close()
    with pytest.raises(BadInput, match=r"written by a newer Assay \(schema 4.*update Assay"):
        JobStore(workspace)
    workspace.database_path.unlink()


def test_a_damaged_database_is_refused_in_a_sentence(workspace: Workspace) -> None:
    workspace.database_path.write_bytes(b"no database at all, but long enough " * 40)
    with pytest.raises(BadInput, match="cannot be used"):
        JobStore(workspace)
    workspace.database_path.unlink()


def test_a_locked_database_is_waited_for_and_then_named(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    JobStore(workspace).close()
    holder = sqlite3.connect(workspace.database_path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.5, lambda: holder.execute("ROLLBACK"))
    release.start()
    with JobStore(workspace) as store:
        job, new = store.add("serve", {})  # waits for half a second
        assert new
        release.join()
        store.finish(job.id, "cancelled")
    monkeypatch.setattr(workspaces, "BUSY_SECONDS", 0.1)
    holder.execute("BEGIN EXCLUSIVE")
    with JobStore(workspace) as store, pytest.raises(Busy, match="locked by another program"):
        store.add("serve", {"n": 2})
    holder.execute("ROLLBACK")
    holder.close()


def test_a_clock_that_is_set_back_changes_no_duration(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with JobStore(workspace) as store:
        job, _ = store.add("serve", {})
        store.claim(job.id, os.getpid())
        store.request(job.id, "cancel")
        real = time.time
        monkeypatch.setattr(stores.time, "time", lambda: real() - 86_400)
        store.heartbeat(job.id, 3.25)
        store.finish(job.id, "cancelled")
        ended = store.get(job.id)
        assert ended.ended_at is not None
        assert ended.started_at is not None
        assert ended.ended_at < ended.started_at
        assert ended.ran_seconds == 3.25
        assert 0 <= (store.asked_seconds(job.id) or 0) < 60
