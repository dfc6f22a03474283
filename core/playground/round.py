"""A question to one model or two, and a person's judgement of the answers."""

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.playground.ask import Answer
from core.update import feedback
from core.workspace import Workspace


@dataclass(frozen=True)
class Round:
    """One question to one model or two.

    Attributes:
        id: Tells it from the next.
        input, context: What was asked.
        answers: In the order in which they are shown; drawn at random where it is `blind`.
        blind: Whether it is not said whose they are until they are judged.
        judged: Whether they were.
    """

    id: str
    input: str
    context: str | None
    answers: tuple[Answer, ...]
    blind: bool
    judged: bool = False

    @property
    def hidden(self) -> bool:
        """Whether names, times and costs must not be shown: each of them tells who it is."""
        return self.blind and not self.judged


@dataclass(frozen=True)
class Said:
    """A person's judgement of one answer; with neither a thumb nor a text it says nothing."""

    verdict: str | None = None
    correction: str | None = None
    comment: str | None = None

    @property
    def anything(self) -> bool:
        """Whether there is something to keep."""
        return any(part and part.strip() for part in (self.verdict, self.correction, self.comment))


def play(
    asks: Sequence[Callable[[], Answer]], text: str, context: str | None, *, blind: bool
) -> Round:
    """Ask the models one after the other: beside each other they would slow each other down."""
    answers = [ask() for ask in asks]
    if blind:
        random.SystemRandom().shuffle(answers)
    return Round(uuid.uuid4().hex[:8], text, context, tuple(answers), blind and len(answers) > 1)


def judge(workspace: Workspace, made: Round, said: Sequence[Said]) -> Round:
    """Keep what was said of each answer; returns the round, judged.

    Raises:
        BadInput: A text is too long.
        TooMany: It is a flood.
    """
    for answer, one in zip(made.answers, said, strict=True):
        if not one.anything:
            continue
        # Who corrects an answer without a thumb was not content with it.
        verdict = one.verdict or ("down" if (one.correction or "").strip() else "note")
        feedback.add(
            workspace, model=answer.model, input=made.input, context=made.context,
            output=answer.output, verdict=verdict, correction=one.correction,
            comment=one.comment, request_id=answer.request_id, source="page",
        )  # fmt: skip
    return replace(made, judged=True)
