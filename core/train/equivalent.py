"""What the same training would take on one A100: the cost engine, asked for a run's own tokens."""

from collections.abc import Mapping
from typing import Any

from core.cost.hardware import DEFAULT_GPU
from core.cost.training import METHODS, TrainingEstimate, estimate_training
from core.errors import RequestError
from core.models.resolve import resolve, shape_of
from core.models.shape import Shape
from core.train.curve import Curve
from core.workspace import Workspace


def on_a100(
    shape: Shape, tokens: int, steps: int | None, config: Mapping[str, Any]
) -> TrainingEstimate:
    """Estimate a training on one A100 80 GB.

    Args:
        shape: Of the model.
        tokens: Trained on, input and target, every pass counted.
        steps: Of the optimizer; None = not known, and sequences are taken at their usual length.
        config: The run's configuration; frozen layers are priced as if they were trained.
    """
    batch, method = config.get("batch_size"), config.get("method")
    length = None
    if steps and batch:  # mean tokens of one sequence: of each stack, where there are two
        length = max(1, round(tokens / (steps * int(batch) * shape.stacks)))
    return estimate_training(
        shape, tokens, DEFAULT_GPU, 1, next((m for m in METHODS if m == method), "full"),
        sequence_length=length, batch_per_gpu=batch,
    )  # fmt: skip


def so_far(
    workspace: Workspace, base: str, curve: Curve, config: Mapping[str, Any]
) -> TrainingEstimate | None:
    """What a run did so far, on one A100; None where its tokens or the base's shape are not known.

    Args:
        workspace: Where the base may live.
        base: Name of the model it started from.
        curve: What it told.
        config: The run's configuration.
    """
    now = curve.now
    if now is None or not now.tokens:
        return None
    try:
        shape = shape_of(resolve(workspace, base))
    except RequestError:  # the base was removed since
        return None
    return None if shape is None else on_a100(shape, now.tokens, now.step, config)
