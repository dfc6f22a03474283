"""`assay runs`: finished fine-tunes; what each came from, how good it is, how two differ."""

from typing import Any

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.evaluate import notation
from core.text import format
from core.train.config import differences
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
    header = ("run", "state", "base", "dataset", "method", "metric", "base score", "tuned score")
    lines: list[tuple[object, ...]] = [
        (r.run, r.state, r.base, f"{r.dataset}@{r.data_version}", r.method, *_headline(r))
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
@workspace_option
@json_option
def show(run: str, workspace: Workspace, as_json: bool) -> None:
    """Show a run: how it was made, what it scores, what it took."""
    made = open_run(workspace, run)
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
@click.argument("a", metavar="R")
@click.argument("b", metavar="R")
@workspace_option
@json_option
def diff(a: str, b: str, workspace: Workspace, as_json: bool) -> None:
    """Show in which settings, data and versions two runs differ."""
    left, right = open_run(workspace, a), open_run(workspace, b)
    found = differences(_made_from(left), _made_from(right))
    document = {
        "a": left.run,
        "b": right.run,
        "differences": [{"name": k, "a": x, "b": y} for k, (x, y) in found.items()],
    }
    same = f"{left.run} and {right.run} were made in the same way."
    lines: list[tuple[object, ...]] = [(k, _short(x), _short(y)) for k, (x, y) in found.items()]
    emit(document, as_json, rows(("setting", left.run, right.run), lines) if lines else same)


def _made_from(run: Run) -> dict[str, Any]:
    """Everything that a run's outcome depends on, flat."""
    environment = run.environment
    versions = {f"version.{k}": v for k, v in environment.get("libraries", {}).items()}
    machine = {k: environment.get(k) for k in ("python", "machine", "system", "cpu_count")}
    data = {"dataset": run.dataset, "data_version": run.data_version}
    base = {"base": run.base, "base_hash": run.base_hash}
    return {**run.config, **base, **data, **versions, **machine}


def _short(value: object) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"
