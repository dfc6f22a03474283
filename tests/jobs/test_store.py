import threading
from pathlib import Path

import pytest

from core.errors import NotFound
from core.jobs.store import JobStore
from core.workspace import Workspace


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return JobStore(Workspace.open(tmp_path))


def test_a_new_job_is_queued_with_its_request(store: JobStore) -> None:
    job, new = store.add("train", {"dataset": "d", "seed": 1})
    assert new
    assert (job.state, job.kind, job.request) == ("queued", "train", {"dataset": "d", "seed": 1})
    assert (job.progress, job.message, job.values, job.pid) == (None, None, {}, None)


def test_the_same_request_is_one_active_job(store: JobStore) -> None:
    first, _ = store.add("train", {"a": 1, "b": 2})
    again, new = store.add("train", {"b": 2, "a": 1})
    assert (again.id, new) == (first.id, False)
    assert store.add("evaluate", {"a": 1, "b": 2})[1]
    store.claim(first.id, 1)
    assert not store.add("train", {"a": 1, "b": 2})[1]
    store.finish(first.id, "succeeded")
    assert store.add("train", {"a": 1, "b": 2})[1]


def test_what_makes_it_the_same_work_can_be_told(store: JobStore) -> None:
    first, _ = store.add("train", {"dataset": "d", "run": "d-1"}, {"dataset": "d"})
    again, new = store.add("train", {"dataset": "d", "run": "d-2"}, {"dataset": "d"})
    assert (again.id, new, again.request["run"]) == (first.id, False, "d-1")


def test_only_one_worker_claims_a_job(store: JobStore) -> None:
    job, _ = store.add("train", {})
    assert store.claim(job.id, 11)
    assert not store.claim(job.id, 12)
    assert store.get(job.id).pid == 11


def test_a_finished_job_does_not_finish_again(store: JobStore) -> None:
    job, _ = store.add("train", {})
    assert store.finish(job.id, "lost", error="gone")
    assert not store.finish(job.id, "succeeded", result={"x": 1})
    done = store.get(job.id)
    assert (done.state, done.error, done.result) == ("lost", "gone", None)
    assert not store.claim(job.id, 1)


def test_success_is_the_whole_of_the_progress(store: JobStore) -> None:
    job, _ = store.add("train", {})
    store.say(job.id, 0.4, "train.progress", {"step": 3})
    assert store.get(job.id).values == {"step": 3}
    store.finish(job.id, "succeeded", result={"run": "r"})
    assert (store.get(job.id).progress, store.get(job.id).result) == (1, {"run": "r"})


def test_the_first_request_to_cancel_counts(store: JobStore) -> None:
    job, _ = store.add("train", {})
    assert (store.requested(job.id), store.asked_seconds(job.id)) == (None, None)
    store.request(job.id, "cancel")
    store._db.execute("UPDATE jobs SET asked_uptime = asked_uptime - 7")
    store.request(job.id, "cancel")
    assert store.requested(job.id) == "cancel"
    assert (store.asked_seconds(job.id) or 0) >= 7
    assert store.get(job.id).cancelling
    store.finish(job.id, "cancelled")
    assert not store.get(job.id).cancelling


def test_events_come_in_order_and_can_be_chosen(store: JobStore) -> None:
    job, _ = store.add("train", {})
    other, _ = store.add("train", {"other": True})
    for step in range(3):
        store.add_event(job.id, "step", {"step": step})
        store.add_event(other.id, "step", {"step": 10 + step})
    store.add_event(job.id, "sample", {"text": "ü"})
    assert [e.payload["step"] for e in store.events(job.id, "step")] == [0, 1, 2]
    assert [e.sequence for e in store.events(job.id, after=2)] == [3, 4]
    assert store.events(job.id, "sample")[0].payload == {"text": "ü"}


def test_jobs_are_listed_newest_first(store: JobStore) -> None:
    ids = [store.add("train", {"n": n})[0].id for n in range(3)]
    store.finish(ids[1], "failed")
    assert [job.id for job in store.jobs()] == ids[::-1]
    assert [job.id for job in store.jobs(active=True)] == [ids[2], ids[0]]
    assert store.jobs("evaluate") == []
    assert len(store.jobs(limit=2)) == 2


def test_an_unknown_job_lists_the_latest(store: JobStore) -> None:
    with pytest.raises(NotFound, match="There is none yet"):
        store.get("j-none")
    job, _ = store.add("train", {})
    with pytest.raises(NotFound, match=job.id):
        store.get("j-none")


def test_threads_that_open_a_new_workspace_at_once(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "new")
    barrier, results, errors = threading.Barrier(8), [], []

    def add() -> None:
        barrier.wait()
        try:
            with JobStore(workspace) as store:
                results.append(store.add("train", {"same": True}))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len({job.id for job, _ in results}) == 1
    assert sum(new for _, new in results) == 1
