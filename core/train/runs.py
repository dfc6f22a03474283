"""Runs: what each fine-tune was made from, how it went, how good it is.

runs/RUN/record.json     written when the run starts and when it ends, however it ends
runs/RUN/checkpoints/    until it has succeeded or was cancelled
runs/RUN/model/          safetensors, tokenizer, config; only of a run that succeeded
"""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from core import record
from core.errors import NotFound
from core.jobs import runner
from core.jobs.store import JobStore
from core.workspace import Workspace, newest_first, require


@dataclass(frozen=True)
class Run:
    """One fine-tune.

    Attributes:
        run: Its name.
        state: "running", "paused", "succeeded", "failed", "cancelled" or "lost".
        base: Name of the base model; base_hash: SHA-256 of its files, or the Hub's commit.
        method, preset, config, seed: How it was trained.
        task, dataset, data_version: What on.
        job: The job that did it.
        scores, base_scores: On the test split, after and before; empty = not scored.
        general: {dataset, base_scores, tuned_scores}: what was forgotten; None = not measured.
        evaluations: Names of evaluations: base, tuned, general_base, general_tuned; None = none.
        comparison: {n, metrics[]}, tuned against base on the same examples; {} = none.
        train_seconds, steps, tokens_per_second, peak_memory_bytes, parameters: Measured.
        training: Everything else the loop measured (`core.train.loop.TrainResult`).
        files: The model's files and their SHA-256.
        environment: Versions and machine.
        error: Why it failed, in a sentence.
        created_at, finished_at: UTC, ISO 8601.
        attempts: How often its job was started: once, and once more each time it was resumed.
    """

    run: str
    state: str
    base: str
    base_hash: str | None
    method: str
    preset: str
    task: str
    dataset: str
    data_version: str
    config: dict[str, Any]
    seed: int
    job: str
    created_at: str
    scores: list[dict[str, Any]] = field(default_factory=list)
    base_scores: list[dict[str, Any]] = field(default_factory=list)
    general: dict[str, Any] | None = None
    evaluations: dict[str, str | None] = field(default_factory=dict)
    comparison: dict[str, Any] = field(default_factory=dict)
    train_seconds: float | None = None
    steps: int | None = None
    tokens_per_second: float | None = None
    peak_memory_bytes: int | None = None
    parameters: int | None = None
    training: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    finished_at: str | None = None
    attempts: int = 1

    def score(self, metric: str) -> dict[str, Any] | None:
        """The tuned model's score of one metric; None if there is none."""
        return next((row for row in self.scores if row["metric"] == metric), None)

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def write_run(workspace: Workspace, run: Run) -> None:
    """Write a run's record."""
    record.write(workspace.run(run.run) / "record.json", "run", run.to_json())


def checkpoints_of(folder: Path) -> Path:
    """Where the checkpoints of a run lie; they can be removed once its model is recorded."""
    return folder / "checkpoints"


def has_run(workspace: Workspace, name: str) -> bool:
    """Whether a run of that name has a record; its folder alone only keeps the name."""
    return (workspace.run(name) / "record.json").is_file()


def open_run(workspace: Workspace, name: str) -> Run:
    """Return one run.

    Raises:
        NotFound: There is none of that name; the message lists some that are.
        BadInput: Its record is not readable.
    """
    path = workspace.run(name) / "record.json"
    known = [folder.name for folder in newest_first(workspace.runs())]
    return _Jobs(workspace).now(_run(record.read(require(path, "run", name, known), "run")))


def list_runs(workspace: Workspace, dataset: str | None = None) -> list[Run]:
    """All runs, or those on one dataset, newest first.

    A page asks at every click: a record is read once and again only when it was written again.
    """
    jobs = _Jobs(workspace)
    found = []
    for stamp, path in sorted(_records(workspace.runs()), reverse=True):
        known = _READ.get(path)
        if known is None or known[0] != stamp:
            known = _READ[path] = (stamp, _run(record.read(Path(path), "run")))
        if dataset in (None, known[1].dataset):
            found.append(jobs.now(known[1]))
    return found


_Stamp = tuple[int, int, int]
_READ: dict[str, tuple[_Stamp, Run]] = {}
"""Records by path, each with its stamp. A record is replaced by a new file, so its inode differs
even where time and size do not."""


def _records(folder: Path) -> Iterator[tuple[_Stamp, str]]:
    """Time, size and inode of each run's record, and its path."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - a thousand Path objects cost more than the look
    except FileNotFoundError:
        return
    for name in names:
        path = f"{folder}/{name}/record.json"
        try:
            found = os.stat(path)  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            continue  # the name is taken, the run has not begun
        yield (found.st_mtime_ns, found.st_size, found.st_ino), path


class _Jobs:
    """The jobs behind runs: what a killed worker left says "running", and the job knows better.

    They are looked at once, and only if a run needs it.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._active: dict[str, str] | None = None

    def now(self, run: Run) -> Run:
        """A run in the state that its job gives it."""
        if run.state in ("succeeded", "cancelled"):
            return run
        if self._active is None:
            runner.reconcile(self._workspace)
            with JobStore(self._workspace) as store:
                self._active = {job.id: job.state for job in store.jobs(active=True)}
        job = self._active.get(run.job)
        if run.state == "running":
            return run if job else replace(run, state=self._ended(run.job))
        if run.state == "paused" and not job:
            return replace(run, state=self._ended(run.job))  # it may have been cancelled since
        # It was resumed, and its next attempt waits for its turn.
        return replace(run, state="running") if job == "queued" else run

    def _ended(self, job_id: str) -> str:
        with JobStore(self._workspace) as store:
            try:
                return store.get(job_id).state
            except NotFound:
                return "lost"


def _run(document: dict[str, Any]) -> Run:
    return Run(**{name: document[name] for name in Run.__dataclass_fields__ if name in document})
