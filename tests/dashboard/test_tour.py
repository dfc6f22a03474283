"""The demo's tour on the first page: its states, its links, how it begins and how it is closed."""

import os
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import record
from core.data.samples import import_sample
from core.demo import DATASET, STEP_EVENT, STEPS
from core.jobs import runner
from core.jobs.store import JobStore
from core.train.runs import Run, write_run
from core.workspace import Workspace
from dashboard import tour

APP = str(Path(tour.__file__).parent / "app.py")
RUN = "demo-1"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "reconcile", lambda _: None)
    return Workspace.open(tmp_path)


def score(value):
    return {"metric": "bleu", "value": value, "low": value - 1, "high": value + 1, "n": 1000,
            "unit": "points", "signature": "s"}  # fmt: skip


def add_demo(workspace, reached, state="running", error=None):
    """A demo job that has come to the step called `reached`, whose own job runs or has ended."""
    import_sample(workspace, DATASET)
    write_run(
        workspace,
        Run(RUN, "succeeded", "starter-translate", None, "full", "quick", "translation", DATASET,
            "0" * 12, {}, 0, "j-00000000", record.now(), scores=[score(41.23)],
            base_scores=[score(0.04)], train_seconds=45.0, steps=1234),
    )  # fmt: skip
    with JobStore(workspace) as store:
        job, _ = store.add("demo", {"seconds": 45.0})
        store.claim(job.id, os.getpid())
        for step in STEPS:
            child, _ = store.add(step.name, {"run": RUN})
            store.add_event(job.id, STEP_EVENT, {"step": step.name, "job": child.id})
            store.finish(child.id, "succeeded")
            if step.name == reached:
                break
        store.say(job.id, 0.4, f"demo.step.{reached}", {})
        if state != "running":
            store.finish(job.id, state, error=error)
    return job.id


def draw():
    page = AppTest.from_file(APP, default_timeout=60).run()
    assert [fault.value for fault in page.exception] == []
    return page


def said(page):
    return "\n".join(element.value for element in [*page.markdown, *page.caption])


def test_while_it_runs_the_tour_says_which_step(workspace):
    add_demo(workspace, "train")
    page = draw()
    assert "step 2 of 5" in said(page)
    assert "2. **Train** · running" in said(page)
    assert "1. **Data** · done" in said(page)
    assert "3. **Evaluate** · to come" in said(page)
    assert not [button for button in page.button if button.key == "tour-close"]


def test_afterwards_each_step_says_what_came_out(workspace):
    add_demo(workspace, STEPS[-1].name, "succeeded")
    words = said(draw())
    assert "The demo is done" in words
    assert "41.2 BLEU after, 0.0 before" in words
    assert "1,234 steps in 45 s" in words


def test_a_demo_that_failed_says_why(workspace):
    add_demo(workspace, "train", "failed", "The disk is full; free 2 GB and start again.")
    words = said(draw())
    assert "The demo stopped: The disk is full" in words
    assert "2. **Train** · failed" in words


def test_the_tour_can_be_closed(workspace):
    add_demo(workspace, STEPS[-1].name, "succeeded")
    page = draw()
    page = page.button(key="tour-close").click().run()
    assert "The demo is done" not in said(page)


def test_the_tour_goes_by_itself_after_a_day(workspace, monkeypatch):
    add_demo(workspace, STEPS[-1].name, "succeeded")
    now = time.time()
    monkeypatch.setattr(tour.time, "time", lambda: now + tour.SHOWN_SECONDS + 60)
    assert "The demo is done" not in said(draw())


def test_an_empty_workspace_offers_the_demo_and_begins_it(workspace, monkeypatch):
    begun = []
    monkeypatch.setattr(tour, "start", lambda place, request: begun.append((place, request)))
    page = draw()
    assert "two minutes" in said(page)
    page.button(key="act-demo").click().run()
    [(place, request)] = begun
    assert place == workspace
    assert type(request).__name__ == "DemoRequest"
