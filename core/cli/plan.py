"""`assay plan`: rank the options of a scenario, or write an example of one."""

from pathlib import Path
from typing import Any

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.errors import BadInput
from core.workspace import Workspace

SAMPLE = "translation-desk"


@click.command()
@click.argument("file", metavar="FILE.toml", type=click.Path(path_type=Path))
@click.option("--init", "init", is_flag=True, help="Write a commented example to FILE.toml.")
@click.option("--sample", default=SAMPLE, show_default=True, help="Which example --init writes.")
@workspace_option
@json_option
def plan(file: Path, init: bool, sample: str, workspace: Workspace, as_json: bool) -> None:
    """Rank the options of a scenario: cost, break-even, runway, and what would change it."""
    if init:
        write_sample(file, sample)
        emit({"file": str(file), "sample": sample}, as_json,
             f"{file} holds the example {sample}. Change it, then: assay plan {file}")  # fmt: skip
        return
    from core.strategy.store import rank

    result = rank(workspace, file)
    emit(result, as_json, text(result))


def write_sample(file: Path, sample: str) -> None:
    """Write an example; a file that is there is left alone.

    Raises:
        BadInput: The file is there already, cannot be written, or there is no such example.
    """
    from core.strategy.scenario import samples

    known = {path.stem: path for path in samples()}
    if sample not in known:
        raise BadInput(f"There is no example {sample!r}; known: {', '.join(known)}.")
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(known[sample].read_text(encoding="utf-8"))
    except FileExistsError:
        raise BadInput(f"{str(file)!r} is there already; name a new file.") from None
    except OSError as error:
        raise BadInput(f"{str(file)!r} cannot be written ({error.strerror}).") from None


def text(result: dict[str, Any]) -> str:
    """The result for a person."""
    from core.strategy.answer import answer
    from core.strategy.say import plain, requests
    from core.text.format import usd

    horizon = result["horizon_months"]
    lines = [result["title"], answer(result, "en").replace("**", ""), ""]
    header = ("option", "a month, US$", "range", "one-time", "quality", "runway")
    table: list[tuple[object, ...]] = []
    for row in result["options"]:
        known, months = row["quality"], row["runway_months"]
        table.append((
            ("→ " if row["name"] == result["recommended_option"] else "  ") + row["name"],
            usd(row["monthly_usd"]),
            span(row["monthly_usd_low"], row["monthly_usd_high"]),
            usd(row["one_time_usd"]),
            f"{plain(known['value'])} {known['kind']}" if known else "not known",
            (f"over {horizon} months" if months is None else f"{months:.0f} months")
            if row["feasible"] else "cannot serve",
        ))  # fmt: skip
    lines += [rows(header, table), "", *(f"- {row['text']}" for row in result["reasons"])]
    if result["flips"]:
        lines += ["", "What would change it:", *(f"- {row['text']}" for row in result["flips"])]
    lines += ["", "Break-even, requests a day:"]
    for pair in result["break_even"]:
        at = (
            "never"
            if pair["requests_per_day"] is None
            else requests(pair["requests_per_day"], "en")
        )
        lines.append(f"- {pair['b']} costs no more than {pair['a']} from: {at}")
    dates = sorted({row["date"] for row in result["prices"] if row["date"]})
    if dates:
        lines += ["", f"Prices of {dates[0]} to {dates[-1]}; each with its source in --json."]
    return "\n".join(lines)


def span(low: float | None, high: float | None) -> str:
    """The range of an estimate; empty where nothing is estimated."""
    from core.text.format import usd

    return "" if usd(low) == usd(high) else f"{usd(low)} to {usd(high)}"
