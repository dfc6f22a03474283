"""The layout that a step is planned with where nobody says: the fastest one that fits.

Tried are: micro-batches of 1, 2, 4, … sequences; activations kept or recomputed; with several
GPUs weights and optimizer on each, the optimizer shared out, or everything shared out (FSDP).
"""

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from core.cost.hardware import Gpu
from core.cost.memory import training_memory
from core.cost.throughput import Method, Plan, step_time
from core.cost.transformer import sequence_tokens
from core.models.shape import Shape

COMFORTABLE_SHARE = 0.9
"""Of the card, what a plan keeps to if it can: an estimate of memory may be wrong."""
LARGEST_MICRO_TOKENS = 32_768
"""Tokens on a GPU at once; more gain nothing."""
STEP_TOKENS = 8192
"""Tokens of each GPU in one step, where no batch is given."""


@lru_cache(maxsize=4096)
def choose_plan(
    shape: Shape,
    gpu: Gpu,
    gpus: int,
    method: Method,
    length: int,
    target_length: int | None = None,
    batch_per_gpu: int | None = None,
    trained: int | None = None,
) -> tuple[Plan, bool]:
    """The fastest layout that fits, and whether any does; if none, the one that needs least.

    Args:
        shape: The model.
        gpu: The GPU.
        gpus: How many.
        method: What is trained.
        length: Tokens of a sequence.
        target_length: Of an encoder-decoder, tokens of the target; None = as many.
        batch_per_gpu: Sequences of each GPU in one step; None = about `STEP_TOKENS` tokens.
        trained: Trained parameters; None = by the method.
    """
    plans = _plans(shape, gpus, method, length, target_length, batch_per_gpu)
    need = np.asarray(training_memory(shape, plans, trained).needed_bytes)
    pace = step_time(shape, gpu, plans).total / plans.tokens_per_step(shape)
    for share in (COMFORTABLE_SHARE, 1.0):
        fitting = need <= share * gpu.usable_bytes
        if fitting.any():
            return _one(plans, int(np.where(fitting, pace, np.inf).argmin())), True
    return _one(plans, int(need.argmin())), False


def _plans(
    shape: Shape, gpus: int, method: Method, length: int, target: int | None, batch: int | None
) -> Plan:
    """All layouts that are tried, as one plan of arrays."""
    tokens = sequence_tokens(shape, length, target)
    most = max(1, min(LARGEST_MICRO_TOKENS // tokens, batch or LARGEST_MICRO_TOKENS))
    sizes = sorted({2**power for power in range(most.bit_length())} | {min(most, batch or 1)})
    shardings = [(False, 1)] if gpus == 1 else [(False, 1), (False, gpus), (True, gpus)]
    tried = [
        (size, math.ceil((batch or STEP_TOKENS / tokens) / size), recompute, sharded, shards)
        for size in sizes
        for recompute in (False, True)
        for sharded, shards in shardings
    ]
    size, steps, recompute, sharded, shards = (
        np.array(column) for column in zip(*tried, strict=True)
    )
    return Plan(
        method, length, target, size, steps, recompute, data=gpus, sharded=sharded,
        optimizer_shards=shards,
    )  # fmt: skip


def _one(plans: Plan, index: int) -> Plan:
    """One of the layouts, with plain numbers."""
    return replace(
        plans,
        micro_batch=int(plans.micro_batch[index]),
        micro_steps=int(plans.micro_steps[index]),
        recompute=bool(plans.recompute[index]),
        sharded=bool(plans.sharded[index]),
        optimizer_shards=int(plans.optimizer_shards[index]),
    )
