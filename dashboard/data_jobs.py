"""Imports and cleaning of much data: they go on without the page, which shows how far they are."""

import shutil
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st

from core.data.collect import Files, Options, Source
from core.data.sources import Named
from core.jobs.job import Job
from core.jobs.store import JobStore
from core.run import CleanRequest, CollectRequest, start
from dashboard import state, ui

t = ui.t
KINDS = ("collect", "clean")
AT_ONCE_BYTES = 2_000_000
"""Files up to this size are imported while the page is drawn, in about a second; more by a job."""


def is_large(files: Files) -> bool:
    """Whether files are too large to be read while the reader waits."""
    return sum(path.stat().st_size for path in _paths(files)) > AT_ONCE_BYTES


def _paths(files: Files) -> list[Path]:
    named = [one for part in (files.main, files.validation, files.test) for one in part]
    return [part.path for one in named for part in (one.shards or (one,))]


def collect(name: str, options: Options, named: Named, handed_in: Path) -> None:
    """Import by a job; what lies in the folder `handed_in` is moved to where the job finds it."""
    folder, files = None, named.files
    if any(path.is_relative_to(handed_in) for path in _paths(files)):
        folder = state.workspace().uploads() / uuid.uuid4().hex
        folder.parent.mkdir(exist_ok=True)
        shutil.move(handed_in, folder)
        files = Files(*(
            tuple(_moved(one, handed_in, folder) for one in part)
            for part in (files.main, files.validation, files.test)
        ))  # fmt: skip
    request = CollectRequest(
        name, _plain(asdict(options)), _plain(asdict(files)), str(folder) if folder else None,
        named.source, named.notes,
    )  # fmt: skip
    begin(request)


def _moved(source: Source, old: Path, new: Path) -> Source:
    shards = tuple(_moved(shard, old, new) for shard in source.shards)
    return Source(new / source.path.relative_to(old), source.shown, shards)


def _plain(value: Any) -> Any:
    """A dataclass's fields as JSON has them: a path is a text, a tuple a list."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Path) else value


def begin(request: CollectRequest | CleanRequest) -> None:
    """Begin the job, and draw the page anew, which shows it."""
    job, _ = start(state.workspace(), request)
    state.keep("data-job", job.id)
    st.rerun()


def progress() -> None:
    """The job under way, or the one that was seen to fail; its dataset once it is there."""
    job = _newest()
    st.fragment(_progress, run_every=1 if job and job.active else None)()


def _newest() -> Job | None:
    with JobStore(state.workspace()) as store:
        found = [job for kind in KINDS for job in store.jobs(kind=kind, limit=1)]
    return max(found, key=lambda job: job.created_at, default=None)


def _progress() -> None:
    job = _newest()
    if job and job.active:
        state.keep("data-job", job.id)
    if job and job.state != "succeeded" and state.kept("data-job") == job.id:
        ui.job_card(job)
    if not state.ended("data", job) or job is None:
        return
    if job.result is None:
        st.rerun()
    if not job.result.get("changed", True):
        st.toast(t("clean.found_none", rows=f"{job.result['rows']:,}"))
        st.rerun()
    state.keep("gate-done", f"{job.result['name']}@{job.result['version']}")
    there = state.link({"dataset": job.result["name"]})
    st.switch_page(state.page("data"), query_params=there)
