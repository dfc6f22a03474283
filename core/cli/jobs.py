"""`assay jobs`: work under way and work that ended."""

from dataclasses import asdict
from typing import Any

import click

from core import run as core_run
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
    """List, show, pause, resume, cancel and clone work; read its log."""


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
        (job.id, job.kind, _state(workspace, job), _share(job), format.duration(_seconds(job)),
         _words(job))
        for job in found
    ]  # fmt: skip
    document = {"jobs": [_document(workspace, job) for job in found]}
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
    emit(_document(workspace, found), as_json, _text(workspace, found))


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
    found = core_run.cancel(workspace, job)
    words = "is asked to stop" if found.active else f"is {found.state}"
    emit(_document(workspace, found), as_json, f"{job} {words}.")


@jobs.command()
@click.argument("job", metavar="J")
@workspace_option
@json_option
def pause(job: str, workspace: Workspace, as_json: bool) -> None:
    """Ask a training to write a checkpoint and leave its place to the next job."""
    found = runner.pause(workspace, job)
    words = "is asked to pause" if found.active else f"is {found.state}"
    emit(_document(workspace, found), as_json, f"{job} {words}; `assay jobs resume {job}` goes on.")


@jobs.command()
@click.argument("job", metavar="J")
@workspace_option
@json_option
def resume(job: str, workspace: Workspace, as_json: bool) -> None:
    """Go on with a paused, lost or failed job from its last checkpoint."""
    found = runner.resume(workspace, job)
    text = f"{job} is {found.state}, attempt {found.attempt}."
    emit(_document(workspace, found), as_json, text)


@jobs.command()
@click.argument("job", metavar="J")
@workspace_option
@json_option
def clone(job: str, workspace: Workspace, as_json: bool) -> None:
    """Start the same work anew; a training gets a run name of its own."""
    made, run, new = core_run.clone(workspace, job)
    what = f"{run} ({made.id})" if run else made.id
    words = f"{what} is {made.state}, as {job} was asked for."
    if not new:
        words = f"The same work is under way as {what}."
    emit({"job": made.id, "run": run, "new": new}, as_json, words)


def _document(workspace: Workspace, job: Job) -> dict[str, Any]:
    silent = runner.silent_seconds(workspace, job)
    return {
        **asdict(job), "seconds": _seconds(job),
        "silent_seconds": None if silent is None else round(silent, 1),
    }  # fmt: skip


def _seconds(job: Job) -> float | None:
    """How long it computed, all attempts together; None = it has not begun."""
    return None if job.started_at is None else round(job.ran_seconds, 1)


def _state(workspace: Workspace, job: Job) -> str:
    if runner.silent_seconds(workspace, job) is not None:
        return "not responding"
    return job.state if job.reason in (None, "asked") else f"{job.state} ({job.reason})"


def _share(job: Job) -> str:
    return "" if job.progress is None else f"{job.progress:.0%}"


def _words(job: Job) -> str:
    """What it does, or why it stopped."""
    if job.error:
        return printable(job.error)
    return t(job.message, **job.values) if job.message and job.active else ""


def _text(workspace: Workspace, job: Job) -> str:
    lines = [f"{job.id}: {job.kind}, {_state(workspace, job)} {_share(job)}".rstrip()]
    if job.attempt > 1:
        lines.append(f"attempt {job.attempt}")
    seconds = _seconds(job)
    if seconds is not None:
        lines.append(f"took {format.duration(seconds)}")
    if _words(job):
        lines.append(_words(job))
    lines += [f"{name}: {printable(str(value))}" for name, value in job.request.items()]
    if job.result:
        lines += [f"→ {name}: {printable(str(value))}" for name, value in job.result.items()]
    return "\n".join(lines)
