"""`assay cost train` and `assay cost calibrate`: what training takes, and what it took here."""

from dataclasses import replace
from typing import Any

import click

from core import calibration
from core.cli.amounts import (
    COUNT,
    percent,
    price_asked,
    price_options,
    ranged,
    site_options,
)
from core.cli.common import emit, json_option, rows, say, workspace_option
from core.cost import measured
from core.cost.calibrate import HERE, Machine
from core.cost.document import training_document
from core.cost.energy import checked_site
from core.cost.goodput import USUAL, Stops
from core.cost.hardware import DEFAULT_GPU, Gpu
from core.cost.hardware import gpu as find_gpu
from core.cost.layout import ANY, Wanted, network, parallel
from core.cost.memory import OPTIMIZERS
from core.cost.subject import shape_for
from core.cost.training import METHODS, TrainingEstimate, estimate_training
from core.errors import BadInput
from core.text.format import duration, number, size, usd
from core.units import SECONDS_PER_HOUR
from core.workspace import Workspace

CHECKPOINTING = ("none", "full")


@click.command()
@click.option("--model", required=True, help="Catalogue name, size like 7B, run, or config.json.")
@click.option("--tokens", type=COUNT, required=True, help="Tokens trained on, every epoch counted.")
@click.option(
    "--gpu",
    default=DEFAULT_GPU,
    show_default=True,
    help=f"Name of the GPU, or {HERE} once it was calibrated.",
)
@click.option("--gpus", type=COUNT, default=1, show_default=True, help="How many.")
@click.option("--method", type=click.Choice(METHODS), default="full", show_default=True)
@click.option("--sequence-length", type=COUNT, help="Tokens of a sequence.")
@click.option("--target-length", type=COUNT, help="Tokens of a target, of an encoder-decoder.")
@click.option("--batch-per-gpu", type=COUNT, help="Sequences of each GPU in one step.")
@click.option(
    "--parallel",
    "layout",
    help="Layout, such as tp=8,pp=4,zero=1; the fastest that fits where none is given.",
)
@click.option(
    "--checkpointing",
    type=click.Choice(CHECKPOINTING),
    help="Activations kept (none) or computed again (full); the faster where not given.",
)
@click.option(
    "--optimizer",
    type=click.Choice([row.name for row in OPTIMIZERS]),
    default="adamw",
    show_default=True,
)
@click.option(
    "--interconnect",
    default="infiniband",
    show_default=True,
    help="Between machines: nvlink, infiniband, ethernet, or Gbit/s of one GPU.",
)
@price_options
@click.option("--storage-usd", type=float, default=0.0, help="Storage, for the whole job.")
@click.option("--egress-usd", type=float, default=0.0, help="Traffic out, for the whole job.")
@click.option(
    "--checkpoint-every-hours",
    type=float,
    help="Between checkpoints; the interval that loses least where not given.",
)
@click.option(
    "--checkpoint-seconds", type=float, help="Training stands still while one is written."
)
@click.option(
    "--evaluation-share",
    type=float,
    default=USUAL.evaluation_share,
    show_default=True,
    help="Of the training time, on top.",
)
@click.option(
    "--restart-hours",
    type=float,
    default=USUAL.restart_hours,
    show_default=True,
    help="From a failure until it trains again.",
)
@click.option("--failures-per-gpu-hour", type=float, help="As in public logs where not given.")
@click.option(
    "--spot-interruptions-per-day",
    type=float,
    default=USUAL.spot_per_machine_day,
    show_default="one a week",
    help="Of each machine, with --pricing spot.",
)
@site_options
@workspace_option
@json_option
def train(
    model: str,
    tokens: int,
    gpu: str,
    gpus: int,
    method: str,
    sequence_length: int | None,
    target_length: int | None,
    batch_per_gpu: int | None,
    layout: str | None,
    checkpointing: str | None,
    optimizer: str,
    interconnect: str,
    provider: str | None,
    pricing: str,
    reserved_discount: float | None,
    usd_per_gpu_hour: float | None,
    price_rows: tuple[str, ...],
    storage_usd: float,
    egress_usd: float,
    checkpoint_every_hours: float | None,
    checkpoint_seconds: float | None,
    evaluation_share: float,
    restart_hours: float,
    failures_per_gpu_hour: float | None,
    spot_interruptions_per_day: float,
    pue: float,
    grid_kg_per_kwh: float,
    workspace: Workspace,
    as_json: bool,
) -> None:  # fmt: skip
    """What training takes: hours, dollars, memory, energy."""
    machine = calibration.here(workspace)
    card = _card(gpu, machine)
    estimate = estimate_training(
        shape_for(workspace, model),
        tokens,
        card,
        gpus,
        next(known for known in METHODS if known == method),
        sequence_length,
        batch_per_gpu,
        target_length=target_length,
        wanted=_wanted(layout, checkpointing, optimizer, interconnect, card),
        stops=Stops(
            checkpoint_every_hours, checkpoint_seconds, evaluation_share, restart_hours,
            failures_per_gpu_hour, spot_interruptions_per_day,
        ),
        spot=pricing == "spot",
        price=price_asked(card, provider, pricing, reserved_discount, usd_per_gpu_hour, price_rows),
        storage_usd=storage_usd,
        egress_usd=egress_usd,
        site=checked_site(pue, grid_kg_per_kwh),
        machine=machine if machine and machine.card.name == card.name else None,
    )  # fmt: skip
    found = training_document(model, estimate)
    emit(found, as_json, _text(found, estimate))


def _card(gpu: str, machine: Machine | None) -> Gpu:
    if gpu != HERE:
        return find_gpu(gpu)
    if machine is None:
        raise BadInput(f"gpu: {HERE} was not measured yet; run `assay cost calibrate` first.")
    return machine.card


def _wanted(
    layout: str | None, checkpointing: str | None, optimizer: str, interconnect: str, card: Gpu
) -> Wanted:
    return replace(
        parallel(layout) if layout else ANY,
        recompute=None if checkpointing is None else checkpointing == "full",
        optimizer=optimizer,
        network_bytes_per_second=network(interconnect, card),
    )


def _hours(hours: float) -> str:
    return duration(hours * SECONDS_PER_HOUR)


def _text(found: dict[str, Any], estimate: TrainingEstimate) -> str:
    parts = found["parallel"]
    layout = ", ".join(f"{name}={parts[name]}" for name in ("tp", "pp", "dp", "zero"))
    lines: list[tuple[object, ...]] = [
        ("cost", ranged(estimate.usd, usd) if estimate.usd else "not known: no price on file"),
        ("time", ranged(estimate.hours, _hours)),
        *((f"  {part.replace('_', '-')}", f"≈ {_hours(taken)}")
          for part, taken in estimate.time.parts().items() if taken > 0),
        ("GPU-hours", ranged(estimate.gpu_hours)),
        ("tokens a second, each GPU", ranged(estimate.rate)),
        ("of the peak", f"≈ {percent(estimate.mfu)}"),
        ("goodput", f"≈ {percent(estimate.goodput.value)} of the time trains"),
        ("GPU memory", f"{ranged(estimate.memory_bytes, size)}, {_FITS[estimate.fit]}"),
        *((f"  {part}", f"≈ {size(taken)}") for part, taken in estimate.memory.parts().items()),
        ("host memory", f"≈ {size(estimate.host_memory_bytes)}"),
        ("layout", f"{layout}, checkpointing {found['checkpointing']}"),
        ("energy", f"{ranged(estimate.energy_kwh)} kWh, {ranged(estimate.co2_kg)} kg CO2e"),
    ]  # fmt: skip
    advice = [f"Does not fit. {found['advice']}"] if estimate.advice else []
    meaning = f"Ranges: {found['interval']['meaning']} of the kind {found['interval']['kind']!r}."
    return "\n".join([rows(("", ""), lines).strip(), *advice, meaning, *found["assumptions"]])


_FITS = {"fits": "fits", "tight": "fits, but only just", "no": "does not fit"}


@click.command()
@click.option("--run", "name", help="A finished run; without one, a probe of about a minute.")
@workspace_option
@json_option
def calibrate(name: str | None, workspace: Workspace, as_json: bool) -> None:
    """Set measured beside predicted on this machine, which narrows the ranges.

    Takes the steps of a finished run, or trains some steps of a few models made up on the spot.
    Later estimates for this machine (`assay cost train --gpu this-machine`) use what was found.
    """
    if name is None:
        say("Training some steps of a few models made up on the spot; up to two minutes.")
    machine = (
        calibration.by_probe(workspace) if name is None else calibration.by_run(workspace, name)
    )
    found = measured.document(machine)
    emit(found, as_json, _calibration_text(found))


def _calibration_text(found: dict[str, Any]) -> str:
    jobs = rows(
        ("job", "method", "measured tokens/s", "predicted", "measured ÷ predicted"),
        [(row["source"], row["method"], number(row["measured_tokens_per_second"]),
          number(row["predicted_tokens_per_second"]), number(row["ratio"]))
         for row in found["measurements"]],
    )  # fmt: skip
    kinds = rows(
        ("kind", "a step", "n", "range before", "range after", "width left"),
        [(row["kind"], row["regime"], row["n"], _ends(row["range_before"]),
          _ends(row["range_after"]), percent(row["width_after_over_before"]))
         for row in found["kinds"]],
    )  # fmt: skip
    head = f"{found['machine']}, {found['date']}"
    return "\n".join([head, jobs, "Measured ÷ predicted speed, 90 % of jobs:", kinds])


def _ends(found: dict[str, float]) -> str:
    return f"{number(found['p5'])} to {number(found['p95'])}"
