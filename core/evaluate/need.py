"""What a metric is computed from, and whether an example has it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.evaluate.answer import Answer
from core.evaluate.calibration import confidence
from core.table import find


@dataclass(frozen=True)
class Need:
    """One thing that a metric may be computed from.

    Attributes:
        name: As rows of METRICS say it; `evaluate.why.NAME` says that no example has it.
        has: Whether an example has it, from reference and answer.
        every: Whether examples without it are scored too, where any has it: an empty reference is
            still a reference.
    """

    name: str
    has: Callable[[str, Answer], bool]
    every: bool = False


def scored(name: str, references: Sequence[str], answers: Sequence[Answer]) -> int:
    """How many examples a metric with that need scores; 0 = it does not apply to these."""
    need = find(NEEDS, name, "need")
    has = sum(need.has(r, a) for r, a in zip(references, answers, strict=True))
    return len(answers) if has and need.every else has


def _likelihood(reference: str, answer: Answer) -> bool:
    return bool(reference) and answer.reference_nats is not None and bool(answer.reference_tokens)


NEEDS: tuple[Need, ...] = (
    Need("reference", lambda reference, _: bool(reference.strip()), every=True),
    Need("answer", lambda _, answer: True),
    Need("probabilities", lambda reference, answer: bool(reference.strip())
         and confidence(answer) is not None),
    Need("likelihood", _likelihood),
    Need("similarity", lambda _, answer: answer.similarity is not None),
    Need("latency", lambda _, answer: answer.seconds is not None),
    Need("speed", lambda _, answer: bool(answer.seconds) and answer.output_tokens is not None),
    Need("dollars", lambda _, answer: answer.dollars is not None),
)  # fmt: skip
