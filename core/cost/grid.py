"""Many trainings at once: GPUs × batch × checkpointing × sharding, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.cost.cases_runs import OVERHEAD
from core.cost.goodput import USUAL, Stops, goodput
from core.cost.hardware import Gpu
from core.cost.layout import lay_out
from core.cost.memory import training_memory
from core.cost.plan import NETWORK_BYTES_PER_SECOND, Method, Plan
from core.cost.throughput import step_time
from core.cost.training import WHOLE_RUN_GPU_HOURS, checkpoint_bytes
from core.errors import BadInput
from core.models.shape import Shape
from core.units import SECONDS_PER_HOUR

MOST_CELLS = 2_000_000
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Estimates of shape (GPUs, batches, checkpointing, ZeRO stages); the axes are given beside.

    Hours and GPU-hours are wall-clock, pauses and stops included; `needed_bytes` is what must be
    there on the fullest GPU. Cells that do not fit have the numbers that they would have.
    """

    gpus: NDArray[np.int_]
    batches: NDArray[np.int_]
    recompute: NDArray[np.bool_]
    zero: NDArray[np.int_]
    tokens_per_second_per_gpu: Values
    hours: Values
    gpu_hours: Values
    needed_bytes: Values
    fits: NDArray[np.bool_]

    def best(self) -> tuple[Values, NDArray[np.bool_]]:
        """GPU-hours of the best checkpointing and sharding, and whether any fits.

        Both of shape (GPUs, batches); where none fits, the hours are NaN.
        """
        flat = (len(self.gpus), len(self.batches), -1)
        hours = np.where(self.fits, self.gpu_hours, np.inf).reshape(flat).min(axis=-1)
        able = np.isfinite(hours)
        return np.where(able, hours, np.nan), able


def grid(
    shape: Shape,
    tokens: int,
    gpu: Gpu,
    gpus: Sequence[int],
    batches: Sequence[int],
    method: Method = "full",
    length: int = 2048,
    *,
    target_length: int | None = None,
    recompute: Sequence[bool] = (False, True),
    zero: Sequence[int] = (0, 1, 2, 3),
    tensor: int = 1,
    pipeline: int = 1,
    micro_steps: int = 1,
    network_bytes_per_second: float = NETWORK_BYTES_PER_SECOND,
    stops: Stops = USUAL,
    spot: bool = False,
) -> Grid:
    """Estimate every combination in one go.

    Args:
        shape: The model.
        tokens: Tokens that are trained on.
        gpu: The card.
        gpus: Numbers of GPUs; each a multiple of tensor × pipeline.
        batches: Sequences on a GPU at once.
        method: What is trained.
        length: Tokens of a sequence.
        target_length: Of an encoder-decoder, tokens of the target.
        recompute: Checkpointing: activations computed again, or kept.
        zero: ZeRO stages.
        tensor: GPUs that share a layer.
        pipeline: Stages of layers.
        micro_steps: Micro-batches of a step.
        network_bytes_per_second: Of one GPU between machines.
        stops: Pauses and failures.
        spot: Machines are taken away at times.

    Raises:
        BadInput: An axis is empty or has a value below 1, or there are too many cells.
    """
    axes = (np.array(gpus), np.array(batches), np.array(recompute, bool), np.array(zero))
    cells = int(np.prod([len(axis) for axis in axes]))
    split = tensor * pipeline
    if not 1 <= cells <= MOST_CELLS:
        raise BadInput(f"grid: {cells:,} cells cannot be; give 1 to {MOST_CELLS:,}.")
    if (axes[0] < 1).any() or (axes[1] < 1).any() or (axes[0] % split).any():
        raise BadInput(
            f"grid: gpus and batches are whole numbers from 1 on, gpus multiples of {split}."
        )
    count, batch, again, stage = np.meshgrid(*axes, indexing="ij")
    plan = lay_out(
        Plan(
            method, length, target_length, batch, micro_steps, again, tensor=tensor,
            pipeline=pipeline, data=count // split, sequence_parallel=tensor > 1,
            network_bytes_per_second=network_bytes_per_second,
        ),
        stage,
    )  # fmt: skip
    plan = replace(plan, numbers="32-bit" if gpu.form == "CPU" else "mixed")
    seconds = step_time(shape, gpu, plan).total
    step_tokens = plan.tokens_per_step(shape)
    steady = np.ceil(tokens / step_tokens) * seconds / SECONDS_PER_HOUR
    lost = goodput(
        count, steady, stops, checkpoint_bytes=checkpoint_bytes(shape, method), spot=spot
    )
    beyond = 1 + lost.pauses + lost.failures
    if method == "full":
        beyond = np.where(
            steady * count >= WHOLE_RUN_GPU_HOURS, np.maximum(OVERHEAD.clock, beyond), beyond
        )
    hours = steady * (beyond + lost.interruptions)
    needed = np.broadcast_to(training_memory(shape, plan).needed_bytes, steady.shape)
    return Grid(
        *axes, step_tokens / count / seconds, hours, hours * count, np.asarray(needed),
        needed <= gpu.usable_bytes,
    )  # fmt: skip
