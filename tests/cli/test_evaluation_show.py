"""`assay evaluations show` and `export`: what people read, and what other programs do."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import main
from core.evaluate import scoring, store
from core.evaluate.answer import Answer
from core.evaluate.store import Evaluation
from core.workspace import Workspace

HOSTILE = '=HYPERLINK("http://x")\x1b[31m'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.open(tmp_path / "home")
    cases = [("refund", "refund"), ("refund", HOSTILE), ("invoice", "invoice"), ("other", "refund")]
    references, answers = [r for r, _ in cases], [Answer(a, seconds=1.5) for _, a in cases]
    names = ("accuracy", "f1", "ece", "empty", "latency_p50", "latency_p95", "usd_per_1000")
    scores = scoring.score(names, references, answers, language="en", resamples=50)
    rows = [{"id": f"-{i}", "input": "+1 text", "reference": r, "prediction": a.text,
             "seconds": a.seconds, "scores": {"accuracy": float(r == a.text)}}
            for i, (r, a) in enumerate(zip(references, answers, strict=True))]  # fmt: skip
    evaluation = Evaluation("", "tickets", "ab12", "text-classification", "test", "en", "mine",
                            "endpoint", 4, tuple(scores), "2026-01-02T03:04:05+00:00", "k", 1.0,
                            {"seed": 0, "resamples": 50})  # fmt: skip
    store.save(made, evaluation, rows)
    return made


def call(workspace: Workspace, capfdbinary: Any, *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main(["evaluations", *words, "--workspace", str(workspace.root)])
    out = capfdbinary.readouterr()
    assert end.value.code == 0, out.err
    return str(out.out.decode())


def test_the_second_group_stands_under_a_line_and_says_what_was_not_measured(
    workspace: Workspace, capfdbinary: Any
) -> None:
    text = call(workspace, capfdbinary, "show", "tickets-mine-1")
    lines = text.splitlines()
    names = [line.split("  ")[0] for line in lines]
    rule = next(i for i, name in enumerate(names) if name and not name.strip("-"))
    assert names.index("accuracy") < rule < names.index("empty answers")
    assert "1.50 s" in text
    assert "— ECE: no answer came with probabilities" in lines
    assert "— dollars per 1,000 requests: no answer has a price" in lines
    assert "Fewer than 100 examples" in text
    assert "\x1b" not in text
    other = next(line for line in lines if line.startswith("other"))
    assert other.split()[1:4] == ["1", "—", "0.0"]


def test_the_document_holds_what_the_table_does(workspace: Workspace, capfdbinary: Any) -> None:
    found = json.loads(call(workspace, capfdbinary, "show", "tickets-mine-1", "--json"))
    scores = {score["metric"]: score for score in found["scores"]}
    assert scores["usd_per_1000"]["value"] is None
    assert scores["usd_per_1000"]["why"] == "evaluate.why.dollars"
    assert {row["label"]: row["support"] for row in found["labels"]}["refund"] == 2


def test_a_table_runs_no_formula(workspace: Workspace, capfdbinary: Any) -> None:
    text = call(workspace, capfdbinary, "export", "tickets-mine-1", "--format", "csv")
    rows = list(csv.DictReader(text.splitlines()))
    assert rows[1]["prediction"] == f"'{HOSTILE}"
    assert (rows[1]["id"], rows[1]["input"]) == ("'-1", "'+1 text")
    assert (rows[1]["score_accuracy"], rows[1]["seconds"]) == ("0.0", "1.5")


def test_lines_are_the_answers_as_they_are_kept(workspace: Workspace, capfdbinary: Any) -> None:
    text = call(workspace, capfdbinary, "export", "tickets-mine-1")
    kept = store.examples(workspace, "tickets-mine-1")
    assert [json.loads(line) for line in text.splitlines()] == kept


def test_a_citation_says_all_that_another_needs(workspace: Workspace, capfdbinary: Any) -> None:
    text = call(workspace, capfdbinary, "export", "tickets-mine-1", "--format", "citation")
    accuracy, *_, latency = text.splitlines()
    for part in ("accuracy 50.0 %", "95 % interval", "percentile bootstrap, 50 resamples, seed 0",
                 "n = 4", "match:exact", "of mine on tickets, version ab12, test split",
                 "2026-01-02"):  # fmt: skip
        assert part in accuracy
    assert latency.startswith("latency p95 1.50 s (n = 4")
    empty = next(line for line in text.splitlines() if line.startswith("empty answers"))
    assert ", Wilson;" in empty
    assert "dollars" not in text
