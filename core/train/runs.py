"""Runs: what each fine-tune was made from, how it went, how good it is.

runs/RUN/record.json     written when the run starts and when it ends, however it ends
runs/RUN/model/          safetensors, tokenizer, config; only of a run that succeeded
"""

from dataclasses import asdict, dataclass, field
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
        state: "running", "succeeded", "failed", "cancelled" or "lost".
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

    def score(self, metric: str) -> dict[str, Any] | None:
        """The tuned model's score of one metric; None if there is none."""
        return next((row for row in self.scores if row["metric"] == metric), None)

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def write_run(workspace: Workspace, run: Run) -> None:
    """Write a run's record."""
    record.write(workspace.run(run.run) / "record.json", "run", run.to_json())


def open_run(workspace: Workspace, name: str) -> Run:
    """Return one run.

    Raises:
        NotFound: There is none of that name; the message lists some that are.
        BadInput: Its record is not readable.
    """
    path = workspace.run(name) / "record.json"
    known = [folder.name for folder in newest_first(workspace.runs())]
    return _run(workspace, record.read(require(path, "run", name, known), "run"))


def list_runs(workspace: Workspace, dataset: str | None = None) -> list[Run]:
    """All runs, or those on one dataset, newest first."""
    found = [
        _run(workspace, record.read(folder / "record.json", "run"))
        for folder in newest_first(workspace.runs())
    ]
    return [run for run in found if dataset in (None, run.dataset)]


def _run(workspace: Workspace, document: dict[str, Any]) -> Run:
    fields = {name: document[name] for name in Run.__dataclass_fields__ if name in document}
    if fields["state"] == "running":
        fields["state"] = _state_of_job(workspace, fields["job"])
    return Run(**fields)


def _state_of_job(workspace: Workspace, job_id: str) -> str:
    """A run whose worker was killed still says "running": the job knows better."""
    runner.reconcile(workspace)
    with JobStore(workspace) as store:
        try:
            job = store.get(job_id)
        except NotFound:
            return "lost"
    return "running" if job.active else job.state
