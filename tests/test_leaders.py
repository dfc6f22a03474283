"""Who leads on a dataset, judged on the same rows, one by one."""

import itertools

import pytest

from core import record
from core.evaluate import store
from core.evaluate.answer import of_texts
from core.evaluate.scoring import per_example, score
from core.evaluate.store import Evaluation
from core.leaders import leaders
from core.workspace import Workspace

INPUTS = [f"row {i}" for i in range(60)]
LABELS = [("yes", "no")[i % 2] for i in range(60)]
COUNTER = itertools.count()


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def add(workspace, model, right, rows=60, split="test"):
    """Keep an evaluation of a model that gives the first `right` rows the right label."""
    references = LABELS[:rows]
    answers = [r if i < right else "none" for i, r in enumerate(references)]
    kept = [
        {"id": f"e{i}", "input": INPUTS[i], "reference": r, "prediction": a,
         "scores": {"accuracy": per_example("accuracy", [r], of_texts([a]), language="en")[0]}}
        for i, (r, a) in enumerate(zip(references, answers, strict=True))
    ]  # fmt: skip
    made = Evaluation(
        "", "tickets", "v1", "text-classification", split, "en", model, "model", rows,
        tuple(score(["accuracy"], references, of_texts(answers), language="en",
                    resamples=100)), record.now(),
        f"key {next(COUNTER)}", 0.1, {"example_set": store.example_set(kept)},
    )  # fmt: skip
    return store.save(workspace, made, kept)


def test_nothing_scored_has_no_leader(workspace):
    assert leaders(workspace, "tickets") is None


def test_one_alone_leads_without_a_gain(workspace):
    add(workspace, "base", 30)
    found = leaders(workspace, "tickets")
    assert [one.model for one in found.evaluations] == ["base"]
    assert found.gain is None
    assert found.decimals == 3


def test_a_clear_lead_is_better_and_a_narrow_one_is_a_tie(workspace):
    add(workspace, "base", 20)
    add(workspace, "tuned", 55)
    found = leaders(workspace, "tickets")
    assert [one.model for one in found.evaluations] == ["tuned", "base"]
    assert found.gain.difference == pytest.approx(35 / 60)
    assert found.gain.verdict == "better"
    add(workspace, "again", 56)
    assert leaders(workspace, "tickets").gain.verdict == "tie"


def test_the_newest_score_of_a_model_counts(workspace):
    add(workspace, "tuned", 50)
    add(workspace, "tuned", 10)
    found = leaders(workspace, "tickets")
    assert len(found.evaluations) == 1
    assert found.score(found.evaluations[0]).value == pytest.approx(10 / 60)


def test_other_rows_and_other_splits_are_not_compared(workspace):
    add(workspace, "some rows", 30, rows=30)
    add(workspace, "train rows", 60, split="train")
    add(workspace, "tuned", 40)
    assert [one.model for one in leaders(workspace, "tickets").evaluations] == ["tuned"]
