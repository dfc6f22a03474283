"""Sample answers while a model learns: each example with what was said at each evaluation.

Standard library only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.jobs.job import Event


@dataclass(frozen=True)
class Sample:
    """A validation example and its answers by step; step 0 is the base model's."""

    input: str
    reference: str
    answers: dict[int, str]


def samples(events: Sequence[Event]) -> list[Sample]:
    """The sample answers of a job's events; a step that was done again has its newest answer."""
    found: dict[tuple[str, str], dict[int, str]] = {}
    for event in events:
        if event.kind == "sample":
            row = event.payload
            answers = found.setdefault((row["input"], row["reference"]), {})
            answers[row["step"]] = row["prediction"]
    return [Sample(*key, dict(sorted(answers.items()))) for key, answers in found.items()]
