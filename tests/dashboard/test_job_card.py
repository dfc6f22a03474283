"""The card of a job: which buttons fit its state, and that they do what they say."""

import fcntl
import os

import pytest

from core.errors import Busy
from core.jobs import host, runner
from core.jobs.store import JobStore
from core.train.runs import write_run
from tests.dashboard import test_train
from tests.dashboard.test_train import draw, record

workspace = test_train.workspace
REQUEST = {"dataset": "shop@0", "run": "shop-1", "base": None, "preset": "quick", "method": "full",
           "settings": {}, "replay_share": 0.0, "general": None, "test_limit": None,
           "ignore_gate": False}  # fmt: skip


@pytest.fixture
def job(workspace, monkeypatch):
    """A training that this process seems to do, in whatever state is asked for."""
    monkeypatch.setattr(runner, "wake", lambda _: False)  # nothing is started
    locks = []

    def make(state, **fields):
        with JobStore(workspace) as store:
            made, _ = store.add("train", REQUEST, target="core.work.train:run")
            store.claim(made.id, os.getpid())
            workspace.job(made.id).mkdir(parents=True)
            locks.append((workspace.job(made.id) / "lock").open("w"))
            if state == "running":
                fcntl.flock(locks[-1], fcntl.LOCK_EX)
            else:
                store.finish(made.id, state, **fields)
                ended = {"scores": [], "comparison": {}, "steps": None}
                write_run(workspace, record(made.id, state=state, **ended))
            return made.id

    yield make
    for lock in locks:
        lock.close()


def of(workspace, job_id):
    with JobStore(workspace) as store:
        return store.get(job_id)


def keys(page):
    return {
        button.key.split("-")[0] for button in page.button if button.key and "-j-" in button.key
    }


def press(page, what, job_id):
    next(button for button in page.button if button.key == f"{what}-{job_id}").click().run()
    assert not page.exception


def test_a_paused_run_can_go_on(workspace, job):
    made = job("paused", reason="asked")
    page = draw()
    assert keys(page) == {"resume", "clone", "cancel"}
    press(page, "resume", made)
    assert (of(workspace, made).state, of(workspace, made).attempt) == ("queued", 2)


def test_a_lost_run_can_be_run_again_under_another_name(workspace, job):
    made = job("lost", reason="killed", error="The worker ended without a word.")
    page = draw()
    assert keys(page) == {"resume", "clone"}
    press(page, "clone", made)
    with JobStore(workspace) as store:
        newest = store.jobs(active=True)[0]
    assert newest.id != made
    assert {**newest.request, "run": "shop-1"} == REQUEST
    assert newest.request["run"] != "shop-1"


def test_a_running_job_is_asked_to_pause_and_says_when_it_is_silent(workspace, job, monkeypatch):
    asked = []
    monkeypatch.setattr(runner, "send", lambda job, number: asked.append(job.id))
    made = job("running")
    with JobStore(workspace) as store:
        store._db.execute("UPDATE jobs SET beat = ?", (host.uptime() - 95,))
    page = draw()
    assert keys(page) == {"pause", "cancel"}
    assert any("Not responding for" in row.value for row in page.markdown)
    press(page, "pause", made)
    assert asked == [made]
    assert of(workspace, made).pausing


def test_what_is_refused_is_said_on_the_card(workspace, job, monkeypatch):
    def refuse(*_):
        raise Busy("The same work is under way as another job; **name** it.")

    made = job("paused", reason="asked")
    page = draw()
    monkeypatch.setattr(runner, "resume", refuse)
    press(page, "resume", made)
    assert any("under way as another job; **name** it" in row.value for row in page.text)
