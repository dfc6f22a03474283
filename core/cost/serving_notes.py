"""What an estimate of serving rests on: its ranges, its assumptions, and what would make it fit."""

import itertools
from dataclasses import dataclass, replace
from typing import Any

from core.cost.backtest import checks
from core.cost.calibrate_serving import LIBRARIES, STREAM_BELOW
from core.cost.crew import LATE, TARGET_LOAD
from core.cost.engines import DEFAULT_ENGINE
from core.cost.estimate import Note, Spread, note
from core.cost.goodput import USUAL
from core.cost.hardware import GPUS
from core.cost.load import Load
from core.cost.prices import Price
from core.cost.reasons import price_notes
from core.cost.replica import ENCODER_BATCH, Replica
from core.cost.scores import spread
from core.cost.serving_checks import MACHINE_GPUS, can_share
from core.cost.steps import PRECISIONS
from core.models.shape import parameters
from core.units import HOURS_PER_DAY, KILO, MINUTES_PER_HOUR

SPOT = USUAL.spot_per_machine_day
"""Of the machine of each replica, how often it is taken away a day: an assumption."""
MINUTES_PER_DAY = HOURS_PER_DAY * MINUTES_PER_HOUR


@dataclass(frozen=True)
class Ranges:
    """How wrong a rate may be, a time to the first token, and a time of each further token."""

    rate: Spread
    first: Spread
    token: Spread


def ranges(copy: Replica, running: float) -> Ranges:
    """The ranges of a replica; wider where no published run is like it.

    Published full loads and first tokens are of the default engine alone. Where load tests were
    made on the machine, they say how wrong all of its speeds may be.
    """
    if copy.calibrated is not None:
        left = copy.calibrated.after
        return Ranges(left, left, left)
    unlike, other = reasons(copy) != (), copy.engine != DEFAULT_ENGINE
    kind = "library" if copy.engine.name in LIBRARIES else "batch"
    alone = "stream" if kind == "batch" and running < STREAM_BELOW else kind
    rate = spread("serving" if copy.engine.paged else alone,
                  unlike=unlike or (other and copy.engine.paged))  # fmt: skip
    return Ranges(rate, spread("first-token", unlike=unlike or other), spread(alone, unlike=unlike))


def reasons(copy: Replica) -> tuple[Note, ...]:
    """Why a replica is unlike every published one; nothing where one is like it."""
    found = []
    measured = copy.calibrated is not None
    if not copy.engine.backtested and not measured:
        found.append(note("engine_untested", engine=copy.engine.name))
    if not copy.gpu.backtested and not measured:
        found.append(note("card_untested", gpu=copy.gpu.title))
    elif copy.gpu.form == "PCIe":
        found.append(note("pcie"))
    if copy.shape.family != "decoder":
        found.append(note("other_family"))
    sizes = [check.parameters for check in checks("batch") if check.parameters]
    if not min(sizes) <= parameters(copy.shape).total <= max(sizes):
        found.append(note("extrapolated"))
    return tuple(found)


def assumptions(
    copy: Replica, load: Load, price: Price, running: float | None = None
) -> tuple[Note, ...]:
    """All that an estimate takes for granted; `running` = requests at once, where it fits."""
    notes = [
        *price_notes(price, copy.gpu.name),
        note(_way(copy), engine=copy.engine.name, most=ENCODER_BATCH),
        *reasons(copy),
        *_measured(copy),
    ]
    if load.concurrency is None:
        notes += _of_traffic(load)
    if running is not None and running >= STREAM_BELOW:
        notes.append(note("under_load"))
    if lost := spot_share(load, price):
        notes.append(note("serving_spot", rate=f"{SPOT:.2g}", share=f"{100 * lost:.2g}"))
    if load.target.first_seconds is not None:
        key = "target_first" if copy.output_tokens else "target_answer"
        notes.append(note(key, ms=f"{KILO * load.target.first_seconds:g}", share=round(100 * LATE)))
    if load.target.token_seconds is not None:
        notes.append(note("target_token", ms=f"{KILO * load.target.token_seconds:g}"))
    if copy.prefix_cached:
        notes.append(note("prefix_cached", share=f"{100 * copy.prefix_cached:g}"))
    if copy.per_step > 1:
        notes.append(note("speculative", tokens=f"{copy.per_step:g}"))
    notes.append(note("serving_energy", pue=load.site.pue, grid=load.site.grid_kg_per_kwh))
    return tuple(notes)


def _measured(copy: Replica) -> list[Note]:
    """What load tests on the machine did to the estimate, and what they say nothing of."""
    held = copy.calibrated
    if held is None:
        return []
    return [
        note("served_here", n=held.n, machine=held.machine, date=held.date,
             engine=copy.engine.name, ratio=f"{held.ratio:.2g}"),
    ]  # fmt: skip


def spot_share(load: Load, price: Price) -> float:
    """More hours that are paid for: replicas that start again, where spot machines are taken."""
    return SPOT * load.scale_up_minutes / MINUTES_PER_DAY if price.pricing == "spot" else 0.0


def _way(copy: Replica) -> str:
    if not copy.shape.generates:
        return "engine_encoder"
    return "engine_paged" if copy.engine.paged else "engine_static"


def _of_traffic(load: Load) -> list[Note]:
    notes = [note("target_load", share=round(100 * TARGET_LOAD))]
    if load.requests_per_day is not None:
        source = load.traffic.source
        key = "traffic" if source else "traffic_assumed"
        notes.append(note(key, shape=load.traffic.name, source=source or ""))
        notes.append(note("scale_up", minutes=f"{load.scale_up_minutes:g}"))
    if load.min_replicas != 1:
        notes.append(note("min_replicas", n=load.min_replicas))
    return notes


def advice(copy: Replica) -> Note:
    """What makes a model fit: fewer bits, more GPUs, a larger card, or fewer bits on more GPUs."""
    small = [
        row
        for row in PRECISIONS
        if row.weight_bytes < copy.precision.weight_bytes and row.name in copy.engine.precisions
    ]
    more = [
        gpus
        for gpus in range(copy.gpus + 1, MACHINE_GPUS + 1)
        if can_share(copy.shape, copy.engine, gpus)
    ]
    for row in small:
        if _fits(copy, precision=row):
            return note("serve_precision", precision=row.name)
    for gpus in more:
        if _fits(copy, gpus=gpus):
            return note("serve_gpus", gpus=gpus)
    for card in sorted(GPUS, key=lambda row: (not row.backtested, row.memory_bytes)):
        if card.memory_bytes > copy.gpu.memory_bytes and _fits(copy, gpu=card):
            return note("serve_card", gpu=card.name)
    for row, gpus in itertools.product(small, more):
        if _fits(copy, precision=row, gpus=gpus):
            return note("serve_both", precision=row.name, gpus=gpus)
    return note("serve_nothing")


def _fits(copy: Replica, **change: Any) -> bool:
    return replace(copy, **change).largest_batch >= 1
