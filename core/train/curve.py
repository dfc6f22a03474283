"""Is it learning? What the events of a training say: losses, a smoothed line, a verdict, samples.

Standard library only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.jobs.job import Event

SMOOTHING = 0.9
"""Weight of the past in the smoothed line: it remembers some ten points."""
STILL = 0.02
"""A validation loss that changed by less than this share of itself is called still."""
RECENT_SHARE = 1 / 3
"""The part of the evaluations that "now" means."""

Point = tuple[int, float]
"""Step and loss in nats."""


@dataclass(frozen=True)
class Curve:
    """The losses of one training.

    Attributes:
        training: Mean loss of the steps since the point before.
        validation: Loss on held-out examples; step 0 is the base model.
        tokens_per_second: So far; None where no step was told of yet.
    """

    training: tuple[Point, ...]
    validation: tuple[Point, ...]
    tokens_per_second: float | None = None

    @property
    def smoothed(self) -> tuple[Point, ...]:
        """The training loss as an exponential mean, corrected for its start (Kingma & Ba 2015)."""
        found: list[Point] = []
        total = weight = 0.0
        for step, loss in self.training:
            total = SMOOTHING * total + (1 - SMOOTHING) * loss
            weight = SMOOTHING * weight + (1 - SMOOTHING)
            found.append((step, total / weight))
        return tuple(found)

    @property
    def first(self) -> Point | None:
        """The first validation loss: the base model's."""
        return self.validation[0] if self.validation else None

    @property
    def last(self) -> Point | None:
        """The newest validation loss."""
        return self.validation[-1] if self.validation else None

    @property
    def best(self) -> Point | None:
        """The lowest validation loss, the earliest of equals."""
        return min(self.validation, key=lambda point: point[1]) if self.validation else None

    @property
    def trend(self) -> str:
        """What the validation loss does now.

        "falling", "still", "rising" (it was lower before: the model learns by heart), or "early"
        (fewer than three evaluations).
        """
        best, last = self.best, self.last
        if best is None or last is None or len(self.validation) < 3:
            return "early"
        if last[1] > best[1] * (1 + STILL):
            return "rising"
        recent = max(2, round(len(self.validation) * RECENT_SHARE))
        before = self.validation[-recent][1]
        return "falling" if last[1] < before * (1 - STILL) else "still"


def lasting(events: Sequence[Event]) -> list[Event]:
    """Events of steps that count: what a killed attempt did after its checkpoint was done again."""
    found: list[Event] = []
    for event in events:
        if event.kind == "resumed":
            step = event.payload["step"]
            found = [e for e in found if e.payload.get("step", 0) <= step]
        found.append(event)
    return found


def curve(events: Sequence[Event]) -> Curve:
    """The curve of a job's events."""
    events = lasting(events)
    steps = [event.payload for event in events if event.kind == "step"]
    losses = [event.payload for event in events if event.kind == "evaluation"]
    return Curve(
        tuple((row["step"], row["loss"]) for row in steps),
        tuple((row["step"], row["loss"]) for row in losses),
        steps[-1].get("tokens_per_second") if steps else None,
    )


@dataclass(frozen=True)
class Sample:
    """A validation example, answered before training and by the newest weights."""

    input: str
    reference: str
    before: str
    now: str
    step: int


def samples(events: Sequence[Event]) -> list[Sample]:
    """The sample answers of a job's events, first beside newest."""
    first: dict[tuple[str, str], str] = {}
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for event in lasting(events):
        if event.kind == "sample":
            row = event.payload
            key = (row["input"], row["reference"])
            first.setdefault(key, row["prediction"])
            newest[key] = row
    return [
        Sample(*key, before=first[key], now=row["prediction"], step=row["step"])
        for key, row in newest.items()
    ]
