"""`assay runs`: finished fine-tunes; what each came from, how good it is, how two differ."""

from typing import Any

import click

from core.cli import run_curves
from core.cli.common import emit, json_option, rows, workspace_option
from core.errors import BadInput
from core.evaluate import notation
from core.text import format
from core.train.again import differences, request_of
from core.train.request import command_of
from core.train.runs import Run, list_runs, open_run
from core.workspace import Workspace


@click.group()
def runs() -> None:
    """List, show and compare fine-tunes."""


@runs.command("list")
@click.option("--dataset", metavar="D", help="Only those on this dataset.")
@workspace_option
@json_option
def list_(dataset: str | None, workspace: Workspace, as_json: bool) -> None:
    """List the runs, newest first."""
    found = list_runs(workspace, dataset)
    header = ("run", "state", "base", "dataset", "method", "metric", "base score", "tuned score",
              "took", "begun")  # fmt: skip
    lines: list[tuple[object, ...]] = [
        (
            r.run,
            r.state,
            r.base,
            f"{r.dataset}@{r.data_version}",
            r.method,
            *_headline(r),
            format.duration(r.train_seconds) if r.train_seconds else "",
            r.created_at[:16],
        )
        for r in found
    ]
    document = {"runs": [_listed(r) for r in found]}
    none = "There is no run yet; `assay train D` makes one."
    emit(document, as_json, rows(header, lines) if found else none)


def _listed(run: Run) -> dict[str, Any]:
    row = run.to_json()
    for name in ("environment", "config", "files", "training", "comparison"):
        del row[name]
    return row


def _headline(run: Run) -> tuple[str, str, str]:
    if not run.scores:
        return ("", "", "")
    tuned = run.scores[0]
    base = next((s for s in run.base_scores if s["metric"] == tuned["metric"]), None)
    title = notation.title(tuned["metric"])
    return (title, _score(base) if base else "", _score(tuned))


def _score(score: dict[str, Any]) -> str:
    value = notation.number(score["value"], score["unit"])
    return f"{value} ({notation.interval(score['low'], score['high'], score['unit'])})"


@runs.command()
@click.argument("run", metavar="R")
@click.option("--command", is_flag=True, help="Only the command line that makes the same run.")
@workspace_option
@json_option
def show(run: str, command: bool, workspace: Workspace, as_json: bool) -> None:
    """Show a run: how it was made, what it scores, what it took."""
    made = open_run(workspace, run)
    if command:
        line = command_of(request_of(made))
        emit({"run": run, "command": line}, as_json, line)
        return
    emit(made.to_json(), as_json, describe(made))


def describe(run: Run) -> str:
    """A run in lines for people."""
    lines = [
        f"{run.run}: {run.state}; {run.base} on {run.dataset}@{run.data_version}, "
        f"{run.method}, preset {run.preset}",
    ]
    if run.error:
        lines.append(run.error)
    if run.steps is not None:
        lines.append(
            f"{run.steps:,} steps in {format.duration(run.train_seconds)}, "
            f"{format.count(run.tokens_per_second)} tokens per second, "
            f"peak memory {format.size(run.peak_memory_bytes)}, "
            f"{format.count(run.parameters)} parameters"
        )
    lines += _survived(run)
    if run.scores:
        lines += ["", rows(("metric", "base", "tuned", "difference", "p"), _scored(run))]
    if run.general:
        lines += ["", f"general ability, on {run.general['dataset']}:"]
        lines.append(rows(("metric", "base", "tuned"), _forgotten(run.general)))
    return "\n".join(lines)


def _survived(run: Run) -> list[str]:
    """What went wrong on the way, and how it went on."""
    lines = []
    if run.attempts > 1:
        step = run.training.get("resumed_step")
        since = "" if step is None else f", the last one from the checkpoint of step {step:,}"
        lines.append(f"{run.attempts} attempts{since}")
    if run.training.get("parts", 1) > 1:
        lines.append("memory ran out once: each batch was computed in two halves from then on")
    for step in run.training.get("refused_steps", []):
        lines.append(f"the checkpoint of step {step:,} was damaged and not used")
    return lines


def _scored(run: Run) -> list[tuple[object, ...]]:
    base = {row["metric"]: row for row in run.base_scores}
    change = {row["metric"]: row for row in run.comparison.get("metrics", [])}
    lines: list[tuple[object, ...]] = []
    for tuned in run.scores:
        name, unit = tuned["metric"], tuned["unit"]
        before, row = base.get(name), change.get(name)
        difference = p = ""
        if row:
            low_high = notation.interval(row["low"], row["high"], unit, sign=True)
            difference = f"{notation.change(row['difference'], unit)} ({low_high})"
            p = notation.p_value(row["p_value"])
        was = _score(before) if before else ""
        lines.append((notation.title(name), was, _score(tuned), difference, p))
    return lines


def _forgotten(general: dict[str, Any]) -> list[tuple[object, ...]]:
    base = {row["metric"]: row for row in general["base_scores"]}
    return [
        (notation.title(row["metric"]), _score(base[row["metric"]]), _score(row))
        for row in general["tuned_scores"]
        if row["metric"] in base
    ]


@runs.command()
@click.argument("names", metavar="R R...", nargs=-1, required=True)
@workspace_option
@json_option
def diff(names: tuple[str, ...], workspace: Workspace, as_json: bool) -> None:
    """Show in which settings, data and versions two or more runs differ."""
    if len(names) < 2:
        raise BadInput("One run differs from nothing: name two or more.")
    made = [open_run(workspace, name) for name in names]
    found = differences(made)
    titles = tuple(run.run for run in made)
    same = f"{' and '.join(titles)} were made in the same way."
    lines: list[tuple[object, ...]] = [(k, *map(_short, values)) for k, values in found.items()]
    text = rows(("setting", *titles), lines) if lines else same
    emit(_differences(titles, found), as_json, text)


def _differences(titles: tuple[str, ...], found: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    """Two runs are called a and b, as in a comparison; more are a list."""
    if len(titles) == 2:
        listed = [{"name": name, "a": a, "b": b} for name, (a, b) in found.items()]
        return {"a": titles[0], "b": titles[1], "differences": listed}
    listed = [{"name": name, "values": list(values)} for name, values in found.items()]
    return {"runs": list(titles), "differences": listed}


def _short(value: object) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"


for command in run_curves.COMMANDS:
    runs.add_command(command)
