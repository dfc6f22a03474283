"""What an estimate of training takes for granted, as sentences."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from core.cost.backtest import checks
from core.cost.estimate import Note, note
from core.cost.goodput import LOGGED_GPUS, USUAL, Stops, logged_rate
from core.cost.layout import Wanted, zero_stage
from core.cost.plan import GPUS_PER_NODE, Plan
from core.cost.prices import DAYS_OLD, Price
from core.cost.transformer import LORA_RANK
from core.models.shape import Shape, parameters
from core.units import GIGA

if TYPE_CHECKING:
    from core.cost.energy import Site
    from core.cost.training import TrainingEstimate


def price_notes(price: Price | None, card: str, today: date | None = None) -> list[Note]:
    """What a price is and how old; that there is none."""
    if price is None:
        return [note("price_none", gpu=card)]
    notes = [
        note("price", usd=f"{price.usd_per_gpu_hour:.2f}", source=price.source, date=price.as_of)
    ]
    day = today or date.today()
    if price.old(day):
        notes.append(note("price_old", days=price.days_old(day), limit=DAYS_OLD))
    if price.note is not None:
        notes.append(price.note)
    return notes


def assumptions(
    found: TrainingEstimate,
    site: Site,
    stops: Stops,
    spot: bool,
    wanted: Wanted,
    quicker: tuple[Plan, float] | None = None,
) -> tuple[Note, ...]:
    """All sentences about one estimate; `quicker` = a split layout and how many times as fast."""
    plan = found.plan
    notes = []
    if found.fit == "no":
        notes.append(note("as_if_it_fitted"))
    notes += price_notes(found.price, found.gpu.name)
    notes += [
        note("step", micro=plan.micro_batch, length=f"{plan.length:,}", steps=plan.micro_steps),
        note("recompute" if plan.recompute else "keep"),
    ]
    if plan.method != "full":
        notes.append(note("lora", rank=LORA_RANK))
    elif wanted.optimizer != "adamw":
        notes.append(note("optimizer", name=wanted.optimizer))
    notes += _layout(found)
    if quicker is not None:
        split, times = quicker
        notes.append(
            note("faster_split", share=f"{100 * (times - 1):.0f}", tp=split.tensor,
                 pp=split.pipeline, zero=zero_stage(split))
        )  # fmt: skip
    notes += _stops(found, stops, spot)
    if found.calibrated is not None:
        held = found.calibrated
        notes.append(
            note("measured_here", n=held.n, machine=held.machine, date=held.date,
                 ratio=f"{held.ratio:.2f}")
        )  # fmt: skip
    if not found.gpu.backtested and found.calibrated is None:
        notes.append(note("card_untested", gpu=found.gpu.title))
    elif outside(found.shape, found.rate.kind):
        notes.append(note("extrapolated"))
    if found.shape.family != "decoder":
        notes.append(note("other_family"))
    if found.gpu.form == "PCIe":
        notes.append(note("pcie"))
    notes.append(note("energy", pue=site.pue, grid=site.grid_kg_per_kwh))
    return tuple(notes)


def outside(shape: Shape, kind: str) -> bool:
    """Whether a model is smaller or larger than those of all published runs of a kind."""
    sizes = [check.parameters for check in checks(kind) if check.parameters]
    return not min(sizes) <= parameters(shape).total <= max(sizes)


def _layout(found: TrainingEstimate) -> list[Note]:
    plan, notes = found.plan, []
    if plan.tensor > 1:
        notes.append(note("tensor", parts=plan.tensor))
    if plan.pipeline > 1:
        notes.append(note("pipeline", stages=plan.pipeline))
    if stage := zero_stage(plan):
        notes.append(note(("sharded_optimizer", "sharded_gradients", "sharded")[stage - 1]))
    if plan.gpus > GPUS_PER_NODE:
        notes.append(note("network", gigabits=f"{8 * plan.network_bytes_per_second / GIGA:,.3g}"))
    return notes


def _stops(found: TrainingEstimate, stops: Stops, spot: bool) -> list[Note]:
    """Which part of the time beyond the steady pace is what: none of it is counted twice."""
    lost, time = found.stops, found.time
    notes = [
        note("pauses", share=f"{100 * lost.pauses:.2g}", every=f"{lost.checkpoint_every_hours:.2g}",
             evaluation=f"{100 * stops.evaluation_share:.2g}"),
    ]  # fmt: skip
    if stops.failures_per_gpu_hour is None:
        rate = logged_rate()
        notes.append(
            note("failures", hours=f"{1 / rate.value:,.0f}", n=rate.n,
                 restart=f"{stops.restart_hours:.2g}", share=f"{100 * lost.failures:.2g}")
        )  # fmt: skip
        if found.gpus > LOGGED_GPUS and stops.restart_hours == USUAL.restart_hours:
            notes.append(note("failures_beyond", gpus=f"{LOGGED_GPUS:,}"))
    else:
        notes.append(note("failures_given", share=f"{100 * lost.failures:.2g}"))
    if spot:
        notes.append(
            note("spot", rate=f"{stops.spot_per_machine_day:.2g}",
                 share=f"{100 * lost.interruptions:.2g}")
        )  # fmt: skip
    if time.ramp_up > 0:
        notes.append(note("ramp_up", share=f"{100 * time.ramp_up / time.training:.2g}"))
    return notes
