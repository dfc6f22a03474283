"""`assay jobs`: work under way and work that ended."""

import time
from dataclasses import asdict
from typing import Any

import click

from core.cli.common import emit, json_option, rows, workspace_option
from core.jobs import runner
from core.jobs.job import Job
from core.jobs.log import LAST, read_log
from core.jobs.store import JobStore
from core.text import format
from core.text.catalog import t
from core.text.literal import printable
from core.workspace import Workspace


@click.group()
def jobs() -> None:
    """List, show and cancel work; read its log."""


@jobs.command("list")
@click.option("--active", is_flag=True, help="Only what is waiting or running.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), metavar="N",
              help="At most so many, newest first.")  # fmt: skip
@workspace_option
@json_option
def list_(active: bool, limit: int, workspace: Workspace, as_json: bool) -> None:
    """List the jobs, newest first."""
    runner.reconcile(workspace)
    with JobStore(workspace) as store:
        found = store.jobs(active=active, limit=limit)
    header = ("job", "kind", "state", "done", "took", "what")
    lines: list[tuple[object, ...]] = [
        (job.id, job.kind, job.state, _share(job), format.duration(_seconds(job)), _words(job))
        for job in found
    ]
    document = {"jobs": [_document(job) for job in found]}
    emit(document, as_json, rows(header, lines) if found else "There is no job yet.")


@jobs.command()
@click.argument("job", metavar="J")
@workspace_option
@json_option
def show(job: str, workspace: Workspace, as_json: bool) -> None:
    """Show a job: state, progress, request, result or error."""
    runner.reconcile(workspace)
    with JobStore(workspace) as store:
        found = store.get(job)
    emit(_document(found), as_json, _text(found))


@jobs.command()
@click.argument("job", metavar="J")
@click.option("--last", default=LAST, show_default=True, type=click.IntRange(1), metavar="N",
              help="Lines at most.")  # fmt: skip
@click.option("--grep", "words", default="", metavar="TEXT",
              help="Only lines that hold every word of it, in upper or lower case.")  # fmt: skip
@workspace_option
@json_option
def logs(job: str, last: int, words: str, workspace: Workspace, as_json: bool) -> None:
    """Print the last lines of a job's log."""
    found = read_log(workspace, job, last, words)
    emit({"job": job, **asdict(found)}, as_json, "\n".join(found.lines))


@jobs.command()
@click.argument("job", metavar="J")
@workspace_option
@json_option
def cancel(job: str, workspace: Workspace, as_json: bool) -> None:
    """Ask a job to stop at its next safe point."""
    found = runner.cancel(workspace, job)
    words = "is asked to stop" if found.active else f"is {found.state}"
    emit(_document(found), as_json, f"{job} {words}.")


def _document(job: Job) -> dict[str, Any]:
    return {**asdict(job), "seconds": _seconds(job)}


def _seconds(job: Job) -> float | None:
    """How long it ran, or has run so far."""
    if job.started_at is None:
        return None
    return round((job.ended_at or time.time()) - job.started_at, 1)


def _share(job: Job) -> str:
    return "" if job.progress is None else f"{job.progress:.0%}"


def _words(job: Job) -> str:
    """What it does, or why it stopped."""
    if job.error:
        return printable(job.error)
    return t(job.message, **job.values) if job.message and job.active else ""


def _text(job: Job) -> str:
    lines = [f"{job.id}: {job.kind}, {job.state} {_share(job)}".rstrip()]
    seconds = _seconds(job)
    if seconds is not None:
        lines.append(f"took {format.duration(seconds)}")
    if _words(job):
        lines.append(_words(job))
    lines += [f"{name}: {printable(str(value))}" for name, value in job.request.items()]
    if job.result:
        lines += [f"→ {name}: {printable(str(value))}" for name, value in job.result.items()]
    return "\n".join(lines)
