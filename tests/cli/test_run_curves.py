"""Curves of runs on the command line: the same numbers as on the Train page."""

import json
from dataclasses import replace

import pytest

from core.cli.main import main
from core.data import dataset as datasets
from core.data.dataset import Example
from core.train.runs import write_run
from core.workspace import Workspace
from tests.training import HOSTILE, STEPS, finished, forgot, running


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    place = Workspace.open(tmp_path)
    rows = [Example(f"e{n}", f"{n} days ago", f"vor {n} Tagen") for n in range(20)]
    datasets.save(place, "shop", "translation", {"train": rows})
    return place


def assay(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main(list(words))
    out, err = capsys.readouterr()
    return end.value.code, out, err


def answer(capsys, *words):
    status, out, err = assay(capsys, *words, "--json")
    assert (status, err) == (0, "")
    return json.loads(out)


def test_progress_of_a_live_run(workspace, capsys):
    with running(workspace) as job:
        made = finished(workspace, "shop-9", job=False)
        write_run(workspace, replace(made, job=job, state="running"))
        row = answer(capsys, "runs", "progress", "shop-9", "--watts", "130", "--usd-per-hour", "2")
        assert (row["state"], row["step"], row["total_steps"]) == ("running", STEPS, 240)
        assert row["left_seconds"] == pytest.approx(90)
        assert row["left_seconds_low"] <= 90 <= row["left_seconds_high"]
        assert [score["metric"] for score in row["validation_scores"]] == ["bleu", "chrf"]
        assert row["energy_wh"] == pytest.approx(130 * 30 / 3600)
        assert row["energy_measured"] is False
        assert row["usd"] == pytest.approx(2 * 30 / 3600)
        assert row["a100"]["usd_low"] < row["a100"]["usd"] < row["a100"]["usd_high"]
        _, out, _ = assay(capsys, "runs", "progress", "shop-9")
        assert "BLEU 38.0 (35.0–41.0), n = 64 validation rows" in out
        assert "left ≈ 90 s (90 s–90 s)" in out


def test_progress_of_a_run_that_told_nothing(workspace, capsys):
    finished(workspace, told=False)
    assert answer(capsys, "runs", "progress", "shop-1") == {
        "run": "shop-1", "state": "succeeded", "step": None,
    }  # fmt: skip
    finished(workspace, "shop-2")
    done = answer(capsys, "runs", "progress", "shop-2")
    assert (done["left_seconds"], done["tokens"]) == (None, 900 * STEPS)


def test_curves_of_runs_on_a_shared_axis(workspace, capsys):
    for name in ("shop-1", "shop-2"):
        finished(workspace, name)
    found = answer(capsys, "runs", "curves", "shop-1", "shop-2", "--of", "bleu", "--by", "tokens")
    assert [row["run"] for row in found["runs"]] == ["shop-1", "shop-2"]
    assert found["runs"][0]["points"][0] == [0, 0.0]
    assert found["runs"][0]["points"][-1][0] == 900 * STEPS
    _, out, _ = assay(capsys, "runs", "curves", "shop-1")
    assert out.splitlines()[0].split() == ["run", "step", "loss"]
    status, _, err = assay(capsys, "runs", "curves", "shop-1", "--of", "f1")
    assert (status, "these were: loss, bleu, chrf" in err) == (2, True)


def test_three_runs_are_told_apart(workspace, capsys):
    for number in range(3):
        finished(workspace, f"shop-{number}", settings={"seed": number})
    found = answer(capsys, "runs", "diff", "shop-0", "shop-1", "shop-2")
    assert found["differences"] == [{"name": "seed", "values": [0, 1, 2]}]
    status, _, err = assay(capsys, "runs", "diff", "shop-0")
    assert (status, "name two or more" in err) == (2, True)


def test_the_command_that_makes_a_run_again(workspace, capsys):
    finished(workspace, settings={"seed": 3})
    _, out, _ = assay(capsys, "runs", "show", "shop-1", "--command")
    assert out.strip() == (
        f"assay train shop@{'0' * 12} --base starter-translate --preset quick --set seed=3"
    )
    assert answer(capsys, "runs", "show", "shop-1", "--command")["command"] == out.strip()


def test_forgetting_beside_replay(workspace, capsys):
    finished(workspace, general=forgot(20.1, 3.0))
    finished(workspace, "shop-2", general=forgot(20.1, 16.0), settings={"replay_share": 0.2})
    rows = answer(capsys, "runs", "forgetting", "shop-1")["rows"]
    assert [(row["name"], row["share"], row["score"]["value"]) for row in rows] == [
        ("starter-translate", None, 20.1), ("shop-1", 0.0, 3.0), ("shop-2", 0.2, 16.0),
    ]  # fmt: skip
    finished(workspace, "shop-3")
    _, out, _ = assay(capsys, "runs", "forgetting", "shop-3")
    assert "was not held against general examples" in out


def test_a_log_is_searched(workspace, capsys):
    with running(workspace) as job:
        found = answer(capsys, "jobs", "logs", job, "--grep", "AGO days")
        assert (found["lines"], found["found"]) == ([HOSTILE.strip()], 1)
        _, out, _ = assay(capsys, "jobs", "logs", job, "--last", "1")
        assert out == "end\n"


def test_the_first_batch_is_shown_by_a_dry_run(workspace, capsys):
    words = ("train", "shop", "--preset", "quick", "--set", "batch_size=4", "--dry-run",
             "--set", "batching=plain", "--no-probe")  # fmt: skip
    batch = answer(capsys, *words, "--show-batch")["batch"]
    assert len(batch["rows"]) == 4
    assert batch["rows"][0]["target"][-1] == "</s>"
    _, out, _ = assay(capsys, *words, "--show-batch")
    assert "first batch: 4 rows of" in out
    status, _, err = assay(capsys, "train", "shop", "--show-batch")
    assert (status, "give --dry-run as well" in err) == (2, True)
