"""Fine-tune a model on examples, watched and measured, and write it whole or not at all."""

import random
import resource
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.models.load import load_config, load_model, load_tokenizer
from core.models.purpose import purpose_for
from core.models.resolve import ModelRef, known_shape
from core.models.shape import parameters
from core.train.checkpoint import Checkpoints
from core.train.config import TrainConfig, learning_rate_for
from core.train.lesson import Lesson
from core.train.methods import prepare
from core.train.objectives import MAKERS, Features, Make
from core.train.quiz import Answer, Grade, Quiz
from core.train.replay import Replay, replayed
from core.train.runs import checkpoints_of
from core.train.soft import COLUMN, Soft
from core.train.trainer import ClockedTrainer
from core.train.watch import Listener
from core.units import KIB

QUIZ_ROWS = 64
"""Validation examples that are answered and scored while it trains: 0.4 s for a starter."""


@dataclass(frozen=True)
class TrainResult:
    """What a training was, measured.

    Attributes:
        steps: Steps of the optimizer.
        kept_step: The step whose weights were kept.
        train_seconds: Wall time of the loop, validation included.
        tokens: Input and target tokens that were trained on, padding not counted.
        tokens_per_second: Tokens over the time of the steps alone, validation not counted.
        peak_memory_bytes: Of the GPU where there is one, else of the whole process.
        parameters, trainable_parameters: Of the model.
        learning_rate: Peak rate.
        train_loss, validation_loss: Of the last steps, and the lowest; nats, None = not taken.
        train_rows, replay_rows: Rows trained on, and how many of these were replayed.
        cut_inputs, cut_targets: Training examples longer than the configuration allows.
        device: "cpu", or the GPU's name; threads: that computed on the CPU.
        energy_joules: Measured from start to end; None = this machine does not tell.
        energy_source: "rapl" (processor), "nvml" (GPU) or both joined by "+".
        parts: 2 where memory ran out and each batch was computed in two halves, else 1.
        refused_steps: Steps whose checkpoints could not be used; damaged ones, mostly.
        resumed_step: The step whose checkpoint the last attempt went on from; None = it began.
    """

    steps: int
    kept_step: int
    train_seconds: float
    tokens: int
    tokens_per_second: float | None
    peak_memory_bytes: int
    parameters: int
    trainable_parameters: int
    learning_rate: float
    train_loss: float | None
    validation_loss: float | None
    train_rows: int
    replay_rows: int
    cut_inputs: int
    cut_targets: int
    device: str
    threads: int
    energy_joules: float | None
    energy_source: str | None
    parts: int
    resumed_step: int | None
    refused_steps: list[int]

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def train(
    ref: ModelRef,
    dataset: Dataset,
    config: TrainConfig,
    splits: dict[str, list[Example]],
    replay: Replay | None,
    folder: Path,
    context: Listener,
    answer: Answer | None = None,
    grade: Grade | None = None,
    soft: Soft | None = None,
) -> TrainResult:
    """Fine-tune a model on the training split and write it to `folder`/model.

    Goes on from the newest checkpoint in `folder`/checkpoints, where there is one: a run that steps
    or epochs bound then ends with the weights, bit for bit on the same kind of processor, that it
    would have without the stop. With a time limit, time that was spent counts, and the rate follows
    the clock, which no two runs share.

    Args:
        ref: The base model, fetched.
        dataset: What the examples belong to.
        config: How.
        splits: Examples of "train" and "validation"; the latter may be empty.
        replay: General examples that may be mixed in, and their dataset.
        folder: The run's folder.
        context: Told of progress and events; asked whether to stop.
        answer: Gives answers to validation examples while it trains.
        grade: Scores these answers.
        soft: What a teacher said of each training row, for a classifier that learns from it.

    Raises:
        BadInput: The base is not of a family for this task, or there is nothing to train on.
        Diverged: The loss was no number any more.
        OutOfMemory: Memory ran out, twice.
        DiskFull: There is no room for the model and its checkpoints.
    """
    if not splits["train"]:
        raise BadInput(f"{dataset.title} has no training example; import more rows.")
    shape = known_shape(ref)
    purpose = purpose_for(shape.family, dataset.task, ref.name)
    make = MAKERS[purpose]
    tokenizer = load_tokenizer(ref)
    labels = dataset.classes if purpose == "classification" else None
    several = dataset.label_separator is not None
    fit_tokenizer(tokenizer, load_config(ref))
    context.report(0.0, "train.tokenising", rows=len(splits["train"]))
    made = make(tokenizer, dataset, splits["train"], config)
    if soft is not None:
        for row, scores in zip(made.rows, soft.scores, strict=True):
            row[COLUMN] = list(scores)
    extra = replay_rows(tokenizer, make, made, replay, config)
    held_out = spread(splits.get("validation", []), config.validation_limit, config.seed)
    validation = make(tokenizer, dataset, held_out, config) if held_out else Features()
    rate = config.learning_rate or learning_rate_for(
        shape.family, parameters(shape).total, config.method
    )
    asked = spread(held_out, QUIZ_ROWS, config.seed)
    quiz = Quiz(answer, grade, tokenizer, dataset, asked) if answer and asked else None
    if config.best_by == "score" and not (quiz and grade):
        raise BadInput(
            "best_by=score needs a validation split to score; make one with `assay data split`, or "
            "leave best_by=loss."
        )
    lesson = Lesson(
        partial(_model, ref, purpose, labels, several, tokenizer, config), purpose, config, rate,
        made.rows + extra, validation.rows, tokenizer,
        quiz, Checkpoints(checkpoints_of(folder), _mark(ref, dataset, config)), context,
        soft,
    )  # fmt: skip
    trainer = lesson.learn()
    best = trainer.watch.put_back(trainer.model)
    kept = trainer.state.global_step if best is None else best
    result = _result(trainer, made, len(extra), kept)
    model = trainer.model
    if config.method in ("lora", "qlora"):
        model = _merged(model, ref, purpose, labels, several, config, folder)
    _save(model, tokenizer, folder)
    return result


def _mark(ref: ModelRef, dataset: Dataset, config: TrainConfig) -> dict[str, Any]:
    """What a run is made from, as far as going on with it depends on it."""
    settings = config.to_json()
    for name in ("checkpoint_seconds", "checkpoint_steps"):
        del settings[name]
    return {"base": ref.name, "data": dataset.title, "settings": settings}


def spread(examples: Sequence[Example], limit: int, seed: int) -> list[Example]:
    """At most `limit` examples, drawn from all over: neighbours in a file are often of a kind."""
    if len(examples) <= limit:
        return list(examples)
    return random.Random(seed).sample(list(examples), limit)  # noqa: S311 - a reproducible draw


def _model(
    ref: ModelRef, purpose: str, labels: tuple[str, ...] | None, several: bool,
    tokenizer: Any, config: TrainConfig,
) -> Any:  # fmt: skip
    """The base, as the method wants it; new heads and adapters are drawn from the seed."""
    model = load_model(ref, purpose, labels, several=several, quantized=config.method == "qlora")
    fit_limits(tokenizer, model, config)
    return prepare(model, config)


def fit_limits(tokenizer: Any, model: Any, config: TrainConfig) -> None:
    """Tell tokenizer and generation the limits of the model and of the targets; both are saved."""
    fit_tokenizer(tokenizer, model.config)
    if model.config.pad_token_id is None:
        # A decoder that classifies looks at the last token that is no padding.
        model.config.pad_token_id = tokenizer.pad_token_id
    if model.can_generate():
        model.generation_config.max_new_tokens = config.max_target_tokens


def fit_tokenizer(tokenizer: Any, config: Any) -> None:
    """Tell the tokenizer the limit of the model, and how to pad; it is saved with the run."""
    positions = getattr(config, "max_position_embeddings", None)
    if positions:
        tokenizer.model_max_length = min(int(tokenizer.model_max_length), int(positions))
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token


def replay_rows(
    tokenizer: Any, make: Make, made: Features, replay: Replay | None, config: TrainConfig
) -> list[dict[str, Any]]:
    """Features of the general examples that are mixed in."""
    if replay is None or not config.replay_share:
        return []
    general, examples = replay
    drawn = replayed(len(made.rows), config.replay_share, examples, config.seed)
    return make(tokenizer, general, drawn, config).rows if drawn else []


def _merged(
    model: Any, ref: ModelRef, purpose: str, labels: tuple[str, ...] | None, several: bool,
    config: TrainConfig, folder: Path,
) -> Any:  # fmt: skip
    """Write the adapters to `folder`/adapter and return the model that they make of the base."""
    from core.train import adapters  # PEFT's import takes a second; only adapters need it

    limit = model.generation_config.max_new_tokens if model.can_generate() else None
    adapters.save(model, ref.hub_id or ref.name, folder / "adapter")
    if config.method == "lora":
        return adapters.merge(model)
    whole = adapters.merge_onto(
        load_model(ref, purpose, labels, several=several), folder / "adapter"
    )
    if limit is not None:
        whole.generation_config.max_new_tokens = limit
    return whole


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write beside the place and move in one step: there is a whole model or none."""
    partial = folder / "model.partial"
    shutil.rmtree(partial, ignore_errors=True)
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    # A model without a record, of an attempt that was killed between the two.
    shutil.rmtree(folder / "model", ignore_errors=True)
    partial.rename(folder / "model")


def _result(
    trainer: ClockedTrainer,
    made: Features,
    replay_rows: int,
    kept: int,
) -> TrainResult:
    watch, model, tokens = trainer.watch, trainer.model, int(trainer.watch.tokens)
    seconds = watch.clock.seconds
    computing = seconds - watch.pause_seconds
    return TrainResult(
        steps=trainer.state.global_step,
        kept_step=kept,
        train_seconds=round(seconds, 3),
        tokens=tokens,
        tokens_per_second=round(tokens / computing, 1) if computing > 0 else None,
        peak_memory_bytes=peak_memory_bytes(),
        parameters=model.num_parameters(),
        trainable_parameters=model.num_parameters(only_trainable=True),
        learning_rate=watch.peak_rate,
        train_loss=watch.last_loss,
        validation_loss=watch.best_loss,
        train_rows=len(made.rows) + replay_rows,
        replay_rows=replay_rows,
        cut_inputs=made.cut_inputs,
        cut_targets=made.cut_targets,
        device=torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        threads=trainer.threads,
        parts=trainer.parts,
        resumed_step=trainer.resumed_step,
        refused_steps=trainer.refused_steps,
        energy_joules=watch.meter.energy_joules(),
        energy_source=watch.meter.energy_source,
    )


def peak_memory_bytes() -> int:
    """The most memory so far: what torch held on the GPU, else what the process held at once."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    # The kernel counts in KiB, but in bytes on macOS.
    unit = 1 if sys.platform == "darwin" else KIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
