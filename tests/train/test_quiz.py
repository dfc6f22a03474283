from typing import Any

import pytest

from core.data.dataset import Example
from core.train import quiz as module
from core.train.quiz import Answered, Quiz

ROWS = [Example(f"e{n}", f"in {n}", f"ref {n}") for n in range(8)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> tuple[Quiz, list[int]]:
    """A quiz whose answering takes two seconds, and how many examples were asked each time."""
    now, sizes = [0.0], []
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])

    def answer(model: Any, tokenizer: Any, data: Any, examples: Any) -> list[str]:
        now[0] += 2.0
        sizes.append(len(examples))
        return [f"said {e.id}" for e in examples]

    def grade(data: Any, references: Any, answers: Any) -> list[dict[str, Any]]:
        return [{"metric": "bleu", "value": float(len(answers))}]

    return Quiz(answer, grade, None, None, ROWS), sizes  # type: ignore[arg-type]


def test_scores_are_of_all_and_samples_of_the_first(asked: tuple[Quiz, list[int]]) -> None:
    quiz, sizes = asked
    assert quiz.ask(None, 0.0, must_score=True) == Answered(
        [(f"in {n}", f"ref {n}", f"said e{n}") for n in range(3)],
        [{"metric": "bleu", "value": 8.0}],
    )
    assert sizes == [8]


def test_scoring_waits_while_it_has_cost_more_than_a_tenth(asked: tuple[Quiz, list[int]]) -> None:
    quiz, sizes = asked
    quiz.ask(None, 0.0, must_score=True)  # two seconds
    early, later = (quiz.ask(None, at, must_score=False) for at in (19.0, 20.0))
    assert (early.scores, len(early.samples)) == ([], 3)
    assert later.scores
    assert quiz.ask(None, 39.0, must_score=False).scores == []  # four seconds by now
    assert quiz.ask(None, 39.0, must_score=True).scores
    assert sizes == [8, 3, 8, 3, 8]


def test_without_a_grade_answers_are_shown_alone() -> None:
    quiz = Quiz(lambda *_: ["a", "b", "c"], None, None, None, ROWS)  # type: ignore[arg-type]
    assert quiz.ask(None, 1e9, must_score=True).scores == []
