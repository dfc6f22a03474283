"""`assay feedback`, `drift`, `promote`, `rollback`, `schedule`, `update --show`."""

import json

import pytest

from core.cli.main import main
from core.update import feedback
from core.update.gate import Gate, Side
from core.update.traffic_read import Request
from core.workspace import Workspace
from tests.update.promoted import dataset, finished
from tests.update.traffic import write


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path / "home")
    for name in ("shop-1", "shop-2"):
        finished(made, name)
    return made


@pytest.fixture
def assay(workspace, capsys):
    def call(*words, status=0):
        with pytest.raises(SystemExit) as end:
            main([*words, "--workspace", str(workspace.root)])
        out = capsys.readouterr()
        assert (end.value.code or 0) == status, out.err
        return json.loads(out.out) if "--json" in words and status != 2 else out.out + out.err

    return call


def side(low, high, n=100):
    return Side(n, 20.0, 21.0, (low + high) / 2, low, high, 0.001, ("a", "b"))


def judged(monkeypatch, *, passed, champion="shop-1"):
    """The gate, without its job."""
    verdict = Gate(
        "shop", champion, champion, "shop-2", "bleu", "points", 1.0, side(-0.5, 0.5),
        side(1.0, 2.0), True, passed, "passed" if passed else "not_better", "t", "s",
    )  # fmt: skip

    class Job:
        id, result = "j-1", verdict.to_json()

    monkeypatch.setattr("core.cli.promote.start", lambda *_: (Job, True))
    monkeypatch.setattr("core.cli.promote.runner.follow", lambda *_, **__: Job)


def serve_first(workspace, monkeypatch, assay):
    judged(monkeypatch, passed=True, champion=None)
    assay("promote", "shop-1", "--why", "first", "--who", "Mei")


def test_feedback_is_added_masked_edited_and_shown(assay):
    made = assay("feedback", "add", "--model", "shop-1", "--input", "to a@b.example",
                 "--correction", "an", "--comment", "hm", "--json")  # fmt: skip
    assert (made["input"], made["verdict"], made["source"]) == ("to [EMAIL]", "down", "command")
    edited = assay("feedback", "review", made["id"], "--edit", "an sie", "--who", "Mei", "--json")
    assert (edited["correction"], edited["given"], edited["state"]) == ("an sie", "an", "accepted")
    shown = assay("feedback", "show", made["id"], "--json")
    assert [step["who"] for step in shown["reviews"]] == ["Mei"]
    assert "edited by Mei: an -> an sie" in assay("feedback", "show", made["id"])
    kept = assay("feedback", "add", "--model", "m", "--input", "a@b.example", "--verdict", "up",
                 "--keep-personal", "--json")  # fmt: skip
    assert kept["input"] == "a@b.example"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("feedback", "add", "--model", "m", "--input", "x", "--verdict", "up", "--request", "r-9"),
         "no logged request 'r-9'"),
        (("feedback", "review", "f-1"), "Say what to do"),
        (("feedback", "review", "f-1", "f-2", "--edit", "x"), "--edit takes one id"),
        (("feedback", "review", "f-1", "--edit", "x"), "no feedback called 'f-1'"),
        (("feedback", "show", "f-1"), "no feedback called 'f-1'"),
        (("drift", "nothing"), "no dataset called 'nothing'"),
        (("drift", "shop", "--since", "0"), "since: 0 days cannot be"),
        (("drift", "shop", "--since", "nan"), "since: nan days cannot be"),
        (("update", "shop", "--replay", "2.0"), "replay: 2 cannot be"),
        (("update", "shop", "--margin", "-1"), "margin: -1 cannot be"),
        (("promote", "nobody"), "no run called 'nobody'"),
        (("promote", "bad"), "has not succeeded"),
        (("promote", "shop-1", "--margin", "-1"), "margin: -1 cannot be"),
        (("rollback", "shop"), "no champion of 'shop' to roll back to"),
        (("schedule", "shop", "--at-corrections", "0"), "at_corrections: 0 cannot be"),
        (("schedule", "shop", "--monthly", "--replay", "2"), "replay: 2 cannot be"),
        (("schedule", "shop"), "Say when to retrain"),
        (("schedule", "nothing", "--monthly"), "no dataset called 'nothing'"),
        (("schedule", "shop", "--off"), "has no schedule"),
        (("schedule", "--monthly"), "Name the dataset"),
    ],
)  # fmt: skip
def test_what_is_refused_says_so(workspace, assay, words, message):
    finished(workspace, "bad", state="failed")
    assert message in assay(*words, status=2)


def test_drift_without_traffic_fails_with_a_sentence(assay):
    assert "No request to a model of 'shop' was answered" in assay("drift", "shop", status=1)


def test_drift_is_json_and_words(workspace, assay):
    now = 4e9  # far ahead: always in the window
    write(workspace, [Request(f"r{n}", now + n, "shop-2", characters=400 + n) for n in range(60)])
    found = assay("drift", "shop", "--json")
    assert found["alarms"] == ["characters"]
    assert (found["look"], found["n_live"]) == (1, 60)
    said = assay("drift", "shop")
    assert "1 of 1 features moved: Input length in characters (60 requests, look 1)." in said
    assert "r59" in said


def test_the_gate_decides_who_serves(workspace, assay, monkeypatch):
    serve_first(workspace, monkeypatch, assay)
    judged(monkeypatch, passed=False)
    shut = assay("promote", "shop-2", "--json", status=1)
    assert (shut["promoted"], shut["gate"]["reason"]) == (False, "not_better")
    assert "Say why" in assay("promote", "shop-2", "--force", status=2)
    forced = assay("promote", "shop-2", "--force", "--why", "a fire", "--who", "Omar", "--json")
    assert (forced["run"], forced["previous"], forced["forced"], forced["who"]) == (
        "shop-2", "shop-1", True, "Omar")  # fmt: skip
    back = assay("rollback", "shop", "--why", "it swears", "--json")
    assert (back["run"], back["kind"], back["why"]) == ("shop-1", "rollback", "it swears")
    judged(monkeypatch, passed=True)
    assert "shop-2 serves shop from now on, after shop-1" in assay("promote", "shop-2")
    shown = assay("update", "shop", "--show", "--usd-per-hour", "1", "--json")
    assert shown["champion"] == "shop-2"
    assert [one["kind"] for one in shown["promotions"]] == ["promote", "promote", "rollback",
                                                            "promote"]  # fmt: skip
    assert "shop-2 (serves)" in assay("update", "shop", "--show")


def test_a_schedule_is_kept_listed_run_and_ended(workspace, assay):
    dataset(workspace)
    made = assay("schedule", "shop", "--monthly", "--at-corrections", "500", "--on-drift",
                 "--replay", "0.5", "--who", "Mei", "--json")  # fmt: skip
    assert (made["monthly"], made["at_corrections"], made["on_drift"], made["who"]) == (
        True, 500, True, "Mei")  # fmt: skip
    assert "assay schedule run" in assay("schedule", "--list")
    assert assay("schedule", "run", "--json") == {"started": []}
    [kept] = assay("schedule", "--list", "--json")["schedules"]
    assert kept["looked_at"] is not None
    assert assay("schedule", "shop", "--off", "--json") == {"dataset": "shop", "schedule": None}
    assert assay("schedule", "--list", "--json") == {"schedules": []}


def test_a_hostile_text_is_printed_on_one_line(workspace, assay):
    made = feedback.add(workspace, model="m", input="a\x1b[2Jb\nc", output="", verdict="up",
                        source="import")  # fmt: skip
    said = assay("feedback", "show", made.id)
    assert "\x1b" not in said
    assert "a [2Jb c" in said
