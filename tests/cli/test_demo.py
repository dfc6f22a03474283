import json
import re
import socket
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from core import run
from core.cli import dashboard as dashboard_command
from core.cli import demo as command
from core.evaluate.store import COPY_SOURCE, open_evaluation
from core.jobs import runner
from core.jobs.store import JobStore
from core.train.runs import open_run
from core.work import demo as work
from core.workspace import Workspace
from tests.conftest import DATASET, ROWS, RUN
from tests.serving import spawn

RESULT = {
    "run": "demo-1", "n": 1000, "p_value": 0.0001, "train_seconds": 45.2,
    "usd_on_a100": 0.00036, "usd_on_a100_low": 0.00012, "usd_on_a100_high": 0.0009,
    "break_even_requests_per_day": 349_217.1, "recommended_option": None, "files": [],
    **{f"{name}{end}": value + shift
       for name, value in (("bleu_copy_source", 0.8), ("bleu_base", 0.04), ("bleu_tuned", 41.26),
                           ("general_bleu_base", 6.4), ("general_bleu_tuned", 4.9))
       for end, shift in (("", 0.0), ("_low", -0.02), ("_high", 0.5))},
}  # fmt: skip


@pytest.fixture
def finished(monkeypatch):
    """The demo without the wait; tells which request was started."""
    started = []

    def start(workspace, request):
        started.append(request)
        return SimpleNamespace(id="j-1"), True

    monkeypatch.setattr(command.run, "start", start)
    monkeypatch.setattr(command.runner, "follow", lambda *_, **__: SimpleNamespace(result=RESULT))
    return started


def test_headless_prints_the_result_for_people(finished, tmp_path):
    told = CliRunner().invoke(command.demo, ["--headless", "--workspace", str(tmp_path)])
    assert told.exit_code == 0
    assert "41.3 (41.2–41.8), p = 0.00010 against the base" in told.stdout
    assert "≈ 349,000 requests a day" in told.stdout
    assert "none: no option is known to be good enough" in told.stdout
    assert finished[0].seconds == 45.0


def test_what_its_jobs_found_is_printed(seeded):
    def found(request):
        job, _ = run.start(seeded, request)
        return runner.follow(seeded, job.id).result

    scored = found(run.EvaluateRequest(DATASET, model=COPY_SOURCE, limit=ROWS))
    result = work._result(
        seeded, open_run(seeded, RUN), open_evaluation(seeded, scored["evaluation"]),
        found(run.CostRequest(RUN)), found(run.PlanRequest(str(work._scenario()))),
    )  # fmt: skip
    told = command._text(result)
    assert 0 < result["usd_on_a100_low"] < result["usd_on_a100"] < result["usd_on_a100_high"]
    assert re.search(r"on an A100 +≈ US\$ [0-9.]+ \(US\$ [0-9.]+ to US\$ [0-9.]+\)", told)
    assert f"BLEU on {ROWS} test rows" in told


def test_json_is_one_document(finished, tmp_path):
    told = CliRunner().invoke(
        command.demo, ["--headless", "--json", "--seconds", "20", "--workspace", str(tmp_path)]
    )
    assert json.loads(told.stdout) == RESULT
    assert finished[0].seconds == 20.0


def test_beside_another_dashboard_nothing_is_started(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = spawn("demo", "--no-browser", "--port", str(port), "--workspace", str(tmp_path))
        _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert f"Port {port} is in use" in said
    with JobStore(Workspace.open(tmp_path)) as store:
        assert store.jobs() == []


@pytest.mark.parametrize(
    ("display", "wanted", "opened"), [(":0", True, 1), (":0", False, 0), ("", True, 0)]
)
def test_a_browser_is_opened_where_there_is_a_screen(monkeypatch, display, wanted, opened):
    seen = []
    monkeypatch.setattr(dashboard_command.sys, "platform", "linux")
    monkeypatch.setattr(dashboard_command.webbrowser, "open", seen.append)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("ASSAY_TOKEN", "a b&c")
    dashboard_command.open_browser("http://localhost:1/", wanted)
    assert seen == ["http://localhost:1/?token=a+b%26c"] * opened
