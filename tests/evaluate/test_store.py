"""Evaluations on disk, and comparing two of them by the ids of their examples."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, NotFound
from core.evaluate import compare, scoring, store
from core.evaluate.answer import of_texts
from core.evaluate.store import Evaluation
from core.workspace import Workspace

HOSTILE = "<script>alert(1)</script> **bold** $x^2$ </s> \u2028 \x85 :red[no] =1+1"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


def examples(answers: dict[str, str], reference: str = "the cat sat down") -> list[dict[str, Any]]:
    return [
        {
            "id": id_,
            "input": f"in {id_}",
            "reference": reference,
            "prediction": answer,
            "scores": {name: scoring.per_example(name, [reference], of_texts([answer]))[0]
                       for name in ("bleu", "chrf")},
        }
        for id_, answer in answers.items()
    ]  # fmt: skip


def save(workspace: Workspace, model: str, rows: list[dict[str, Any]], **other: Any) -> Evaluation:
    scores = scoring.score(
        ["bleu", "chrf"], [r["reference"] for r in rows], of_texts(r["prediction"] for r in rows),
        language="en", resamples=50,
    )  # fmt: skip
    evaluation = Evaluation(
        evaluation="", dataset="demo", data_version="a" * 12, task="translation", split="test",
        language="en", model=model, kind="model", n=len(rows), scores=tuple(scores),
        created_at="2026-01-01T00:00:00+00:00", key=f"key-{model}", seconds=1.0, settings={},
    )  # fmt: skip
    return store.save(workspace, replace(evaluation, **other), rows)


def test_what_is_saved_is_read_back(workspace: Workspace) -> None:
    rows = examples({"1": HOSTILE, "2": "the cat sat down", "ü/../x": ""})
    saved = save(workspace, "base", rows)
    assert saved.evaluation == "demo-base-1"
    assert store.open_evaluation(workspace, "demo-base-1") == saved
    assert store.examples(workspace, "demo-base-1") == rows
    assert saved.headline.metric == "bleu"
    assert saved.score("ter") is None


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("base", "demo-base-1"),
        ("google-t5/t5-small", "demo-t5-small-1"),
        ("/home/me/My Model!/", "demo-My-Model-1"),
        ("模型", "demo-model-1"),
        ("..", "demo-model-1"),
    ],
)
def test_any_model_name_makes_a_folder(workspace: Workspace, model: str, name: str) -> None:
    assert save(workspace, model, examples({"1": "a"})).evaluation == name


def test_evaluations_are_listed_by_dataset_and_found_by_key(workspace: Workspace) -> None:
    assert store.list_evaluations(workspace) == []
    first = save(workspace, "base", examples({"1": "a"}))
    save(workspace, "base", examples({"1": "b"}), dataset="other", key="other")
    assert [e.evaluation for e in store.list_evaluations(workspace, "demo")] == ["demo-base-1"]
    assert store.find(workspace, "key-base") == first
    assert store.find(workspace, "key") is None
    (workspace.evaluations() / "half-made-1").mkdir()
    assert len(store.list_evaluations(workspace)) == 2


def test_an_unknown_evaluation_names_those_there_are(workspace: Workspace) -> None:
    save(workspace, "base", examples({"1": "a"}))
    with pytest.raises(NotFound, match=r"no evaluation called 'nope'.*demo-base-1"):
        store.open_evaluation(workspace, "nope")
    with pytest.raises(BadInput, match=r"'\.\./runs' cannot be"):
        store.open_evaluation(workspace, "../runs")


def test_examples_are_matched_by_id_never_by_order(workspace: Workspace) -> None:
    a = {"1": "the cat sat down", "2": "the dog ran", "3": "a cat sat down"}
    b = {"3": "the cat sat down", "1": "no", "2": "the dog ran"}
    save(workspace, "a", examples(a))
    save(workspace, "b", examples(b))
    found = compare.compare(workspace, "demo-a-1", "demo-b-1")
    assert found.n == 3
    assert [row.metric for row in found.metrics] == ["bleu", "chrf"]
    changes = found.changes("bleu")  # by chrF, its companion for one example
    assert changes.metric == "chrf"
    assert [c.id for c in changes.worse] == ["1"]
    assert [c.id for c in changes.same] == ["2"]
    assert [c.id for c in changes.better] == ["3"]
    assert changes.better[0].gain == pytest.approx(100 - changes.better[0].a)


def test_other_examples_are_refused_with_the_number_shared(workspace: Workspace) -> None:
    save(workspace, "a", examples({"1": "x", "2": "y", "3": "z"}))
    save(workspace, "b", examples({"2": "y", "3": "z", "4": "w", "5": "v"}))
    with pytest.raises(BadInput, match=r"3 examples and demo-b-1 4; they share 2 ids"):
        compare.compare(workspace, "demo-a-1", "demo-b-1")


def test_the_same_ids_of_other_texts_are_refused(workspace: Workspace) -> None:
    save(workspace, "a", examples({"1": "x", "2": "y"}))
    save(workspace, "b", examples({"1": "x", "2": "y"}, reference="another"))
    with pytest.raises(BadInput, match="share 2 ids, but 2 of them stand for other texts"):
        compare.compare(workspace, "demo-a-1", "demo-b-1")


def test_without_a_shared_metric_both_lists_are_named(workspace: Workspace) -> None:
    rows = examples({"1": "x", "2": "y"})
    save(workspace, "a", rows)
    scores = tuple(scoring.score(["ter"], ["x", "y"], of_texts(["x", "y"]), language="en"))
    save(workspace, "b", rows, scores=scores)
    with pytest.raises(BadInput, match=r"share no metric \(demo-a-1: bleu, chrf; demo-b-1: ter\)"):
        compare.compare(workspace, "demo-a-1", "demo-b-1")


def test_a_comparison_is_computed_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(workspace, "a", examples({"1": "x", "2": "the cat"}))
    save(workspace, "b", examples({"1": "the", "2": "the cat sat"}))
    first = compare.compare(workspace, "demo-a-1", "demo-b-1")
    calls: list[int] = []
    real = compare.differences

    def count(*arguments: Any, **settings: Any) -> Any:
        calls.append(1)
        return real(*arguments, **settings)

    monkeypatch.setattr(compare, "differences", count)
    assert compare.compare(workspace, "demo-a-1", "demo-b-1") == first
    assert not calls
    compare.compare(workspace, "demo-a-1", "demo-b-1", seed=1)
    compare.compare(workspace, "demo-b-1", "demo-a-1")
    # The same name, scored anew on something else: the saved comparison is not used.
    record = workspace.evaluation("demo-a-1") / "record.json"
    record.write_text(record.read_text().replace("key-a", "key-z"))
    compare.compare(workspace, "demo-a-1", "demo-b-1")
    assert len(calls) == 3
