"""Is it learning? What the events of a training say: losses, scores, a smoothed line, a verdict.

Standard library only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
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
class Step:
    """What was told of a step; None = not known, not measured, or written by an older Assay.

    Attributes:
        step: Of the optimizer, from 1.
        loss: Mean of the steps since the one told of before, nats.
        learning_rate, grad_norm: Of this step; the norm before it is clipped.
        tokens_per_second: So far, without the time of evaluations.
        tokens: Trained on so far; seconds: since the start, evaluations included.
        share: Done, 0 to 1.
        memory_bytes, gpu_memory_bytes: Held now, by the process and by torch on the GPU.
        energy_joules: Measured so far.
    """

    step: int
    loss: float
    learning_rate: float | None = None
    grad_norm: float | None = None
    tokens_per_second: float | None = None
    tokens: int | None = None
    seconds: float | None = None
    share: float | None = None
    memory_bytes: int | None = None
    gpu_memory_bytes: int | None = None
    energy_joules: float | None = None


@dataclass(frozen=True)
class Look:
    """An evaluation on held-out examples; step 0 is the base model.

    Attributes:
        step: After which it was taken.
        loss: Nats; None = it was no number.
        tokens, seconds: As of a Step.
        scores: {metric, value, low, high, n, unit, signature} of the bounded sample, the headline
            first; empty = not taken at this evaluation.
    """

    step: int
    loss: float | None
    tokens: int | None = None
    seconds: float | None = None
    scores: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Curve:
    """One training as it was told.

    Attributes:
        steps: Steps, in order.
        looks: Evaluations, in order.
        start: {device, threads, steps, energy_source}; {} = not told.
    """

    steps: tuple[Step, ...] = ()
    looks: tuple[Look, ...] = ()
    start: dict[str, Any] = field(default_factory=dict)

    @property
    def training(self) -> tuple[Point, ...]:
        """The training loss, raw."""
        return tuple((row.step, row.loss) for row in self.steps)

    @property
    def validation(self) -> tuple[Point, ...]:
        """The validation loss; step 0 is the base model."""
        return tuple((row.step, row.loss) for row in self.looks if row.loss is not None)

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
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics that were taken, the headline first."""
        return tuple(dict.fromkeys(row["metric"] for look in self.looks for row in look.scores))

    def scores(self, metric: str) -> list[tuple[Look, dict[str, Any]]]:
        """Each evaluation at which a metric was taken, and its score."""
        return [(x, row) for x in self.looks for row in x.scores if row["metric"] == metric]

    @property
    def now(self) -> Step | None:
        """The newest step."""
        return self.steps[-1] if self.steps else None

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


def curve(events: Sequence[Event]) -> Curve:
    """The curve of a job's events."""
    starts = [event.payload for event in events if event.kind == "start"]
    return Curve(
        tuple(Step(**row) for row in _told(events, "step", Step)),
        tuple(Look(**row) for row in _told(events, "evaluation", Look)),
        starts[-1] if starts else {},
    )


def _told(events: Sequence[Event], kind: str, made: type[Step | Look]) -> list[dict[str, Any]]:
    """What was told of a kind, in the order of steps.

    A run that goes on from a checkpoint does again what came after it, and tells of it again.
    """
    names = {row.name for row in fields(made)}
    found: list[dict[str, Any]] = []
    for event in events:
        if event.kind == kind:
            while found and found[-1]["step"] >= event.payload["step"]:
                found.pop()
            found.append({k: v for k, v in event.payload.items() if k in names})
    return found
