"""Counts that are kept: as good as the texts they were made of, for scores, slices and tests."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from core.evaluate import compare, scoring, store
from core.evaluate.answer import Answer, of_texts
from core.evaluate.kept import pack, unpack
from core.evaluate.metrics import METRICS
from core.evaluate.paired import differences
from core.evaluate.sacre import Bleu
from core.evaluate.scorer import Array
from core.evaluate.store import Evaluation
from core.evaluate.tally import Tally, aligned
from core.workspace import Workspace

REFERENCES = ["the cat sat", "a dog ran home", "two birds fly over the sea", "", "one"] * 4
A = ["the cat sat", "a dog ran", "birds fly", "x", ""] * 4
B = ["a cat sat", "the dog ran home", "two birds fly over a sea", "", "one"] * 4
NAMES = ("bleu", "chrf", "ter", "rougel", "exact_match")


def tally(references: list[str], texts: list[str]) -> Tally:
    return Tally(references, of_texts(texts), language="en")


def test_counts_come_back_as_they_were(tmp_path: Path) -> None:
    made = tally(REFERENCES, A)
    counts = {name: made.of(name) for name in NAMES}
    ids = [f"id {n}\u2028" for n in range(len(A))]
    (tmp_path / "counts.npz").write_bytes(pack(ids, counts))
    again_ids, again = unpack(tmp_path / "counts.npz")
    assert again_ids == ids
    assert list(again) == list(NAMES)
    for name in NAMES:
        np.testing.assert_array_equal(again[name].table, counts[name].table)
        assert again[name].table.dtype == np.float64
        assert again[name].classes is None


def test_classes_are_counted_once_and_keep_their_names(tmp_path: Path) -> None:
    labels, said = ["b", "a", "ü", "a"], ["b", "b", "ü", "other"]
    made = tally(labels, said)
    counts = {name: made.of(name) for name in ("precision", "f1", "mcc")}
    assert counts["precision"] is counts["f1"]
    (tmp_path / "c.npz").write_bytes(pack(list("1234"), counts))
    with np.load(tmp_path / "c.npz", allow_pickle=False) as kept:
        assert sorted(kept) == ["counts0", "ids", "index"]
    _, again = unpack(tmp_path / "c.npz")
    assert again["f1"].classes == ("a", "b", "other", "ü")
    np.testing.assert_array_equal(again["mcc"].table, counts["mcc"].table)


def test_two_systems_share_the_classes_that_either_names() -> None:
    labels = ["a", "b", "c", "a"]
    first, second = ["a", "b", "b", "z"], ["c", "b", "c", "a"]
    a, b = tally(labels, first), tally(labels, second)
    left, right = aligned(a.of("f1"), b.of("f1"))
    assert left.shape == right.shape == (4, 3 * 4)
    (row,) = differences({"f1": a.of("f1")}, {"f1": b.of("f1")}, language=None)
    for value, said in ((row.a, first), (row.b, second)):
        expected = f1_score(labels, said, average="macro", zero_division=0)
        assert value == pytest.approx(expected)


def test_a_slice_is_what_its_examples_alone_would_give() -> None:
    rows = np.array([n % 3 != 0 for n in range(len(A))])

    def part(texts: list[str]) -> list[str]:
        return [text for text, inside in zip(texts, rows, strict=True) if inside]

    whole = [{name: tally(REFERENCES, texts).of(name) for name in NAMES} for texts in (A, B)]
    alone = [
        {name: tally(part(REFERENCES), part(texts)).of(name) for name in NAMES} for texts in (A, B)
    ]
    sliced = differences(whole[0], whole[1], language="en", rows=rows)
    assert sliced == differences(alone[0], alone[1], language="en")
    assert [row.metric for row in sliced] == list(NAMES)


def rows_of(texts: list[str], order: list[int]) -> list[dict[str, Any]]:
    return [{"id": f"{n}", "input": f"in {n}", "reference": REFERENCES[n],
             "prediction": texts[n], "scores": {}} for n in order]  # fmt: skip


def saved(workspace: Workspace, model: str, texts: list[str], order: list[int], *,
          counted: bool = True) -> Evaluation:  # fmt: skip
    rows = rows_of(texts, order)
    made = tally([row["reference"] for row in rows], [row["prediction"] for row in rows])
    scores = tuple(scoring.score_tally(NAMES, made))
    evaluation = Evaluation(
        "", "demo", "0" * 12, "translation", "test", "en", model, "predictions", len(rows),
        scores, "2026-01-01T00:00:00+00:00", model, 0.1, {"example_set": "e"},
    )  # fmt: skip
    counts = pack([row["id"] for row in rows], {name: made.of(name) for name in NAMES})
    return store.save(workspace, evaluation, rows, counts if counted else None)


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often texts were tokenised for BLEU."""
    calls: list[int] = []
    counts = Bleu.counts

    def counted(self: Bleu, *given: Any) -> list[Array]:
        calls.append(1)
        return counts(self, *given)

    monkeypatch.setattr(Bleu, "counts", counted)
    return calls


def test_a_test_of_saved_evaluations_reads_no_text(tmp_path: Path, unread: list[int]) -> None:
    workspace, order = Workspace.open(tmp_path), list(range(len(A)))
    a = saved(workspace, "a", A, order)
    b = saved(workspace, "b", B, order[::-1])
    unread.clear()
    for one in (a, b):
        (workspace.evaluation(one.evaluation) / "examples.jsonl").unlink()
    found = compare.tested(workspace, a, b)
    assert not unread
    expected = differences(
        *({name: tally(REFERENCES, texts).of(name) for name in NAMES} for texts in (A, B)),
        language="en",
    )
    assert list(found) == expected


def test_an_evaluation_without_counts_still_opens(tmp_path: Path, unread: list[int]) -> None:
    workspace, order = Workspace.open(tmp_path), list(range(len(A)))
    a = saved(workspace, "a", A, order, counted=False)
    b = saved(workspace, "b", B, order)
    assert not (workspace.evaluation(a.evaluation) / "counts.npz").exists()
    unread.clear()
    found = compare.compare(workspace, a.evaluation, b.evaluation)
    assert len(unread) == 1
    assert [row.metric for row in found.metrics] == list(NAMES)
    assert found.metrics[0].a == a.scores[0].value


def test_every_metric_of_sums_can_be_kept(tmp_path: Path) -> None:
    answers = [
        Answer("yes", {"yes": 0.75, "no": 0.25}, 3.5, 4, 0.2, 7, 3, 0.001),
        Answer("no", {"yes": 0.4, "no": 0.6}, 1.25, 2, 0.1, 5, 1, 0.002),
        Answer("no"),
    ]
    made = Tally(["yes", "yes", "no"], answers, language="en")
    counts = {row.name: made.of(row.name) for row in METRICS if row.scorer}
    (tmp_path / "c.npz").write_bytes(pack(list("123"), counts))
    _, again = unpack(tmp_path / "c.npz")
    for name, each in counts.items():
        np.testing.assert_array_equal(again[name].table, each.table)
    assert json.dumps(list(again)) == json.dumps(list(counts))
