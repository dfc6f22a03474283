"""Arguments of Transformers' Trainer that `--set` may give, beside the settings of our own.

The names and types are those of `TrainingArguments`, read from a table (`arguments.json`, written
by `core.work.arguments`): neither the command line nor a page imports Transformers for them.
"""

import difflib
import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import BadInput


@dataclass(frozen=True)
class Argument:
    """An argument of the Trainer.

    Attributes:
        name: As `TrainingArguments` has it.
        kinds: "bool", "int", "float", "str", "list", "dict", "none": what its value may be.
        words: The words that may be its value; none = any.
        default: The Trainer's.
    """

    name: str
    kinds: tuple[str, ...]
    words: tuple[str, ...]
    default: Any

    @property
    def expected(self) -> str:
        """What is expected, for the message."""
        nouns = {"bool": "true or false", "int": "a whole number", "float": "a number",
                 "str": "text", "list": "a JSON list", "dict": "a JSON object",
                 "none": "none"}  # fmt: skip
        if self.words:
            return f"one of {', '.join(self.words)}"
        return " or ".join(nouns[kind] for kind in nouns if kind in self.kinds)


OWN = {
    "num_train_epochs": "epochs",
    "per_device_train_batch_size": "batch_size",
    "per_device_eval_batch_size": "eval_batch_size",
    "gradient_accumulation_steps": "accumulation_steps",
    "data_seed": "seed",
}
"""The Trainer's name to ours: either may be given."""

_WATCHED = "the run decides itself when to log, evaluate and stop, ten times over its length"
_KEPT = "checkpoints are written and found again by the run itself"
_HUB = "a finished run is pushed with `assay export`, never while it trains"
_BATCHES = "set batching=length or batching=plain"
_FEATURES = "the rows are tokenised before the Trainer sees them"
_PRECISION = "set precision=bfloat16 or precision=float32"
REFUSED = {
    "output_dir": "a run's folder is its name in the workspace",
    "push_to_hub": _HUB, "hub_token": _HUB, "hub_private_repo": _HUB, "hub_model_id": _HUB,
    "hub_strategy": _HUB, "hub_always_push": _HUB, "hub_revision": _HUB,
    "logging_strategy": _WATCHED, "logging_steps": _WATCHED, "logging_first_step": _WATCHED,
    "eval_strategy": _WATCHED, "eval_steps": _WATCHED, "eval_delay": _WATCHED,
    "eval_on_start": _WATCHED, "disable_tqdm": _WATCHED,
    "logging_nan_inf_filter": "a loss that is no number must be seen, not replaced",
    "prediction_loss_only": "answers are scored after the training, not from its logits",
    "include_for_metrics": "answers are scored after the training, not from its logits",
    "batch_eval_metrics": "answers are scored after the training, not from its logits",
    "load_best_model_at_end": "set keep=best or keep=last",
    "metric_for_best_model": "the best weights are those of the lowest validation loss",
    "greater_is_better": "the best weights are those of the lowest validation loss",
    "save_strategy": _KEPT, "save_steps": _KEPT, "save_total_limit": _KEPT,
    "save_only_model": _KEPT, "save_on_each_node": _KEPT, "enable_jit_checkpoint": _KEPT,
    "resume_from_checkpoint": "use `assay jobs resume`", "ignore_data_skip": _KEPT,
    "restore_callback_states_from_checkpoint": _KEPT,
    "auto_find_batch_size": "it would change the batch without a word",
    "train_sampling_strategy": _BATCHES, "length_column_name": _BATCHES,
    "remove_unused_columns": _FEATURES, "label_names": _FEATURES,
    "bf16": _PRECISION, "fp16": "the weights would need a loss scale; " + _PRECISION,
    "do_train": "a run trains", "do_eval": "a run is scored when it ends",
    "do_predict": "a run is scored when it ends",
    "local_rank": "the launcher sets it", "trackio_space_id": "a tracker here stays local",
    "trackio_bucket_id": "a tracker here stays local",
    "trackio_static_space_id": "a tracker here stays local",
    "parallelism_config": "it is an object of Accelerate's, not a value",
}  # fmt: skip
"""Arguments that would break what the product promises, and why or what to set instead."""

TRACKERS = ("mlflow", "wandb", "tensorboard", "trackio")
"""Experiment trackers that `report_to` may name; none by default."""


@cache
def arguments() -> dict[str, Argument]:
    """Every argument of the Trainer, by its name, in its order."""
    rows = json.loads(Path(__file__).with_name("arguments.json").read_text(encoding="utf-8"))
    return {
        row["name"]: Argument(row["name"], tuple(row["kinds"]), tuple(row["words"]), row["default"])
        for row in rows
    }


def offered() -> list[Argument]:
    """The arguments that may be set and that are no setting of our own, in the Trainer's order."""
    own = {*OWN, *REFUSED, "learning_rate", "max_steps", "warmup_steps", "weight_decay", "seed"}
    return [row for row in arguments().values() if row.name not in own]


def check(name: str, value: object, known: tuple[str, ...]) -> Any:
    """The value of an argument, parsed from text where it is text.

    Args:
        name: The argument's.
        value: As it stands on a command line, in TOML or in JSON.
        known: Names of the settings of our own, for the message.

    Raises:
        BadInput: There is no such argument, it may not be set, or the value is not as expected.
    """
    row = arguments().get(name)
    if row is None:
        near = difflib.get_close_matches(name, [*known, *arguments()], n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise BadInput(
            f"{name!r} is not a setting of training.{hint} Known: {', '.join(known)}, and the "
            "arguments of Transformers' Trainer."
        )
    if name in REFUSED:
        raise BadInput(f"{name} cannot be set: {REFUSED[name]}.")
    if name == "report_to":
        return _trackers(value)
    found = _parsed(row, value)
    if found is _WRONG:
        raise BadInput(f"{name}={value!s} cannot be used: expected {row.expected}.")
    return found


_WRONG = object()


def _parsed(row: Argument, value: object) -> Any:
    """The value as one of the argument's kinds, or _WRONG."""
    if row.words:
        return value if value in row.words else _WRONG
    text = value.strip() if isinstance(value, str) else None
    if "none" in row.kinds and (value is None or (text or "").casefold() == "none"):
        return None
    if text is not None and row.kinds != ("str",):
        word = text.casefold() if text.casefold() in ("true", "false") else text
        try:
            value = json.loads(word)
        except ValueError:
            value = text
    kinds: dict[str, type | tuple[type, ...]] = {
        "bool": bool, "int": int, "float": (int, float), "str": str, "list": list, "dict": dict,
    }  # fmt: skip
    for kind in row.kinds:
        fits = kind in kinds and isinstance(value, kinds[kind])
        if fits and (kind == "bool" or not isinstance(value, bool)):
            return value
    return text if text is not None and "str" in row.kinds else _WRONG


def _trackers(value: object) -> str:
    """A tracker's name, or "none".

    Raises:
        BadInput: It is not one that can be had, or it is not installed.
    """
    name = str(value or "none").strip().casefold()
    if name == "none":
        return name
    if name not in TRACKERS:
        raise BadInput(
            f"report_to={value!s} cannot be used: expected one of none, {', '.join(TRACKERS)}."
        )
    if importlib.util.find_spec(name) is None:
        raise BadInput(f"report_to={name} needs a library that is missing: pip install {name}")
    return name
