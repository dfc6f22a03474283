"""Curves of runs on the command line: how far, over each other, and what was forgotten."""

from dataclasses import asdict
from typing import Any

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.errors import BadInput
from core.evaluate import notation
from core.jobs.job import Event
from core.jobs.store import JobStore
from core.text import format
from core.train.curve import Curve, curve
from core.train.forgetting import forgetting as forgot
from core.train.overlay import AXES, LOSS, points
from core.train.progress import USD_PER_HOUR, WATTS, Assumptions, Progress
from core.train.progress import progress as progress_of
from core.train.runs import Run, list_runs, open_run
from core.workspace import Workspace


@click.command()
@click.argument("run", metavar="R")
@click.option("--watts", default=WATTS, show_default=True, type=click.FloatRange(0), metavar="W",
              help="Average draw of this machine, where it is not measured.")  # fmt: skip
@click.option("--usd-per-hour", default=USD_PER_HOUR, show_default=True, metavar="USD",
              type=click.FloatRange(0), help="Price of this machine.")  # fmt: skip
@workspace_option
@json_option
def progress(
    run: str, watts: float, usd_per_hour: float, workspace: Workspace, as_json: bool
) -> None:
    """How far a run is: loss, metric, rate, time left, memory, energy and dollars so far."""
    made = open_run(workspace, run)
    seen = curve(_events(workspace, made))
    found = progress_of(seen, Assumptions(watts, usd_per_hour))
    if found is None:
        empty = {"run": run, "state": made.state, "step": None}
        emit(empty, as_json, f"{run} ({made.state}) has told of no step yet.")
        return
    document = _document(workspace, made, seen, found)
    emit(document, as_json, _text(document, seen))


def _events(workspace: Workspace, run: Run) -> list[Event]:
    with JobStore(workspace) as store:
        return store.events(run.job)


def _document(workspace: Workspace, run: Run, seen: Curve, found: Progress) -> dict[str, Any]:
    now, left, spent = found.step, found.left, found.spent
    active = run.state == "running"
    last = seen.looks[-1] if seen.looks else None
    scores = [seen.scores(name)[-1][1] for name in seen.metrics]
    return {
        "run": run.run,
        "state": run.state,
        "total_steps": found.total_steps,
        **asdict(now),
        "validation_loss": last.loss if last else None,
        "validation_scores": scores,
        "left_seconds": round(left.seconds, 1) if left and active else None,
        "left_seconds_low": round(left.low, 1) if left and active else None,
        "left_seconds_high": round(left.high, 1) if left and active else None,
        "energy_wh": spent.energy_wh if spent else None,
        "energy_measured": spent.energy_measured if spent else None,
        "usd": spent.usd if spent else None,
        "a100": _a100(workspace, run, seen),
    }


def _a100(workspace: Workspace, run: Run, seen: Curve) -> dict[str, Any] | None:
    from core.train.equivalent import so_far  # numpy: not for every look at the list of runs

    estimate = so_far(workspace, run.base, seen, run.config)
    if estimate is None:
        return None
    ranges = (("hours", estimate.hours), ("usd", estimate.usd))
    return {f"{name}{end}": getattr(value, part) for name, value in ranges
            for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))}  # fmt: skip


def _text(row: dict[str, Any], seen: Curve) -> str:
    lines = [
        f"{row['run']} ({row['state']}): step {row['step']:,} of at most "
        f"{row['total_steps'] or row['step']:,}, training loss {seen.smoothed[-1][1]:.3f}"
    ]
    if row["validation_loss"] is not None:
        lines.append(f"validation loss {row['validation_loss']:.3f}")
    for score in row["validation_scores"]:
        value = notation.number(score["value"], score["unit"])
        around = notation.interval(score["low"], score["high"], score["unit"])
        lines.append(f"{notation.title(score['metric'])} {value} ({around}), "
                     f"n = {score['n']} validation rows")  # fmt: skip
    if row["left_seconds"] is not None:
        lines.append(f"left ≈ {_range(row, 'left_seconds', format.duration)}")
    lines.append(
        f"{format.count(row['tokens_per_second'])} tokens per second, memory "
        f"{format.size(row['memory_bytes'])}"
    )
    if row["usd"] is not None:
        sign = "" if row["energy_measured"] else "≈ "
        lines.append(f"so far {sign}{format.number(row['energy_wh'], 2)} Wh, "
                     f"≈ {format.usd(row['usd'])}")  # fmt: skip
    if row["a100"]:
        lines.append(f"on one A100 80 GB ≈ {_range(row['a100'], 'usd', format.usd)}")
    return "\n".join(lines)


def _range(row: dict[str, Any], name: str, say: Any) -> str:
    return f"{say(row[name])} ({say(row[f'{name}_low'])}–{say(row[f'{name}_high'])})"


@click.command()
@click.argument("names", metavar="R...", nargs=-1, required=True)
@click.option("--of", "what", default=LOSS, show_default=True, metavar="loss|METRIC",
              help="What was taken at each evaluation.")  # fmt: skip
@click.option("--by", default="step", show_default=True, type=click.Choice(list(AXES)),
              help="What it is set against.")  # fmt: skip
@workspace_option
@json_option
def curves(names: tuple[str, ...], what: str, by: str, workspace: Workspace, as_json: bool) -> None:
    """Validation loss or metric of runs, evaluation by evaluation."""
    seen = {name: curve(_events(workspace, open_run(workspace, name))) for name in names}
    known = dict.fromkeys([LOSS, *(metric for c in seen.values() for metric in c.metrics)])
    if what not in known:
        raise BadInput(f"--of {what!r} was not taken; these were: {', '.join(known)}.")
    found = {name: points(each, what, by) for name, each in seen.items()}
    listed = [{"run": name, "points": row} for name, row in found.items()]
    lines: list[tuple[object, ...]] = [
        (name, f"{x:,.6g}", f"{y:.4g}") for name, row in found.items() for x, y in row
    ]
    emit({"of": what, "by": by, "runs": listed}, as_json, rows(("run", by, what), lines))


@click.command()
@click.argument("run", metavar="R")
@workspace_option
@json_option
def forgetting(run: str, workspace: Workspace, as_json: bool) -> None:
    """What a run forgot, beside runs like it with another share of replay."""
    made = open_run(workspace, run)
    found = forgot(made, list_runs(workspace, made.dataset))
    lines: list[tuple[object, ...]] = [
        (row.name, "" if row.share is None else f"{row.share:.0%}",
         notation.number(row.score["value"], row.score["unit"]),
         notation.interval(row.score["low"], row.score["high"], row.score["unit"]))
        for row in found
    ]  # fmt: skip
    title = notation.title(found[0].score["metric"]) if found else ""
    none = f"{run} was not held against general examples; train with --general D."
    document = {"run": run, "rows": [asdict(row) for row in found]}
    table = rows(("model", "replay", title, "95 %"), lines)
    emit(document, as_json, table if found else none)


COMMANDS = (progress, curves, forgetting)
"""Added to `assay runs`."""
