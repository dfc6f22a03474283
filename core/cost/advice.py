"""The one change that makes a training fit."""

from collections.abc import Sequence
from dataclasses import replace

from core.cost.estimate import Note, note
from core.cost.hardware import GPUS, Gpu
from core.cost.layout import Wanted, choose_plan
from core.cost.plan import Method, Plan
from core.errors import BadInput
from core.models.shape import Shape

COUNTS = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)


def advice(
    shape: Shape, card: Gpu, plan: Plan, batch: int | None, wanted: Wanted,
    methods: Sequence[Method],
) -> Note:  # fmt: skip
    """The one change that makes it fit, the smallest first.

    Checkpointing and sharding where they were ruled out; the same card with more memory; adapters,
    a 4-bit base; more GPUs; another card; else shorter sequences.
    """

    def works(
        gpu: Gpu = card, gpus: int = plan.gpus, method: Method = plan.method, want: Wanted = wanted
    ) -> bool:
        try:
            return choose_plan(
                shape, gpu, gpus, method, plan.length, plan.target_length, batch, None, want
            )[1]
        except BadInput:
            return False

    if wanted.recompute is False and works(want=replace(wanted, recompute=True)):
        return note("train_checkpointing")
    if wanted.zero in (0, 1, 2) and works(want=replace(wanted, zero=3)):
        return note("train_sharding")
    larger = sorted(
        (row for row in GPUS if row.memory_bytes > card.memory_bytes and _chip(row) == _chip(card)),
        key=lambda row: (row.form != card.form, row.memory_bytes),
    )
    for row in larger:
        if works(gpu=row):
            return note("train_card", gpu=row.name)
    for method in methods[methods.index(plan.method) + 1 :]:
        if works(method=method, want=_unsplit(wanted) if method == "qlora" else wanted):
            return note("train_method", method={"lora": "LoRA", "qlora": "QLoRA"}[method])
    free = replace(wanted, data=None)
    for gpus in COUNTS:
        if gpus > plan.gpus and works(gpus=gpus, want=free):
            return note("train_gpus", gpus=gpus)
    for row in GPUS:
        if row.memory_bytes > card.memory_bytes and works(gpu=row):
            return note("train_card", gpu=row.name)
    return note("train_length", length=f"{max(1, plan.length // 2):,}")


def _unsplit(wanted: Wanted) -> Wanted:
    """The same without parts of a model: a 4-bit base is not split."""
    return replace(wanted, tensor=None, pipeline=None, data=None)


def _chip(card: Gpu) -> str:
    """The chip of a card: A100 of A100-80-SXM."""
    return card.name.partition("-")[0]
