"""`assay evaluate` and `assay compare` as a person or a script calls them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sacrebleu

from core import record
from core.cli.main import main
from core.data import dataset as datasets
from core.data.dataset import Example
from core.workspace import Workspace

TEST = [Example(str(i), f"Line {i} of the text.", f"Zeile {i} des Textes.") for i in range(12)]
HOSTILE = "\x1b[31mred\x1b[0m <b>x</b> </s>"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.open(tmp_path / "home")
    train = [Example("t0", "Another line.", "Noch eine Zeile.")]
    datasets.save(made, "demo", "translation", {"train": train, "test": TEST},
                  prefix="translate English to German: ", target_language="de")  # fmt: skip
    return made


def call(workspace: Workspace, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    with pytest.raises(SystemExit) as end:
        main([*words, "--workspace", str(workspace.root), "--json"])
    out = capsys.readouterr()
    assert end.value.code == 0, out.err
    return json.loads(out.out)


def refused(workspace: Workspace, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main([*words, "--workspace", str(workspace.root)])
    out = capsys.readouterr()
    assert end.value.code == 2
    assert out.out == ""
    assert out.err.startswith("assay: ")
    assert len(out.err.splitlines()) == 1
    return out.err


def predictions(path: Path, wrong: int = 0) -> Path:
    rows = [{"id": e.id, "prediction": HOSTILE if int(e.id) < wrong else e.target} for e in TEST]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_the_contract_of_evaluate(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    found = call(workspace, capsys, "evaluate", "demo", "--model", "starter-translate",
                 "--limit", "6", "--metric", "BLEU", "--metric", "chrf")  # fmt: skip
    assert (found["evaluation"], found["dataset"], found["split"], found["n"]) == (
        "demo-starter-translate-1", "demo", "test", 6)  # fmt: skip
    assert [score["metric"] for score in found["scores"]] == ["bleu", "chrf"]
    for score in found["scores"]:
        assert {"metric", "value", "low", "high", "n", "unit", "signature"} <= set(score)
        assert score["low"] <= score["high"]
    assert found["missing"] is None
    again = call(workspace, capsys, "evaluate", "demo", "--model", "starter-translate",
                 "--limit", "6", "--metric", "bleu", "--metric", "chrf")  # fmt: skip
    assert again["evaluation"] == "demo-starter-translate-1"


def test_a_file_is_scored_as_sacrebleu_scores_it(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = predictions(tmp_path / "mine.jsonl", wrong=3)
    found = call(workspace, capsys, "evaluate", "demo", "--predictions", str(path))
    said = [json.loads(line)["prediction"] for line in path.read_text().splitlines()]
    assert (found["split"], found["n"], found["missing"], found["unknown"]) == ("all", 12, 1, 0)
    expected = sacrebleu.corpus_bleu(said, [[e.target for e in TEST]]).score
    assert found["scores"][0]["value"] == expected


def test_compare_says_who_got_worse_and_shows_texts_harmlessly(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, wrong in (("good", 0), ("bad", 8)):
        path = predictions(tmp_path / f"{name}.jsonl", wrong)
        call(workspace, capsys, "evaluate", "demo", "--predictions", str(path))
    found = call(workspace, capsys, "compare", "demo-good-1", "demo-bad-1")
    assert found["n"] == 12
    row = found["metrics"][0]
    assert {"metric", "a", "b", "difference", "low", "high", "p_value", "examples_needed"} <= set(
        row
    )
    assert row["difference"] == row["b"] - row["a"] < 0
    assert (row["verdict"], row["examples_needed"]) == ("worse", None)
    assert row["p_value"] < 0.05
    assert {change["id"] for change in found["examples"]["worse"]} == {str(i) for i in range(8)}
    assert found["examples"]["same"] == 4
    with pytest.raises(SystemExit) as end:
        main(["compare", "demo-good-1", "demo-bad-1", "--workspace", str(workspace.root)])
    text = capsys.readouterr().out
    assert end.value.code == 0
    assert "8 worse" in text
    assert "\x1b" not in text
    assert "<b>x</b> </s>" in text


def test_a_run_stands_for_its_tuned_model(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = predictions(tmp_path / "good.jsonl")
    call(workspace, capsys, "evaluate", "demo", "--predictions", str(path))
    body = {
        "run": "demo-1", "state": "succeeded", "base": "b", "base_hash": None, "method": "full",
        "preset": "quick", "task": "translation", "dataset": "demo", "data_version": "0" * 12,
        "config": {}, "seed": 0, "job": "j-0", "created_at": "",
        "evaluations": {"tuned": "demo-good-1"},
    }  # fmt: skip
    record.write(workspace.run("demo-1") / "record.json", "run", body)
    found = call(workspace, capsys, "compare", "demo-1", "demo-good-1")
    assert found["a"] == "demo-good-1"
    record.write(workspace.run("demo-2") / "record.json", "run",
                 {**body, "run": "demo-2", "evaluations": {}})  # fmt: skip
    assert "was not scored" in refused(workspace, capsys, "compare", "demo-2", "demo-good-1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate", "demo"], "one of the two"),
        (["evaluate", "nope", "--model", "copy-source"], "no dataset called 'nope'"),
        (["evaluate", "demo", "--model", "nope"], "no model called 'nope'"),
        (["evaluate", "demo", "--model", "copy-source", "--metric", "blue"], "Did you mean bleu"),
        (["evaluate", "demo", "--model", "copy-source", "--split", "dev"], "'dev' is not one of"),
        (["evaluate", "demo", "--model", "copy-source", "--limit", "0"], "x>=1"),
        (["evaluate", "demo", "--model", "starter-encode"], "encoder model and cannot write"),
        (["evaluate", "demo", "--predictions", "/nowhere.csv"], "There is no file"),
        (["compare", "demo-1", "demo-2"], "no evaluation and no run called 'demo-1'"),
        (["compare", "../x", "demo-2"], "'../x' cannot be"),
    ],
)
def test_wrong_requests_are_refused_before_anything_is_queued(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert message in refused(workspace, capsys, *words)
    assert not (workspace.root / "jobs").exists()


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, core.cli.evaluate\n"
        "print([m for m in ('torch', 'transformers', 'pandas', 'numpy', 'sacrebleu')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_encoder_compares_meaning_when_it_is_asked_to(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = predictions(tmp_path / "mine.jsonl", wrong=3)
    found = call(workspace, capsys, "evaluate", "demo", "--predictions", str(path), "--metric",
                 "bertscore", "--metric", "embedding", "--encoder", "starter-encode")  # fmt: skip
    for score in found["scores"]:
        assert 0 < score["low"] <= score["value"] < score["high"] <= 1
        assert score["signature"].endswith("|encoder:starter-encode")
    message = refused(workspace, capsys, "evaluate", "demo", "--predictions", str(path),
                      "--encoder", "starter-encode")  # fmt: skip
    assert "ask for --metric bertscore or embedding" in message
