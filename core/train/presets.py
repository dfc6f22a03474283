"""A preset fitted to the data, the model and the machine, each choice with the reason for it.

What a preset says is right for some thousand rows and a model of some million parameters; here it
is bent to fewer or more. What a person sets is never bent.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.text import format
from core.text.catalog import t
from core.train import arguments
from core.train.config import (
    ADAPTERS,
    LARGE,
    PRESETS,
    TrainConfig,
    from_preset,
    learning_rate_for,
)

STEPS_A_PASS = 50
"""Fewer steps than this in a pass teach little: the batch is made smaller for it. The starter
encoder, tuned on 851 messages of eight kinds, had 21 % right after 135 steps of 32, and 48 % after
406 of 16 (eight passes), the best of 847."""
FEWEST_STEPS = {"balanced": 500, "thorough": 1_000}
MOST_PASSES = {"balanced": 20.0, "thorough": 40.0}
"""With few rows more passes are made, up to so many steps or passes; the best weights are kept."""
SMALLEST_BATCH, LARGE_BATCH = 4, 8
MANY_ROWS, VERY_MANY_ROWS = 50_000, 1_000_000
"""From here on fewer passes are made: each row is met by many like it."""
FEWER_PASSES = {"balanced": (3.0, 1.0), "thorough": (6.0, 2.0)}
"""Passes of a preset over many rows, and over very many."""


@dataclass(frozen=True)
class Reason:
    """Why a setting is what it is, or should be another: a sentence of the catalogue."""

    setting: str
    key: str
    values: tuple[tuple[str, object], ...] = ()
    topic: str = "why"

    def say(self, language: str = "en") -> str:
        """The sentence in a language."""
        return t(f"train.{self.topic}.{self.key}", language, **dict(self.values))


def fitted(
    preset: str,
    settings: Mapping[str, Any],
    rows: int,
    family: str | None,
    parameters: int | None,
    *,
    bfloat16: bool = False,
) -> tuple[TrainConfig, tuple[Reason, ...]]:
    """Make a configuration from a preset, the data's and the model's size, machine and settings.

    Args:
        preset: A key of PRESETS; "seed" is left as the article has it.
        settings: As for `from_preset`; they override everything.
        rows: Training rows, replayed ones with them.
        family: Of the model; None = not known before it is fetched.
        parameters: Of the model; None = not known.
        bfloat16: Whether the machine computes faster so.

    Returns:
        The configuration, and why batch, passes, rate and precision are what they are.

    Raises:
        BadInput: As `from_preset`.
    """
    own = {arguments.OWN.get(name, name) for name in settings}
    if preset == "seed":
        return from_preset(preset, settings), (Reason("preset", "seed"),)
    bent: dict[str, Any] = _batch(rows, parameters)
    large = parameters is not None and parameters >= LARGE
    bent |= {} if large and rows < MANY_ROWS else _passes(preset, rows, bent.get("batch_size"))
    bent |= {"precision": "bfloat16"} if bfloat16 else {}
    kept = {name: value for name, value in bent.items() if name not in own}
    config = from_preset(preset, {**kept, **settings})
    return config, (
        _why_batch(config, rows, "batch_size" in own),
        _why_passes(config, rows, "epochs" in own),
        _why_rate(config, family, parameters),
        _why_precision(config, bfloat16, "precision" in own),
    )


def _batch(rows: int, parameters: int | None) -> dict[str, int]:
    if parameters is not None and parameters >= LARGE:
        return {"batch_size": LARGE_BATCH, "accumulation_steps": 4}
    usual = TrainConfig().batch_size
    if rows >= usual * STEPS_A_PASS:
        return {}
    fitting = 2 ** int(math.log2(max(1, rows / STEPS_A_PASS)))
    return {"batch_size": max(SMALLEST_BATCH, min(usual, fitting))}


def _passes(preset: str, rows: int, batch: int | None) -> dict[str, float]:
    if preset not in FEWER_PASSES:
        return {}
    if rows >= MANY_ROWS:
        return {"epochs": FEWER_PASSES[preset][rows >= VERY_MANY_ROWS]}
    usual = float(PRESETS[preset].get("epochs", TrainConfig().epochs))
    steps = math.ceil(max(1, rows) / (batch or TrainConfig().batch_size))
    wanted = float(math.ceil(FEWEST_STEPS[preset] / steps))
    return {"epochs": min(MOST_PASSES[preset], wanted)} if wanted > usual else {}


def _why_batch(config: TrainConfig, rows: int, own: bool) -> Reason:
    per_step = config.batch_size * config.accumulation_steps
    values = (("batch", config.batch_size), ("rows", f"{rows:,}"), ("together", per_step),
              ("steps", f"{math.ceil(rows / per_step):,}"))  # fmt: skip
    key = "batch"
    if own:
        key = "batch_own"
    elif config.accumulation_steps > 1:
        key = "batch_large_model"
    elif config.batch_size < TrainConfig().batch_size:
        key = "batch_few_rows"
    return Reason("batch_size", key, values)


def _why_passes(config: TrainConfig, rows: int, own: bool) -> Reason:
    values = (("epochs", f"{config.epochs:g}"), ("rows", f"{rows:,}"),
              ("time", format.number(config.max_seconds)))  # fmt: skip
    key = "passes"
    if own:
        key = "passes_own"
    elif config.max_seconds is not None:
        key = "passes_clock"
    elif config.epochs != PRESETS[config.preset].get("epochs", TrainConfig().epochs):
        key = "passes_many_rows" if rows >= MANY_ROWS else "passes_few_rows"
    return Reason("epochs", key, values)


def _why_rate(config: TrainConfig, family: str | None, parameters: int | None) -> Reason:
    if config.learning_rate is not None:
        return Reason("learning_rate", "rate_own", (("rate", f"{config.learning_rate:g}"),))
    if family is None or parameters is None:
        return Reason("learning_rate", "rate_unknown")
    rate = learning_rate_for(family, parameters, config.method)
    key = {"probe": "rate_probe"}.get(config.method, "rate")
    key = "rate_adapters" if config.method in ADAPTERS else key
    return Reason("learning_rate", key, (("rate", f"{rate:g}"),
                                         ("parameters", format.count(parameters))))  # fmt: skip


def _why_precision(config: TrainConfig, bfloat16: bool, own: bool) -> Reason:
    key = "precision_own" if own else "precision_gpu" if bfloat16 else "precision_cpu"
    return Reason("precision", key, (("precision", config.precision),))
