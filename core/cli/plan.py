"""`assay plan`: rank the options of a scenario, or write an example of one."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.errors import BadInput
from core.workspace import Workspace

SAMPLE = "translation-desk"


def drawing_options(command: Callable[..., None]) -> Callable[..., None]:
    """Options that say which futures are drawn, and at which prices."""
    for option in (
        click.option("--draws", type=int, show_default="100,000", help="Futures that are drawn."),
        click.option("--seed", default=0, show_default=True, help="Of the random numbers."),
        click.option(
            "--as-of",
            help="Prices of a day (2026-08-05); or `then`, those of the kept plan; or `now`: with "
            "both, what differs between the kept plan and one of now is listed.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("file", metavar="FILE.toml", type=click.Path(path_type=Path))
@click.option("--init", "init", is_flag=True, help="Write a commented example to FILE.toml.")
@click.option("--sample", default=SAMPLE, show_default=True, help="Which example --init writes.")
@drawing_options
@workspace_option
@json_option
def plan(
    file: Path, init: bool, sample: str, draws: int | None, seed: int, as_of: str | None,
    workspace: Workspace, as_json: bool,
) -> None:  # fmt: skip
    """Rank the options of a scenario: cash, break-even, runway, and what would change it."""
    if init:
        write_sample(file, sample)
        emit({"file": str(file), "sample": sample}, as_json,
             f"{file} holds the example {sample}. Change it, then: assay plan {file}")  # fmt: skip
        return
    result = ranked(workspace, file, draws=draws, seed=seed, as_of=as_of)
    emit(result, as_json, text(result))


def ranked(
    workspace: Workspace, file: Path, *, draws: int | None, seed: int, as_of: str | None
) -> dict[str, Any]:
    """The document of a scenario's file, as the options of the command ask for it.

    Raises:
        NotFound, BadInput: As `core.strategy.store.rank`; an option is not what it must be.
    """
    from core.strategy.plan import DRAWS
    from core.strategy.store import rank

    if seed < 0:
        raise BadInput(f"--seed is {seed}: expected a whole number of at least 0.")
    again: Any = as_of if as_of in ("then", "now") else None
    day = _day(as_of) if as_of and again is None else None
    futures = DRAWS if draws is None else draws
    return rank(workspace, file, as_of=day, again=again, seed=seed, draws=futures)


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise BadInput(
            f"--as-of is {word!r}: expected a day such as 2026-08-05, or then, or now."
        ) from None


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
    lines = [result["title"], "", result["summary"]["en"], "", rows(*_ranking(result))]
    for title, key in (("Why:", "reasons"), ("What would change it:", "flips"),
                       ("Beware:", "warnings")):  # fmt: skip
        if result[key]:
            lines += ["", title, *(f"- {row['text']}" for row in result[key])]
    lines += ["", "Break-even, requests a day:", *_break_even(result)]
    if result.get("differences"):
        lines += ["", "Since the kept plan:", *map(_difference, result["differences"])]
    dates = sorted({row["date"] for row in result["prices"] if row["date"]})
    if dates:
        lines += ["", f"{result['draws']:,} futures, seed {result['seed']}; prices of {dates[0]} "
                  f"to {dates[-1]}, each with its source in --json."]  # fmt: skip
    return "\n".join(lines)


def _ranking(result: dict[str, Any]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    from core.strategy.figures import percent, plain
    from core.text.format import usd

    header = ("option", "best in", "a month, US$", "90 % of futures", "quality", "runway, months")
    table: list[tuple[object, ...]] = []
    for row in result["ranking"]:
        month = row["cost_month_usd"]
        chosen = row["option"] == result["recommended_option"]
        table.append((
            ("→ " if chosen else "  ") + row["option"],
            percent(row["probability_best"]),
            usd(month["p50"]),
            "" if month["p5"] is None else span(month["p5"], month["p95"]),
            "not known" if row["quality"] is None
            else f"{plain(row['quality'])} {row['quality_kind']}",
            _runway(row, result["horizon_months"]) if row["feasible"] else "cannot serve",
        ))  # fmt: skip
    return header, table


def _runway(row: dict[str, Any], horizon: int) -> str:
    p5, p50, p95 = (
        f"over {horizon}" if row["runway_months"][end] is None
        else f"{row['runway_months'][end]:.0f}"
        for end in ("p5", "p50", "p95")
    )  # fmt: skip
    return p50 if p5 == p95 else f"{p50} ({p5} to {p95})"


def _break_even(result: dict[str, Any]) -> list[str]:
    from core.strategy.figures import requests

    said = []
    for pair in result["break_even"]:
        at = pair["requests_per_day"]
        where = "never" if at is None else "any volume" if at == 0 else requests(at, "en")
        said.append(f"- {pair['b']} costs no more to run than {pair['a']} from: {where}")
    return said


def _difference(row: dict[str, Any]) -> str:
    of = f" of {row['option']}" if row["option"] else ""
    then, now = ("none" if value is None else value for value in (row["then"], row["now"]))
    return f"- {row['what']}{of}: {then} then, {now} now"


def span(low: float | None, high: float | None) -> str:
    """The range of an estimate; empty where nothing is estimated."""
    from core.text.format import usd

    return "" if usd(low) == usd(high) else f"{usd(low)} to {usd(high)}"
