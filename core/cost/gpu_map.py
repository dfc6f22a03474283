"""GPUs against the batch on each: hours and dollars of every cell, and what does not fit.

The batch is of sequences that are on a GPU at once (its micro-batch). For each number of GPUs one
estimate says the hours with the best batch; the other batches differ from it by the pace of their
best layout that fits. Pauses and stops are shares of the time, so they go along.
"""

from dataclasses import dataclass, replace

import numpy as np

from core.cost import layout
from core.cost.choice import TrainChoice, train
from core.cost.memory import training_memory
from core.cost.throughput import step_time
from core.cost.training import MOST_GPUS, TrainingEstimate
from core.errors import BadInput

BATCHES = (1, 2, 4, 8, 16, 32, 64)
AROUND = (0.25, 0.5, 1, 2, 4)
"""Numbers of GPUs beside the chosen one, as parts of it."""
FEWEST = (1, 2, 4, 8, 16)
ENOUGH = 3
"""So many numbers of GPUs that fit are shown at least, if there are any."""


@dataclass(frozen=True)
class Cell:
    """One number of GPUs with one batch: hours, dollars (None = no price), None = does not fit."""

    gpus: int
    batch: int
    hours: float | None
    usd: float | None
    chosen: bool


def counts(chosen: int) -> tuple[int, ...]:
    """Numbers of GPUs that are compared with a chosen one: 1 to 16, or a quarter to four times."""
    if chosen <= max(FEWEST):
        return tuple(sorted({*FEWEST, chosen}))
    around = {round(chosen * part) for part in AROUND}
    return tuple(sorted(n for n in around if 1 <= n <= MOST_GPUS))


def by_gpus(choice: TrainChoice) -> tuple[TrainingEstimate, ...]:
    """The training on each number of GPUs that can be laid out, those that do not fit included."""
    found = [one for gpus in counts(choice.gpus) if (one := _on(choice, gpus)) is not None]
    more = 2 * max(counts(choice.gpus))
    while sum(one.fit != "no" for one in found) < ENOUGH and more <= MOST_GPUS:
        if (one := _on(choice, more)) is not None:
            found.append(one)
        more *= 2
    return tuple(found)


def _on(choice: TrainChoice, gpus: int) -> TrainingEstimate | None:
    """The training on a number of GPUs; None where the layout asked for does not go with it."""
    try:
        return train(replace(choice, gpus=gpus))
    except BadInput:
        return None


def grid(choice: TrainChoice) -> tuple[Cell, ...]:
    """All cells, GPUs by GPUs."""
    chosen = train(choice)
    cells: list[Cell] = []
    for found in by_gpus(choice):
        here = found.gpus == choice.gpus
        paces = _paces(choice, found)
        best = paces.get(int(found.plan.micro_batch))
        batches = sorted({*BATCHES, int(chosen.plan.micro_batch)})
        for batch in batches:
            pace = paces.get(batch)
            able = found.fit != "no" and pace is not None and best is not None
            slower = pace / best if pace is not None and best is not None and able else None
            fixed = found.storage_usd + found.egress_usd
            usd = None
            if slower is not None and found.usd is not None:
                usd = (found.usd.value - fixed) * slower + fixed
            cells.append(
                Cell(found.gpus, batch, None if slower is None else found.hours.value * slower,
                     usd, here and batch == chosen.plan.micro_batch)
            )  # fmt: skip
    return tuple(cells)


def _paces(choice: TrainChoice, found: TrainingEstimate) -> dict[int, float]:
    """Batch on a GPU -> GPU-seconds of a token in its best layout that fits."""
    plan, card = found.plan, found.gpu
    parts = plan.tensor * plan.pipeline
    tokens = plan.tokens_per_step(choice.shape) / plan.data
    sizes = np.array(sorted({*BATCHES, int(plan.micro_batch)}))
    recompute = [False, True] if choice.wanted.recompute is None else [choice.wanted.recompute]
    zeros = range(4) if plan.data > 1 else (0,)
    stages = list(zeros) if choice.wanted.zero is None else [choice.wanted.zero]
    size, again, zero = (
        axis.ravel() for axis in np.meshgrid(sizes, np.array(recompute), np.array(stages))
    )
    once = tokens / (plan.micro_batch * plan.micro_steps)
    # As many tokens a step as the estimate has, where a batch does not ask for more of itself.
    steps = np.ceil(tokens / (once * size))
    plans = layout.lay_out(
        replace(plan, micro_batch=size, micro_steps=steps, recompute=again), zero
    )
    need = np.asarray(training_memory(choice.shape, plans).needed_bytes)
    pace = step_time(choice.shape, card, plans).total / plans.tokens_per_step(choice.shape)
    pace = np.where(need <= card.usable_bytes, pace * parts * plan.data, np.inf)
    best = {int(n): float(pace[size == n].min()) for n in sizes}
    return {n: value for n, value in best.items() if np.isfinite(value)}
