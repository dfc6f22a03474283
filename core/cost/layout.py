"""The layout that a step is planned with where nobody says: the fastest one that fits.

Tried are: micro-batches of 1, 2, 4, … sequences; activations kept or recomputed; with several
GPUs weights and optimizer on each, the optimizer shared out, or everything shared out (FSDP).
"""

import math
from collections.abc import Iterator
from functools import lru_cache

from core.cost.hardware import Gpu
from core.cost.memory import training_memory
from core.cost.throughput import Method, Plan, step_time
from core.cost.transformer import sequence_tokens
from core.models.shape import Shape

COMFORTABLE_SHARE = 0.75
"""Of the card, what a plan keeps to if it can: published runs need up to a third more than said."""
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
    plans = list(_plans(shape, gpus, method, length, target_length, batch_per_gpu))
    needs = [training_memory(shape, plan, trained).total_bytes for plan in plans]

    def seconds_per_token(plan: Plan) -> float:
        return step_time(shape, gpu, plan).total / plan.tokens_per_step(shape)

    for share in (COMFORTABLE_SHARE, 1.0):
        room = share * gpu.memory_bytes
        fitting = [plan for plan, need in zip(plans, needs, strict=True) if need <= room]
        if fitting:
            return min(fitting, key=seconds_per_token), True
    return plans[needs.index(min(needs))], False


def _plans(
    shape: Shape, gpus: int, method: Method, length: int, target: int | None, batch: int | None
) -> Iterator[Plan]:
    tokens = sequence_tokens(shape, length, target)
    most = max(1, min(LARGEST_MICRO_TOKENS // tokens, batch or LARGEST_MICRO_TOKENS))
    sizes = {2**power for power in range(most.bit_length())} | {min(most, batch or 1)}
    shardings = [(False, False)] if gpus == 1 else [(False, False), (False, True), (True, True)]
    for size in sorted(sizes):
        steps = math.ceil((batch or STEP_TOKENS / tokens) / size)
        for recompute in (False, True):
            for weights, optimizer in shardings:
                yield Plan(
                    method, length, target, size, steps, recompute,
                    data=gpus, sharded=weights, sharded_optimizer=optimizer,
                )  # fmt: skip
