"""A training loop that fits a time budget and can be stopped and started again.

The learning rate follows the minutes spent, not the steps: it warms up, then falls linearly to
zero at the end of the budget, however fast the machine is. Minutes are processor time per thread:
on an idle machine those of the clock, on a busy one only what the training itself got, so that
neighbours cost patience and not quality.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.starters.checkpoint import Progress, restore, save
from core.units import SECONDS_PER_MINUTE

Batch = dict[str, Tensor]

BETAS = (0.9, 0.98)
WEIGHT_DECAY = 0.01
CLIP_NORM = 1.0
CHECKPOINT_SECONDS = 60.0
REPORT_SECONDS = 30.0
# Batches of like length come from pools of this many batches: less padding, still mixed.
POOL = 16
# How often a training is scored on validation data, for the log.
SCORINGS = 5


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train.

    Attributes:
        minutes: Budget of training alone, in minutes of processor time per thread.
        learning_rate: Peak of the schedule.
        warmup_share: Share of the budget in which the rate rises.
        batch: Examples per step.
        seed: Of the order, the masks and the first weights.
        threads: Threads that compute.
        embedding_factor: How many times the rate the embeddings get. AdamW moves a weight by about
            the rate at each step, whatever the weight's size, so embeddings that begin with a
            deviation of 1 (T5's) learn far too slowly at a rate that suits matrices of 0.1.
    """

    minutes: float
    learning_rate: float = 1e-3
    warmup_share: float = 0.02
    batch: int = 64
    seed: int = 0
    threads: int = 1
    embedding_factor: float = 1.0


def rate(plan: Plan, seconds: float) -> float:
    """Learning rate after so many seconds: linear up, then linear down to zero."""
    done = min(seconds / (plan.minutes * SECONDS_PER_MINUTE), 1.0)
    if done < plan.warmup_share:
        return plan.learning_rate * max(done / plan.warmup_share, 0.01)
    return plan.learning_rate * (1 - done) / (1 - plan.warmup_share)


def batches(lengths: Sequence[int], size: int, seed: int, skip: int = 0) -> Iterator[list[int]]:
    """Endless batches of indices, epoch after epoch, the same for the same seed.

    Args:
        lengths: Length of each example; examples of like length share a batch.
        size: Examples per batch.
        seed: Of the order.
        skip: How many batches to pass over: where an earlier run stopped.
    """
    epoch = 0
    per_epoch = math.ceil(len(lengths) / size)
    while skip >= per_epoch:
        epoch, skip = epoch + 1, skip - per_epoch
    while True:
        rng = random.Random(f"{seed}-{epoch}")  # noqa: S311
        order = list(range(len(lengths)))
        rng.shuffle(order)
        cut: list[list[int]] = []
        for start in range(0, len(order), size * POOL):
            pool = sorted(order[start : start + size * POOL], key=lengths.__getitem__)
            cut += [pool[i : i + size] for i in range(0, len(pool), size)]
        rng.shuffle(cut)
        yield from cut[skip:]
        epoch, skip = epoch + 1, 0


@dataclass(frozen=True)
class Task:
    """What is trained, on what.

    Attributes:
        lengths: Length of each training example, in tokens.
        collate: Indices and a random source -> a batch.
        loss_of: Model and batch -> mean loss, in nats per token.
        held_out: Figures on validation data, for the log.
    """

    lengths: Sequence[int]
    collate: Callable[[Sequence[int], random.Random], Batch]
    loss_of: Callable[[nn.Module, Batch], Tensor]
    held_out: Callable[[nn.Module], dict[str, Any]]


def fit(
    model: nn.Module,
    task: Task,
    plan: Plan,
    checkpoint: Path,
    report: Callable[[str], None] = print,
) -> Progress:
    """Train until the budget is spent, going on from a checkpoint where there is one.

    Args:
        model: The model, changed in place.
        task: Data and loss.
        plan: Budget and rates.
        checkpoint: The file that training goes on from and writes to.
        report: Where the log lines go.

    Raises:
        BadInput: The checkpoint is of another model.
    """
    optimizer = torch.optim.AdamW(
        _groups(model, plan),
        lr=plan.learning_rate,
        betas=BETAS,
        weight_decay=WEIGHT_DECAY,
        fused=True,
    )
    progress = restore(checkpoint, model, optimizer)
    saved = told = progress.seconds
    torch.manual_seed(plan.seed + progress.step)
    model.train()
    for chosen in batches(task.lengths, plan.batch, plan.seed, skip=progress.step):
        if progress.seconds >= plan.minutes * SECONDS_PER_MINUTE:
            break
        before = progress
        progress = _step(model, optimizer, task, plan, before, chosen)
        if progress.seconds - told >= REPORT_SECONDS:
            told = progress.seconds
            report(_line(progress, len(task.lengths)))
        if progress.seconds - saved >= CHECKPOINT_SECONDS:
            saved = progress.seconds
            save(checkpoint, model, optimizer, progress)
        if _scorings(plan, progress) > _scorings(plan, before):
            report(f"step {progress.step}  held out: {task.held_out(model)}")
            model.train()
    save(checkpoint, model, optimizer, progress)
    model.eval()
    return progress


def _groups(model: nn.Module, plan: Plan) -> list[dict[str, Any]]:
    """The weights by what they multiply the rate with: all others, then the word embeddings."""
    if plan.embedding_factor == 1:
        return [{"params": list(model.parameters()), "factor": 1.0}]
    words = model.get_input_embeddings().weight
    others = [weight for weight in model.parameters() if weight is not words]
    return [
        {"params": others, "factor": 1.0},
        {"params": [words], "factor": plan.embedding_factor},
    ]


def _step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    task: Task,
    plan: Plan,
    progress: Progress,
    chosen: Sequence[int],
) -> Progress:
    """One batch: the weights change, the new standing is returned."""
    wall, cpu = time.monotonic(), time.process_time()
    for group in optimizer.param_groups:
        group["lr"] = group["factor"] * rate(plan, progress.seconds)
    rng = random.Random(f"{plan.seed}-{progress.step}")  # noqa: S311
    loss = task.loss_of(model, task.collate(chosen, rng))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
    optimizer.step()
    return replace(
        progress,
        step=progress.step + 1,
        examples=progress.examples + len(chosen),
        seconds=progress.seconds + (time.process_time() - cpu) / plan.threads,
        wall_seconds=progress.wall_seconds + time.monotonic() - wall,
        last_loss=loss.item(),
    )


def _line(progress: Progress, examples: int) -> str:
    return (
        f"step {progress.step}  {progress.seconds / SECONDS_PER_MINUTE:.1f} min  "
        f"loss {progress.last_loss:.3f}  epoch {progress.examples / examples:.1f}"
    )


def _scorings(plan: Plan, progress: Progress) -> int:
    """How many of the scorings on validation data are due."""
    return int(SCORINGS * progress.seconds / (plan.minutes * SECONDS_PER_MINUTE))
