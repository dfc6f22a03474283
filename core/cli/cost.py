"""`assay cost`: price training and serving, and show how wrong that may be."""

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from core.cli.amounts import COUNT, percent, ranged, stated_or_published
from core.cli.common import emit, json_option, rows, say, workspace_option
from core.cli.cost_serve import serve
from core.cost import backtest as published
from core.cost import document
from core.cost import published as facts
from core.cost.energy import DEFAULT_GRID_KG_PER_KWH, DEFAULT_PUE, Site
from core.cost.fits import out_of_memory
from core.cost.hardware import DEFAULT_GPU
from core.cost.judged import Flag, flags, judge
from core.cost.prices import PRICINGS
from core.cost.subject import shape_for
from core.cost.training import METHODS, TrainingEstimate, estimate_training
from core.errors import BadInput
from core.text.format import duration, size, usd
from core.text.literal import printable
from core.units import SECONDS_PER_HOUR
from core.workspace import Workspace


@click.group()
def cost() -> None:
    """Price training and serving on A100s."""


cost.add_command(serve)


@cost.command()
@click.option("--model", required=True, help="Catalogue name, size like 7B, run, or config.json.")
@click.option("--tokens", type=COUNT, required=True, help="Tokens trained on, every epoch counted.")
@click.option("--gpu", default=DEFAULT_GPU, show_default=True, help="Name of the GPU.")
@click.option("--gpus", type=COUNT, default=1, show_default=True, help="How many.")
@click.option("--method", type=click.Choice(METHODS), default="full", show_default=True)
@click.option("--sequence-length", type=COUNT, help="Tokens of a sequence.")
@click.option("--batch-per-gpu", type=COUNT, help="Sequences of each GPU in one step.")
@click.option("--provider", help="Whose price, such as AWS; the median of all where none is given.")
@click.option("--pricing", type=click.Choice(PRICINGS), default="on-demand", show_default=True)
@click.option("--usd-per-gpu-hour", type=float, help="Your own price.")
@click.option(
    "--pue",
    type=float,
    default=DEFAULT_PUE,
    show_default=True,
    help="Power usage effectiveness of the data centre.",
)
@click.option(
    "--grid-kg-per-kwh",
    type=float,
    default=DEFAULT_GRID_KG_PER_KWH,
    show_default=True,
    help="CO2 of the electricity.",
)
@workspace_option
@json_option
def train(
    model: str,
    tokens: int,
    gpu: str,
    gpus: int,
    method: str,
    sequence_length: int | None,
    batch_per_gpu: int | None,
    provider: str | None,
    pricing: str,
    usd_per_gpu_hour: float | None,
    pue: float,
    grid_kg_per_kwh: float,
    workspace: Workspace,
    as_json: bool,
) -> None:
    """What training takes: hours, dollars, memory, energy."""
    if not 1 <= pue <= 5 or not 0 <= grid_kg_per_kwh <= 5:
        raise BadInput(
            f"A PUE of {pue:g} with {grid_kg_per_kwh:g} kg per kWh cannot be; give a PUE of 1 to 5 "
            "and 0 to 5 kg."
        )
    estimate = estimate_training(
        shape_for(workspace, model),
        tokens,
        gpu,
        gpus,
        next(known for known in METHODS if known == method),
        sequence_length,
        batch_per_gpu,
        price=stated_or_published(gpu, provider, pricing, usd_per_gpu_hour),
        site=Site(pue, grid_kg_per_kwh),
    )
    found = document.training_document(model, estimate)
    emit(found, as_json, _training_text(found, estimate))


def _hours(hours: float) -> str:
    return duration(hours * SECONDS_PER_HOUR)


def _training_text(found: dict[str, Any], estimate: TrainingEstimate) -> str:
    lines: list[tuple[object, ...]] = [
        ("cost", ranged(estimate.usd, usd)),
        ("time", ranged(estimate.hours, _hours)),
        ("GPU memory", f"{ranged(estimate.memory_bytes, size)}, {_FITS[estimate.fit]}"),
        *((f"  {part}", f"≈ {size(taken)}") for part, taken in estimate.memory.parts().items()),
        ("host memory", f"≈ {size(estimate.host_memory_bytes)}"),
        ("energy", f"{ranged(estimate.energy_kwh)} kWh, {ranged(estimate.co2_kg)} kg CO2e"),
        ("of the peak", f"≈ {percent(estimate.mfu)}"),
    ]
    advice = [f"Does not fit. {found['advice']}"] if estimate.advice else []
    meaning = f"Ranges: {found['interval']['meaning']} of the kind {found['interval']['kind']!r}."
    return "\n".join([rows(("", ""), lines).strip(), *advice, meaning, *found["assumptions"]])


_FITS = {"fits": "fits", "tight": "fits, but only just", "no": "does not fit"}


@cost.command()
@click.option(
    "--file",
    "source",
    type=click.Path(path_type=Path),
    help="Runs of your own, with the columns of assets/facts; default: the published ones.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write every run beside its estimate.")
@json_option
def backtest(source: Path | None, out: Path | None, as_json: bool) -> None:
    """Estimates beside measurements, with the error.

    The published runs are judged by constants fitted without their family of models, another file
    by the constants in use. --out writes the rows of either with what is estimated for each.
    """
    if source is None:
        runs = [*facts.rows("training_runs"), *facts.rows("inference_runs")]
        found = [check for kind in published.KINDS for check in published.checks(kind.name)]
    else:
        runs = list(facts.read(source))
        found = list(published.check_file(source))
    scores = [document.score_document(row) for row in published.scores(found)]
    if out is not None:
        _write(out, [judge(row) for row in runs])
        say(f"Wrote {len(runs):,} rows to {out}.")
    flagged = flags(runs)
    worst = [document.check_document(check) for check in published.worst(found, runs)]
    emit(
        {
            "kinds": scores,
            "out_of_memory": out_of_memory(runs),
            "worst": worst,
            "flagged": [asdict(flag) for flag in flagged],
            "runs": [document.check_document(check) for check in found],
        },
        as_json,
        _backtest_text(scores, out_of_memory(runs), worst, flagged),
    )


def _backtest_text(
    scores: list[dict[str, Any]], memory: dict[str, int], worst: list[dict[str, Any]],
    flagged: list[Flag],
) -> str:  # fmt: skip
    kinds = rows(
        ("kind", "runs", "median error", "90 % within", "signed", "inside the 90 % range",
         "measured ÷ estimated", "with its source left out"),
        [
            (
                row["kind"], row["n"], percent(row["median_abs_error"]),
                percent(row["p90_abs_error"]), percent(row["median_signed_error"]),
                "too few runs" if row["coverage_90"] is None else percent(row["coverage_90"]),
                f"{row['low_factor']:.2f} to {row['high_factor']:.2f}",
                f"{percent(row['elsewhere_median_abs_error'])}, "
                f"{percent(row['elsewhere_p90_abs_error'])}",
            )
            for row in scores
        ],
    )  # fmt: skip
    lines = [
        kinds,
        f"Out of memory: {memory['failed_runs_called']} of {memory['failed_runs']} called, "
        f"{memory['other_runs_called']} of {memory['other_runs']} that fitted called wrongly.",
        rows(
            ("worst", "kind", "model", "estimated ÷ measured", "why"),
            [(row["name"], row["kind"], printable(row["model"]), f"{row['error'] + 1:.2f}",
              row["reason"]) for row in worst],
        ),
        *(f"{printable(flag.name)} breaks physics: {flag.reason}." for flag in flagged),
    ]  # fmt: skip
    return "\n".join(lines)


def _write(path: Path, found: list[dict[str, Any]]) -> None:
    """Write rows with the cells they came with, and their estimates; None is an empty cell."""
    names = list(dict.fromkeys(name for row in found for name in row))
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, names, lineterminator="\n")
            table.writeheader()
            table.writerows({**row, "fits": _word(row["fits"])} for row in found)
    except OSError as error:
        raise BadInput(f"{str(path)!r} cannot be written ({error.strerror}).") from None


def _word(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()
