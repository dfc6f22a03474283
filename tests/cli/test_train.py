"""`assay train`, `runs`, `jobs` and `models`, as a person types them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import main
from core.data import dataset as datasets
from core.data.dataset import Example
from core.jobs import launch, runner
from core.jobs.store import JobStore
from core.run import start_training
from core.train.config import TrainConfig
from core.train.runs import Run, write_run
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    place = Workspace.open(tmp_path)
    rows = [Example(f"e{n}", f"{n} days ago", f"vor {n} Tagen") for n in range(1, 41)]
    splits = {"train": rows[:30], "validation": rows[30:34], "test": rows[34:]}
    datasets.save(place, "shop", "translation", splits, prefix="translate English to German: ")
    return place


def assay(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    status, out, err = assay(capsys, *words, "--json")
    assert status == 0, err
    return json.loads(out)


def run_record(**fields: Any) -> Run:
    known: dict[str, Any] = {
        "run": "shop-1", "state": "succeeded", "base": "starter-translate", "base_hash": "ab" * 32,
        "method": "full", "preset": "quick", "task": "translation", "dataset": "shop",
        "data_version": "0" * 12, "config": TrainConfig().to_json(), "seed": 0, "job": "j-1",
        "created_at": "2026-11-23T00:00:00+00:00", "steps": 10, "train_seconds": 12.5,
        "tokens_per_second": 3500.0, "peak_memory_bytes": 700_000_000, "parameters": 2_000_000,
        "scores": [{"metric": "bleu", "value": 41.25, "low": 39.0, "high": 43.5, "n": 6,
                    "unit": "points", "signature": "s"}],
        "base_scores": [{"metric": "bleu", "value": 1.5, "low": 1.0, "high": 2.0, "n": 6,
                         "unit": "points", "signature": "s"}],
        "comparison": {"n": 6, "metrics": [
            {"metric": "bleu", "a": 1.5, "b": 41.25, "difference": 39.75, "low": 37.0, "high": 42.0,
             "p_value": 0.0001, "examples_needed": None}]},
    }  # fmt: skip
    return Run(**{**known, **fields})


def test_train_follows_to_a_scored_run(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = assay(
        capsys, "train", "shop", "--preset", "quick", "--set", "max_steps=2", "--set",
        "batch_size=8", "--follow", "--json",
    )  # fmt: skip
    assert status == 0, err
    made = json.loads(out)
    assert made["run"] == "shop-1"
    assert made["state"] == "succeeded"
    assert made["steps"] == 2
    assert {s["n"] for s in made["scores"]} == {6}
    assert made["job"] in err  # progress goes to standard error

    shown = answer(capsys, "runs", "show", "shop-1")
    assert {name: shown[name] for name in ("state", "steps", "scores", "files")} == {
        name: made[name] for name in ("state", "steps", "scores", "files")
    }
    job = answer(capsys, "jobs", "show", made["job"])
    assert (job["state"], job["result"]["run"]) == ("succeeded", "shop-1")
    assert isinstance(answer(capsys, "jobs", "logs", made["job"])["lines"], list)
    listed = answer(capsys, "models", "list")["models"]
    assert listed[0]["name"] == "shop-1"


def test_train_returns_once_it_is_queued_and_the_same_is_not_queued_twice(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    # A job that holds the only slot keeps the two from starting.
    blocker, *_ = start_training(workspace, "shop", settings={"max_seconds": "600"})
    first = answer(capsys, "train", "shop", "--preset", "thorough")
    assert set(first) == {"job", "run"}
    again = answer(capsys, "train", "shop", "--preset", "thorough")
    assert again == first
    other = answer(capsys, "train", "shop", "--preset", "seed")
    assert other["run"] != first["run"]
    assert sorted(p.name for p in workspace.runs().iterdir()) == ["shop-1", "shop-2", "shop-3"]
    for job in (other["job"], first["job"], blocker.id):
        status, out, _ = assay(capsys, "jobs", "cancel", job)
        assert (status, job in out) == (0, True)
    with JobStore(workspace) as store:
        for job in (other["job"], first["job"], blocker.id):
            with pytest.raises(Exception, match="was cancelled"):
                runner.follow(workspace, job)
            assert store.get(job).state == "cancelled"


def test_a_dry_run_says_what_would_be_done(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = answer(capsys, "train", "shop", "--preset", "seed", "--dry-run", "--no-probe")
    assert (plan["rows"], plan["steps"], plan["base"]) == (30, 6, "starter-translate")
    assert plan["config"]["warmup_steps"] == 500
    assert plan["estimated_seconds"] is None
    status, out, _ = assay(capsys, "train", "shop", "--dry-run", "--no-probe")
    assert status == 0
    assert "steps: at most 160" in out
    assert answer(capsys, "jobs", "list") == {"jobs": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "There is no dataset called 'nothing'. Known: shop."),
        (["shop", "--base", "starter-trans"], "Did you mean starter-translate"),
        (["shop", "--set", "lr=1"], "'lr' is not a setting of training."),
        (["shop", "--set", "epochs"], "expected KEY=VALUE"),
        (["shop", "--set", "epochs=x"], "epochs=x cannot be used: expected a number"),
        (["shop", "--preset", "fast"], "'fast' is not a preset"),
        (["shop", "--replay", "2"], "replay_share=2.0 cannot be used"),
        (["shop", "--replay", "0.1"], "needs general examples"),
        (["shop", "--base", "../x"], "without '..'"),
        (["shop", "--test-limit", "0"], "0 is not in the range"),
    ],
)
def test_a_wrong_request_is_one_line_and_status_2(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    status, out, err = assay(capsys, "train", *words)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    with JobStore(workspace) as store:
        assert store.jobs() == []


def test_a_hub_model_without_a_network_is_status_1(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from core.models import hub

    monkeypatch.setattr(hub, "_cached", lambda *_: None)
    monkeypatch.setattr(hub, "_commit", lambda *_: (_ for _ in ()).throw(ConnectionError()))
    status, _, err = assay(capsys, "train", "shop", "--base", "google-t5/t5-small")
    assert status == 1
    assert "is on the Hugging Face Hub and there is no network" in err


def test_runs_are_listed_shown_and_compared(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(capsys, "runs", "list") == {"runs": []}
    write_run(workspace, run_record())
    config = {**TrainConfig().to_json(), "seed": 7}
    write_run(workspace, run_record(run="shop-2", config=config, data_version="1" * 12))
    listed = answer(capsys, "runs", "list")["runs"]
    assert [row["run"] for row in listed] == ["shop-2", "shop-1"]
    _, out, _ = assay(capsys, "runs", "list")
    assert "1.5 (1.0–2.0)" in out
    assert "41.3 (39.0–43.5)" in out or "41.2 (39.0–43.5)" in out
    _, out, _ = assay(capsys, "runs", "show", "shop-1")
    assert "+39.8 (+37.0 to +42.0)" in out or "+39.7 (+37.0 to +42.0)" in out
    assert "10 steps in 13 s" in out or "10 steps in 12 s" in out
    diff = answer(capsys, "runs", "diff", "shop-1", "shop-2")
    assert diff["differences"] == [
        {"name": "seed", "a": 0, "b": 7},
        {"name": "data_version", "a": "0" * 12, "b": "1" * 12},
    ]
    _, out, _ = assay(capsys, "runs", "diff", "shop-1", "shop-1")
    assert "made in the same way" in out
    status, _, err = assay(capsys, "runs", "show", "shop-9")
    assert (status, "Known: shop-2, shop-1" in err) == (2, True)


def test_a_failed_run_says_why(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(workspace, run_record(state="failed", error="It broke.", scores=[], comparison={}))
    _, out, _ = assay(capsys, "runs", "show", "shop-1")
    assert "failed" in out
    assert "It broke." in out


def test_models_are_listed_and_shown(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = {row["name"]: row for row in answer(capsys, "models", "list")["models"]}
    assert listed["starter-translate"]["offline"]
    assert not listed["t5-base"]["offline"]
    assert listed["t5-base"]["parameters"] == 222_903_552
    shown = answer(capsys, "models", "show", "google-t5/t5-base")
    assert (shown["name"], shown["family"]) == ("t5-base", "encoder-decoder")
    assert shown["shape"]["hidden"] == 768
    assert shown["parameters_by_part"]["total"] == shown["parameters"]
    status, out, _ = assay(capsys, "models", "show", "starter-translate")
    assert (status, "family: encoder-decoder" in out) == (0, True)
    status, _, err = assay(capsys, "models", "show", "nothing")
    assert (status, "There is no model called 'nothing'" in err) == (2, True)


def test_unknown_jobs_are_status_2(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in ("show", "logs", "cancel"):
        status, _, err = assay(capsys, "jobs", verb, "j-none")
        assert (status, "There is no job called 'j-none'" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        ("runs list", ("torch", "transformers", "pandas", "numpy")),
        ("jobs list", ("torch", "transformers", "pandas", "numpy")),
        ("models list", ("torch", "transformers", "pandas")),
        ("train shop --dry-run --no-probe", ("torch", "transformers")),
    ],
)
def test_light_commands_import_nothing_heavy(
    workspace: Workspace, words: str, heavy: tuple[str, ...]
) -> None:
    code = (
        "import sys\nfrom core.cli.main import main\n"
        f"try:\n    main({words.split()!r})\nexcept SystemExit as e:\n    assert not e.code\n"
        f"print([n for n in {heavy!r} if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=launch.environment(),
    )  # fmt: skip
    assert done.stderr.strip() == "[]"


def test_a_dry_run_measures_and_its_file_and_command_are_the_same_run(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked = ("train", "shop", "--preset", "quick", "--method", "lora", "--set", "optim=sgd")
    plan = answer(capsys, *asked, "--dry-run")
    found = plan["preflight"]
    assert (found["verdict"], found["memory_from"]) == ("green", "probe")
    assert found["seconds"] > 0
    assert found["memory_bytes"] < found["room"]["memory_bytes"]
    file = tmp_path / "run.toml"
    file.write_text(plan["toml"])
    again = answer(capsys, "train", "--file", str(file), "--dry-run", "--no-probe")
    assert again["config"] == plan["config"]
    assert again["preflight"]["memory_from"] == "estimate"
    typed = answer(capsys, *plan["command"].split()[1:], "--dry-run", "--no-probe")
    assert typed["config"] == plan["config"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train",), "Name a dataset, or a run's file with --file."),
        (("train", "shop", "--file", "run.toml"), "--file says everything about the run"),
        (("train", "--file", "run.toml", "--method", "lora"), "leave out 'method'"),
        (("train", "--file", "nothing.toml"), "There is no file 'nothing.toml'"),
        (("train", "shop", "--method", "probe"), "A linear probe trains a new head"),
        (("train", "shop", "--set", "output_dir=/etc"), "output_dir cannot be set"),
    ],
)
def test_wrong_training_requests_are_status_2(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    status, _, err = assay(capsys, *words)
    assert (status, message in err) == (2, True), err


def test_qlora_without_its_library_says_what_to_install(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    status, _, err = assay(capsys, "train", "shop", "--method", "qlora")
    assert (status, "pip install 'llm-assay[qlora]'" in err) == (2, True)
