"""`assay evaluations board`: who leads, and who cannot be told apart."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import main
from core.workspace import Workspace
from tests.evaluate.test_board import save


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.open(tmp_path)
    for name, keep, seed in (("poor", 0.3, 1), ("=good", 0.95, 2), ("as good", 0.95, 3)):
        save(made, name, keep, seed=seed)
    return made


def call(workspace: Workspace, capfdbinary: Any, *words: str, status: int = 0) -> str:
    with pytest.raises(SystemExit) as end:
        main(["evaluations", "board", *words, "--workspace", str(workspace.root)])
    out = capfdbinary.readouterr()
    assert end.value.code == status, out.err
    return str((out.err if status else out.out).decode())


def test_ranks_are_ranges_and_the_last_is_the_baseline(
    workspace: Workspace, capfdbinary: Any
) -> None:
    found = json.loads(call(workspace, capfdbinary, "demo", "--json"))
    assert (found["metric"], found["baseline"], found["n"]) == ("chrf", "poor", 60)
    ranks = {row["model"]: (row["rank_best"], row["rank_worst"]) for row in found["models"]}
    assert ranks == {"=good": (1, 2), "as good": (1, 2), "poor": (3, 3)}
    assert found["models"][0]["beside_baseline"]["verdict"] == "better"
    assert found["models"][2]["beside_baseline"] is None
    text = call(workspace, capfdbinary, "demo", "--metric", "TER", "--baseline", "as good")
    assert "beside as good" in text.splitlines()[0]
    assert "1–2" in text
    assert "not distinguishable" in text
    assert "worse" in text


def test_the_file_runs_no_formula(workspace: Workspace, capfdbinary: Any) -> None:
    rows = list(csv.DictReader(call(workspace, capfdbinary, "demo", "--csv").splitlines()))
    assert "'=good" in {row["model"] for row in rows}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nope"], "Nothing has been scored on 'nope' yet"),
        (["demo", "--metric", "bleu"], "No model on demo has a score by bleu"),
        (["demo", "--metric", "blue"], "Did you mean bleu"),
        (["demo", "--baseline", "who"], "no model on the board called 'who'"),
    ],
)
def test_what_is_not_there_is_named(
    workspace: Workspace, capfdbinary: Any, words: list[str], message: str
) -> None:
    assert message in call(workspace, capfdbinary, *words, status=2)
