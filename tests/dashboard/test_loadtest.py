"""The panel of a load test: empty, running, failed, done; in both languages; names stay text."""

import asyncio
import fcntl
import os

import pytest
from streamlit.testing.v1 import AppTest

from core.deploy.loadtest import Plan
from core.deploy.loadtest_samples import Reply
from core.deploy.loadtest_store import save
from core.jobs import runner
from core.jobs.store import JobStore
from core.run import LoadTestRequest
from core.text.catalog import t
from core.workspace import Workspace
from tests.deploy.virtual import Queue, exponential, made

URL = "http://127.0.0.1:8600"
EVIL = "[x](http://evil.example) **b**"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "wake", lambda _: False)  # nothing is started
    monkeypatch.setattr(runner, "_start", lambda *_: None)
    return Workspace.open(tmp_path)


def page(url=URL, **query):
    def script(url):
        from dashboard.loadtest import render_loadtest

        render_loadtest(url, "shop-1")

    test = AppTest.from_function(script, args=(url,), default_timeout=60)
    for key, value in query.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception, test.exception[0].value
    return test


def words(test):
    kinds = ("subheader", "markdown", "caption", "text", "metric")
    return "\n".join(
        f"{getattr(part, 'label', '')} {part.value}" for kind in kinds for part in test.get(kind)
    )


def job(workspace, state, seen=()):
    request = {**vars(LoadTestRequest(URL, Plan("ramp").to_json(), {})), "url": URL}
    with JobStore(workspace) as store:
        row, _ = store.add("loadtest", request, target="core.work.loadtest:run")
        store.claim(row.id, os.getpid())
        workspace.job(row.id).mkdir(parents=True)
        lock = (workspace.job(row.id) / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        for payload in seen:
            store.add_event(row.id, "load", payload)
        if state == "running":
            store.say(row.id, 0.2, "loadtest.progress.looking", {"url": EVIL})
        else:
            store.finish(row.id, state, reason="work_failed", error=f"Nothing answers {EVIL}.")
    return lock


def test_empty_it_says_what_would_be_here_in_chinese_too(workspace):
    assert t("loadtest.empty.title", "zh") in words(page(lang="zh"))


def test_empty_it_says_what_would_be_here_and_starts_a_ramp(workspace):
    test = page()
    assert t("loadtest.empty.title") in words(test)
    test.button(key="act-loadtest").click().run()
    assert not test.exception
    with JobStore(workspace) as store:
        started = store.jobs(kind="loadtest")[0]
    assert started.request["url"] == URL
    assert started.request["plan"]["kind"] == "ramp"
    assert started.request["model"] == "shop-1"
    assert not started.slotted
    assert "is under way" in words(test)
    assert t("job.kind.loadtest") in words(test)


@pytest.mark.parametrize("kind", ["rate", "shape", "clients"])
def test_the_form_starts_each_kind(workspace, kind):
    test = page()
    test.selectbox(key="loadtest-kind").select(kind).run()
    test.button(key="act-loadtest").click().run()
    assert not test.exception
    with JobStore(workspace) as store:
        plan = store.jobs(kind="loadtest")[0].request["plan"]
    assert plan["kind"] == kind
    Plan(**plan)


def test_another_machine_wants_a_word(workspace):
    test = page("http://10.0.0.7:8600")
    test.button(key="act-loadtest").click().run()
    assert "--yes" in words(test)
    test.checkbox(key="loadtest-yes").check().run()
    test.button(key="act-loadtest").click().run()
    with JobStore(workspace) as store:
        assert store.jobs(kind="loadtest")[0].request["yes"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_running_it_shows_the_last_seconds(workspace, language):
    seen = {"seconds": 1.0, "sent": 12, "ok": 9, "busy": 1, "errors": 0, "in_flight": 2,
            "rate": 4.5, "clients": None, "finished_per_second": 4.0, "p50_ms": 12.0,
            "p95_ms": None}  # fmt: skip
    lock = job(workspace, "running", [seen])
    try:
        test = page(lang=language)
        assert test.dataframe[0].value.iloc[0].tolist()[0] == "4.50"
        assert t("common.not_known", language) in test.dataframe[0].value.iloc[0].tolist()
        assert "http://evil.example" not in words(test)  # it is escaped, so no link
        assert not any(button.key == "act-loadtest" for button in test.button)
    finally:
        lock.close()


def test_failed_it_says_why_and_can_be_tried_again(workspace):
    job(workspace, "failed").close()
    test = page()
    assert f"Nothing answers {EVIL}." in [part.value for part in test.text]
    assert any(button.key == "act-loadtest" for button in test.button)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("present", [{}, {"present": "1"}])
def test_a_ramp_is_read(workspace, language, present):
    ramp = save(workspace, made(Plan("ramp", seconds=3_000.0, step_seconds=20.0),
                                Queue(exponential(0.02, 5)).send, model=EVIL))  # fmt: skip
    test = page(lang=language, **present)
    labels = [metric.label for metric in test.metric]
    assert labels[0].startswith(t("loadtest.reading.knee", language))
    assert f"{ramp.knee.rate:.3g}" in test.metric[0].value
    assert len(test.get("plotly_chart")) == 2
    assert "[x](http" not in words(test)
    compared = [table for table in test.dataframe if len(table.value) == 2]
    assert compared, "measured beside estimated"
    assert bool(present) != any(button.key == "loadtest-again" for button in test.button)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_went_wrong_is_shown(workspace, language):
    counts = {"n": 0}

    async def half(number, due):
        counts["n"] += 1
        await asyncio.sleep(0.01)
        now = asyncio.get_running_loop().time()
        if counts["n"] % 2:
            return Reply("failed", now, 500, said=EVIL)
        return Reply("ok", now, 200, now, 3, 4)

    kept = save(workspace, made(Plan("rate", rate=20.0, seconds=30.0), half))
    assert kept.predicted.compared == ()  # a server that fails says nothing of its speed
    test = page(lang=language)
    assert any(EVIL in table.value.to_string() for table in test.dataframe)
    failed = kept.stages[0].counts["failed"]
    assert test.metric[len(test.metric) - 1].value == f"{100 * failed / kept.stages[0].sent:.2g} %"
    assert "http://evil.example" not in words(test)


def test_two_tests_can_be_chosen_between(workspace):
    for rate in (5.0, 10.0):
        save(workspace, made(Plan("rate", rate=rate, seconds=30.0), Queue(lambda: 0.01).send))
    test = page()
    box = test.selectbox(key="loadtest-which")
    assert box.options[0].startswith("shop-1-2")
    box.select("shop-1-1").run()
    assert not test.exception
