"""The story of a dataset's models: each version with its score, traffic, feedback and cost."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from core.evaluate.share import Share
from core.jobs.store import JobStore
from core.train.retraining import run_usd
from core.train.runs import Run, list_runs
from core.update.champion import champion, history
from core.update.feedback import Feedback, entries
from core.update.served import names_of
from core.update.standing import liked
from core.update.traffic_read import count
from core.update.verdicts import known
from core.workspace import Workspace


@dataclass(frozen=True)
class Version:
    """One finished run on a dataset.

    Attributes:
        run, base: Its name, and what it was made from.
        at: When it was finished, in seconds since 1970, UTC.
        score: Its headline on the test split: {metric, unit, value, low, high}; None = not scored.
        data_version: Of the data it was trained on.
        champion: Whether it serves now.
        promoted: When it was promoted, each time.
        gate: The gate's reason in a word; None = the gate was not asked.
        requests: How many it answered, under its own name or a variant's.
        feedback: Judgements of its answers; liked: the share of thumbs up, with its interval.
        seconds: Its job computed; usd: what that cost, None = no price is known.
    """

    run: str
    base: str
    at: float
    score: dict[str, Any] | None
    data_version: str
    champion: bool
    promoted: tuple[float, ...]
    gate: str | None
    requests: int
    feedback: int
    liked: Share | None
    seconds: float | None
    usd: float | None

    @property
    def feedback_share(self) -> float | None:
        """Share of the answered requests that were judged; None = no traffic was logged."""
        return min(1.0, self.feedback / self.requests) if self.requests else None

    def to_json(self) -> dict[str, Any]:
        """The fields and the share of requests that were judged."""
        return {**asdict(self), "feedback_share": self.feedback_share}


def story(workspace: Workspace, dataset: str, usd_per_hour: float | None = None) -> list[Version]:
    """The finished runs on a dataset, oldest first."""
    now = champion(workspace, dataset)
    promoted: dict[str, list[float]] = defaultdict(list)
    for one in history(workspace, dataset):
        promoted[one.run].append(one.at)
    given: dict[str, list[Feedback]] = defaultdict(list)
    for entry in entries(workspace):
        given[entry.model].append(entry)
    with JobStore(workspace) as store:
        seconds = {job.id: job.ran_seconds for job in store.jobs(limit=10_000)}
    return [
        _version(workspace, run, now, promoted[run.run], given, seconds.get(run.job), usd_per_hour)
        for run in reversed(list_runs(workspace, dataset)) if run.state == "succeeded"
    ]  # fmt: skip


def _version(
    workspace: Workspace, run: Run, now: str | None, promoted: list[float],
    given: dict[str, list[Feedback]], seconds: float | None, usd_per_hour: float | None,
) -> Version:  # fmt: skip
    names = names_of(workspace, run.run)
    said = [entry for name in names for entry in given[name]]
    spent = seconds or run.train_seconds
    verdict = known(workspace, run.run)
    return Version(
        run.run, run.base, _time(run), run.scores[0] if run.scores else None, run.data_version,
        run.run == now, tuple(promoted), verdict.reason if verdict else None,
        sum(count(workspace, name) for name in names), len(said), liked(said), spent,
        None if spent is None else run_usd(workspace, run.run, spent, usd_per_hour),
    )  # fmt: skip


def _time(run: Run) -> float:
    said = run.finished_at or run.created_at
    return datetime.fromisoformat(said).timestamp() if said else 0.0
