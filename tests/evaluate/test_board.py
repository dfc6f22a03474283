"""Which evaluations stand side by side, and who is tied with whom."""

import random
from pathlib import Path

import pytest
from statsmodels.stats.multitest import multipletests

from core.errors import NotFound
from core.evaluate import board, compare, scoring, store
from core.evaluate.answer import of_texts
from core.evaluate.holm import holm
from core.evaluate.store import Evaluation
from core.workspace import Workspace

REFERENCES = {str(i): f"word{i} and some more words after it number {i}" for i in range(60)}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


def save(workspace: Workspace, model: str, keep: float, *, seed: int, kind: str = "model",
         ids: int = 60, metrics: tuple[str, ...] = ("chrf", "ter")) -> Evaluation:  # fmt: skip
    rng = random.Random(seed)
    rows = [
        {"id": i, "input": i, "reference": text, "scores": {},
         "prediction": " ".join(w if rng.random() < keep else "x" for w in text.split())}
        for i, text in list(REFERENCES.items())[:ids]
    ]  # fmt: skip
    for row in rows:
        said = [str(row["reference"])], of_texts([str(row["prediction"])])
        row["scores"] = {name: scoring.per_example(name, *said)[0] for name in metrics}
    references, answers = ([str(row[key]) for row in rows] for key in ("reference", "prediction"))
    scores = scoring.score(metrics, references, of_texts(answers), language="en", resamples=50)
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
    assert [(row.best, row.worst) for row in rows] == [(1, 2), (1, 2), (3, 3)]


def test_many_tests_are_corrected(workspace: Workspace) -> None:
    for seed in range(6):
        save(workspace, f"m{seed}", 0.8 if seed else 0.9, seed=seed)
    (group,) = board.groups(workspace)
    rows = board.rank(workspace, group, "chrf")
    alone = [compare.compare(workspace, rows[0].evaluation.evaluation, row.evaluation.evaluation)
             .difference("chrf") for row in rows[1:]]  # fmt: skip
    p_values = [row.p_value for row in alone if row and row.p_value is not None]
    expected = multipletests(p_values, method="holm")[1]
    assert [row.p_value for row in rows[1:]] == pytest.approx(list(expected))
    assert rows[0].p_value is None
    assert rows[0].worst == sum(row.tied for row in rows)


def test_beyond_the_tested_only_intervals_tell(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "TESTED", 2)
    for name, keep in (("a", 0.9), ("b", 0.9), ("c", 0.88), ("d", 0.1)):
        save(workspace, name, keep, seed=len(name))
    (group,) = board.groups(workspace)
    rows = board.rank(workspace, group, "chrf")
    assert [row.tied for row in rows] == [True, True, True, False]
    assert [row.p_value for row in rows[2:]] == [None, None]
    assert (rows[3].best, rows[3].worst) == (4, 4)


def test_a_metric_without_a_direction_ranks_nobody(workspace: Workspace) -> None:
    save(workspace, "a", 0.9, seed=1, metrics=("chrf", "ter", "length_ratio"))
    save(workspace, "b", 0.5, seed=2, metrics=("chrf", "ter", "length_ratio"))
    (group,) = board.groups(workspace)
    rows = board.rank(workspace, group, "length_ratio")
    assert [(row.best, row.worst, row.tied) for row in rows] == [(1, 2, False)] * 2


def test_beside_the_baseline_each_difference_has_its_corrected_p(workspace: Workspace) -> None:
    base = save(workspace, "base", 0.5, seed=1)
    better, same = save(workspace, "better", 0.95, seed=2), save(workspace, "same", 0.5, seed=3)
    first, up, level = board.against(workspace, [base, better, same], "chrf")
    assert first is None
    assert up is not None
    assert level is not None
    assert (up.verdict, level.verdict) == ("better", "tie")
    assert up.p_value == pytest.approx(2 * (up.difference.p_value or 0))


def test_a_baseline_that_is_not_on_the_board_is_refused(workspace: Workspace) -> None:
    save(workspace, "base", 0.5, seed=1)
    save(workspace, "better", 0.95, seed=2)
    (group,) = board.groups(workspace)
    rows = board.rank(workspace, group, "chrf")
    assert board.beside(workspace, rows, "base")["better"] is not None
    with pytest.raises(NotFound, match="no model on the board called 'bas'"):
        board.beside(workspace, rows, "bas")


@pytest.mark.parametrize("p_values", [[], [0.2], [0.01, 0.04, 0.03], [0.5, 0.9, 0.0001, 0.013]])
def test_holm_is_statsmodels(p_values: list[float]) -> None:
    expected = list(multipletests(p_values, method="holm")[1]) if p_values else []
    assert holm(p_values) == pytest.approx(expected)
