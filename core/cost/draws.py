"""Monte-Carlo draws of one training: what its ranges mean for whatever is computed from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.cost.training import TrainingEstimate
from core.errors import BadInput

MOST_DRAWS = 10_000_000
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """One value a draw; those of one draw belong together: a slow run is a dear one.

    `usd` is None where no price is on file. `fits` = the memory that was drawn is there.
    """

    hours: Values
    gpu_hours: Values
    usd: Values | None
    tokens_per_second_per_gpu: Values
    energy_kwh: Values
    co2_kg: Values
    memory_bytes: Values
    fits: NDArray[np.bool_]


def draw(estimate: TrainingEstimate, n: int, seed: int = 0) -> Draws:
    """Draw from an estimate's ranges.

    Each quantity has the quantiles of its estimate: 5 % of draws below p5, half below p50, 95 %
    below p95. Time, money and energy hang on the same draw, memory on one of its own.

    Args:
        estimate: Of a training.
        n: Draws.
        seed: Of the random numbers; the same seed gives the same draws.

    Raises:
        BadInput: `n` is out of range.
    """
    if not 1 <= n <= MOST_DRAWS:
        raise BadInput(f"n: {n:,} draws cannot be made; give 1 to {MOST_DRAWS:,}.")
    random = np.random.default_rng(seed)
    slow, large = random.standard_normal(n), random.standard_normal(n)
    hours = estimate.hours.draws(slow)
    gpu_hours = hours * estimate.gpus
    price = estimate.price
    usd = None
    if price is not None:
        usd = gpu_hours * price.usd_per_gpu_hour + estimate.storage_usd + estimate.egress_usd
    energy = hours * (estimate.energy_kwh.value / estimate.hours.value)
    memory = estimate.memory_bytes.draws(large)
    needed = memory * (estimate.memory.needed_bytes / estimate.memory_bytes.value)
    return Draws(
        hours=hours,
        gpu_hours=gpu_hours,
        usd=usd,
        tokens_per_second_per_gpu=estimate.rate.draws(-slow),
        energy_kwh=energy,
        co2_kg=energy * (estimate.co2_kg.value / estimate.energy_kwh.value),
        memory_bytes=memory,
        fits=needed <= estimate.gpu.usable_bytes,
    )
