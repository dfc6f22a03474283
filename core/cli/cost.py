"""`assay cost`: price training and serving, and show how wrong that may be."""

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from core.cli.amounts import percent
from core.cli.common import emit, json_option, rows, say
from core.cli.cost_serve import serve
from core.cli.cost_train import calibrate, train
from core.cost import backtest as published
from core.cost import document
from core.cost import published as facts
from core.cost.fits import out_of_memory
from core.cost.judged import Flag, flags, judge
from core.cost.scores import scores
from core.errors import BadInput
from core.text.literal import printable


@click.group()
def cost() -> None:
    """Price training and serving on A100s."""


cost.add_command(train)
cost.add_command(serve)
cost.add_command(calibrate)


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
    kinds = [document.score_document(row) for row in scores(found)]
    if out is not None:
        _write(out, [judge(row) for row in runs])
        say(f"Wrote {len(runs):,} rows to {out}.")
    flagged = flags(runs)
    worst = [document.check_document(check) for check in published.worst(found, runs)]
    emit(
        {
            "kinds": kinds,
            "out_of_memory": out_of_memory(runs),
            "worst": worst,
            "flagged": [asdict(flag) for flag in flagged],
            "runs": [document.check_document(check) for check in found],
        },
        as_json,
        _backtest_text(kinds, out_of_memory(runs), worst, flagged),
    )


def _backtest_text(
    kinds: list[dict[str, Any]], memory: dict[str, int], worst: list[dict[str, Any]],
    flagged: list[Flag],
) -> str:  # fmt: skip
    errors = rows(
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
            for row in kinds
        ],
    )  # fmt: skip
    lines = [
        errors,
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
