"""What every command shares: the workspace, JSON out, progress on standard error."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from core import scheduled
from core.jobs import launch
from core.jobs.job import Job
from core.text.catalog import t
from core.workspace import Workspace

Command = TypeVar("Command", bound=Callable[..., Any])


class _WorkspaceType(click.ParamType[Workspace]):
    name = "directory"

    def convert(self, value: Any, param: Any, ctx: Any) -> Workspace:
        workspace = value if isinstance(value, Workspace) else Workspace.open(value)
        # Jobs that waited when the machine went down are started by the next look.
        if workspace.database_path.exists() and launch.wake(workspace):
            say("Jobs were waiting with nobody to start them; they are started now.")
        for job in scheduled.look(workspace):
            say(f"The schedule started {job}; `assay schedule --list` says why.")
        return workspace


def workspace_option(command: Command) -> Command:
    """Add `--workspace DIR`; the function gets a Workspace called `workspace`."""
    return click.option(
        "--workspace",
        type=_WorkspaceType(),
        default=lambda: Workspace.open(),
        show_default="$ASSAY_HOME, else ~/.assay",
        help="Folder where datasets, runs and jobs live.",
    )(command)


def json_option(command: Command) -> Command:
    """Add `--json`; the function gets a flag called `as_json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document, nothing else."
    )(command)


def emit(document: Any, as_json: bool, text: str) -> None:
    """Print the result on standard output: JSON if asked, else the text for people."""
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        click.echo(text)


def say(text: str) -> None:
    """Tell of progress on standard error."""
    click.echo(text, err=True)


def say_job(job: Job) -> None:
    """Tell what a job does now, on standard error."""
    share = "" if job.progress is None else f"{job.progress:4.0%} "
    words = t(job.message, **job.values) if job.message else job.state
    say(f"{job.id} {share}{words}")


def rows(header: tuple[str, ...], lines: list[tuple[object, ...]]) -> str:
    """A table of text with aligned columns."""
    cells = [tuple(str(cell) for cell in line) for line in [header, *lines]]
    widths = [max(len(line[i]) for line in cells) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
