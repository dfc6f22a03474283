"""Held-out examples that a model answers while it learns: sample answers, and a score of many.

A score needs answers that are written word by word, which costs more than a loss. So it is taken
on a bounded sample, always the same, and only while it has cost little of the time so far.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.data.dataset import Dataset, Example

SHOWN = 3
"""Examples whose answers are shown."""
SHARE = 0.1
"""Scoring waits for the next evaluation where it took more than this share of the time so far."""

Answer = Callable[[Any, Any, Dataset, Sequence[Example]], list[str]]
"""Model, tokenizer, dataset, examples -> answers."""
Grade = Callable[[Dataset, Sequence[str], Sequence[str]], list[dict[str, Any]]]
"""Dataset, references, answers -> scores as JSON, each with its interval."""


@dataclass(frozen=True)
class Answered:
    """What came of one asking.

    Attributes:
        samples: (input, reference, answer) of the examples that are shown.
        scores: Of all examples; empty where no score was taken.
    """

    samples: list[tuple[str, str, str]]
    scores: list[dict[str, Any]]


class Quiz:
    """Asks a model the same examples again and again.

    Args:
        answer: Gives the answers.
        grade: Scores them; None = answers are shown, not scored.
        tokenizer: The model's.
        dataset: What the examples belong to.
        examples: The bounded sample; the first few are shown.
    """

    def __init__(
        self,
        answer: Answer,
        grade: Grade | None,
        tokenizer: Any,
        dataset: Dataset,
        examples: Sequence[Example],
    ) -> None:
        self._answer = answer
        self._grade = grade
        self._tokenizer = tokenizer
        self._dataset = dataset
        self._examples = list(examples)
        self._spent_seconds = 0.0

    def ask(self, model: Any, seconds: float, *, must_score: bool) -> Answered:
        """Let the model answer.

        Args:
            model: Its weights as they are now; its mode is left as it was.
            seconds: Of the training so far.
            must_score: Score whatever it costs: before the first step, and after the last.
        """
        scored = self._grade is not None and (must_score or self._spent_seconds <= SHARE * seconds)
        asked = self._examples if scored else self._examples[:SHOWN]
        started = time.monotonic()
        answers = self._answer(model, self._tokenizer, self._dataset, asked)
        references = [example.target for example in asked]
        scores = self._grade(self._dataset, references, answers) if scored and self._grade else []
        if scored:
            self._spent_seconds += time.monotonic() - started
        shown = zip(asked[:SHOWN], answers[:SHOWN], strict=True)
        return Answered([(e.input, e.target, said) for e, said in shown], scores)
