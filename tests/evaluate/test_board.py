"""Which evaluations stand side by side, and who is tied with whom."""

import random
from pathlib import Path

import pytest

from core.evaluate import board, scoring, store
from core.evaluate.answer import of_texts
from core.evaluate.store import Evaluation
from core.workspace import Workspace

REFERENCES = {str(i): f"word{i} and some more words after it number {i}" for i in range(60)}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


def save(workspace: Workspace, model: str, keep: float, *, seed: int, kind: str = "model",
         ids: int = 60) -> Evaluation:  # fmt: skip
    rng = random.Random(seed)
    rows = [
        {"id": i, "input": i, "reference": text, "scores": {},
         "prediction": " ".join(w if rng.random() < keep else "x" for w in text.split())}
        for i, text in list(REFERENCES.items())[:ids]
    ]  # fmt: skip
    for row in rows:
        said = [str(row["reference"])], of_texts([str(row["prediction"])])
        row["scores"] = {name: scoring.per_example(name, *said)[0] for name in ("chrf", "ter")}
    references, answers = ([str(row[key]) for row in rows] for key in ("reference", "prediction"))
    scores = scoring.score(
        ["chrf", "ter"], references, of_texts(answers), language="en", resamples=50
    )
    return store.save(
        workspace,
        Evaluation("", "demo", "0" * 12, "translation", "test", "en", model, kind, len(rows),
                   tuple(scores), "2026-01-01", f"{model}{seed}{ids}", 1.0,
                   {"example_set": store.example_set(rows)}),
        rows,
    )  # fmt: skip


def test_the_newest_of_each_model_on_the_same_examples(workspace: Workspace) -> None:
    assert board.groups(workspace) == []
    save(workspace, "one", 0.5, seed=1)
    save(workspace, "one", 0.6, seed=2)
    save(workspace, "one", 0.6, seed=3, kind="predictions")
    save(workspace, "two", 0.6, seed=4)
    save(workspace, "part", 0.6, seed=5, ids=30)
    part, whole = board.groups(workspace)
    assert list(part.evaluations) == ["part"]
    assert set(whole.evaluations) == {"two", "one", "one (model)"}
    assert whole.newest.model == "two"
    assert whole.evaluations["one (model)"].key == "one260"


def test_the_best_stands_first_and_ties_are_marked(workspace: Workspace) -> None:
    save(workspace, "good", 0.95, seed=1)
    save(workspace, "poor", 0.3, seed=2)
    save(workspace, "as good", 0.95, seed=3)
    (group,) = board.groups(workspace)
    for name in ("chrf", "ter"):  # the least TER is the best
        rows = board.rank(workspace, group, name)
        assert {row.name for row in rows[:2]} == {"good", "as good"}
        assert [row.tied for row in rows] == [True, True, False]
    assert board.rank(workspace, group, "bleu") == []
