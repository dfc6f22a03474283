"""The demo's coordinator: it starts jobs, follows them, stops them, and reads what they left."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.demo import STEPS, progress
from core.errors import WorkFailed
from core.jobs import runner
from core.jobs.context import Cancelled, Context
from core.jobs.store import JobStore
from core.run import CostRequest
from core.work import demo
from core.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
HERE = "tests.work.test_demo"


def quick(request, context):
    """A piece of work for the tests' jobs."""
    context.report(0.5, "job.running")
    if request.get("fail"):
        raise WorkFailed("It broke on purpose.")
    while request.get("wait"):
        context.check()
        time.sleep(0.02)
    return {"usd": 1.5}


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


@pytest.fixture
def coordinator(workspace):
    """A demo job's context, without a worker of its own."""
    with JobStore(workspace) as store:
        job, _ = store.add("demo", {"seconds": 1.0})
        store.claim(job.id, os.getpid())
        yield Context(workspace, job.id, store)


@pytest.fixture
def child(monkeypatch, workspace):
    """Make every step start a job of this file, and tell which was started."""
    started = []

    def submit(**request):
        def start(_, __):
            started.append(runner.submit(workspace, "cost", f"{HERE}:quick", request)[0])
            return started[-1], True

        monkeypatch.setattr(demo, "start", start)
        monkeypatch.setattr(demo.runner, "reconcile", lambda _: None)
        return started

    return submit


def test_a_step_gives_its_result_and_is_known_by_the_demo(workspace, coordinator, child):
    started = child()
    assert demo._Demo(coordinator).do("decide", CostRequest("r")) == {"usd": 1.5}
    with JobStore(workspace) as store:
        now = {one.step.name: one for one in progress(workspace, store.get(coordinator.job_id))}
    assert [job.id for job in now["decide"].jobs] == [started[0].id]
    assert now["decide"].state == "running"


def test_a_step_that_fails_fails_the_demo_with_its_own_words(coordinator, child):
    child(fail=True)
    with pytest.raises(WorkFailed, match="on purpose"):
        demo._Demo(coordinator).do("decide", CostRequest("r"))


def test_stopping_the_demo_stops_the_step(workspace, coordinator, child):
    started = child(wait=True)
    coordinator.stop()
    with pytest.raises(Cancelled):
        demo._Demo(coordinator).do("decide", CostRequest("r"))
    with pytest.raises(WorkFailed, match="cancelled"):
        runner.follow(workspace, started[0].id)


def test_the_whole_never_goes_back(workspace, coordinator):
    telling = demo._Demo(coordinator)
    told = []
    for share in (0.1, 0.5, None, 0.7):
        with JobStore(workspace) as store:
            job, _ = store.add("train", {"share": share})
            store.say(job.id, share, "job.running", {})
            telling._tell("train", store.get(job.id))
            told.append(store.get(coordinator.job_id).progress)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(STEPS[0].share + 0.7 * STEPS[1].share)


def test_shares_of_the_steps_make_a_whole():
    assert sum(step.share for step in STEPS) == pytest.approx(1.0)


def test_break_even_is_that_of_renting_and_tuning():
    kinds = {"Rent": "api", "Host": "host", "Tune": "tuned"}
    plan = {
        "ranking": [{"option": name, "kind": kind} for name, kind in kinds.items()],
        "break_even": [
            {"a": "Rent", "b": "Host", "requests_per_day": 10.0},
            {"a": "Host", "b": "Tune", "requests_per_day": None},
            {"a": "Rent", "b": "Tune", "requests_per_day": 30.0},
        ],
    }
    assert demo._break_even(plan) == 30.0
    plan["break_even"].pop()
    assert demo._break_even(plan) is None


def test_the_scenario_decides_about_the_data():
    assert demo._scenario().suffix == ".toml"


@pytest.mark.slow
def test_the_whole_demo_from_the_command_line(tmp_path):
    command = [sys.executable, "-c", "from core.cli.main import main; main()", "demo",
               "--headless", "--json", "--seconds", "10", "--workspace", str(tmp_path)]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    for name in ("bleu_copy_source", "bleu_base", "bleu_tuned"):
        assert result[f"{name}_low"] <= result[name] <= result[f"{name}_high"]
    assert 0 <= result["p_value"] <= 1
    assert result["n"] == 1_000
    assert 0 < result["usd_on_a100_low"] < result["usd_on_a100"] < result["usd_on_a100_high"]
    assert result["recommended_option"] is None or result["recommended_option"]
    for file in result["files"]:
        assert Path(file).is_file(), file
