"""A short training of a variant, by the loop that trains runs, on what its run was trained on."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.data import dataset as datasets
from core.data.dataset import Example
from core.evaluate import predict
from core.jobs.context import Context
from core.models.resolve import ModelRef, known_shape
from core.models.shape import parameters
from core.train.loop import train
from core.train.presets import fitted
from core.train.runs import checkpoints_of
from core.train.soft import Soft
from core.work.train import grade
from core.work.variant_source import Origin

KEPT = ("max_input_tokens", "max_target_tokens", "seed")
"""Settings of the run that hold for its variants as well."""


def tune(
    origin: Origin,
    ref: ModelRef,
    seconds: float,
    folder: Path,
    context: Context,
    rows: Sequence[Example] | None = None,
    soft: Soft | None = None,
) -> dict[str, Any]:
    """Train `ref` and write it to `folder`/model; what the training measured, as JSON.

    Args:
        origin: Whose data it learns from.
        ref: What it begins as.
        seconds: At most so long.
        folder: The variant's.
        context: Told of everything.
        rows: What it learns from; None = the training split.
        soft: What a teacher said of these rows.
    """
    workspace, data = context.workspace, origin.dataset
    splits = {name: datasets.read(workspace, data, name) for name in ("train", "validation")}
    if rows is not None:
        splits["train"] = list(rows)
    shape = known_shape(ref)
    asked = {name: origin.run.config[name] for name in KEPT if name in origin.run.config}
    # A student is right when it says what its teacher says, whatever the references say.
    taught = rows is not None or soft is not None
    asked |= {"max_seconds": max(1.0, seconds), "keep": "last" if taught else "best"}
    config, _ = fitted("quick", asked, len(splits["train"]), shape.family, parameters(shape).total)
    made = train(ref, data, config, splits, None, folder, context, predict.answer, grade, soft)
    shutil.rmtree(checkpoints_of(folder), ignore_errors=True)
    return made.to_json()
