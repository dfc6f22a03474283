"""What tuning forgot, and what replay saved: general ability of the base and of runs like it.

Standard library only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.train.runs import Run


@dataclass(frozen=True)
class Forgot:
    """General ability of one model.

    Attributes:
        name: The run's, or the base model's.
        share: Share of general examples that it was tuned with; None = it was not tuned.
        score: {metric, value, low, high, n, unit} on the general dataset.
    """

    name: str
    share: float | None
    score: dict[str, Any]


def like(run: Run, runs: Sequence[Run]) -> list[Run]:
    """A run, then of each other share of replay the one whose settings are most like its own.

    Base, dataset, method and the general dataset on which forgetting is measured are the same.
    """
    if not _measured(run):
        return []
    others = [one for one in runs if _measured(one) and _question(one) == _question(run)]
    found = {share(run): run}
    for other in sorted(others, key=lambda one: _unlike(run, one)):  # stable: the newest first
        found.setdefault(share(other), other)
    return [run, *(row for _, row in sorted(found.items()) if row is not run)]


def _unlike(a: Run, b: Run) -> int:
    """In how many settings two runs differ, the share of replay and the seed left aside."""
    names = {*a.config, *b.config} - {"replay_share", "seed"}
    return sum(a.config.get(name) != b.config.get(name) for name in names)


def _measured(run: Run) -> bool:
    return bool(run.general and run.general["base_scores"] and run.general["tuned_scores"])


def _question(run: Run) -> tuple[Any, ...]:
    general = run.general or {}
    return run.base, run.dataset, run.method, general.get("dataset"), general.get("data_version")


def share(run: Run) -> float:
    """Share of general examples among a run's training examples."""
    return float(run.config.get("replay_share") or 0.0)


def forgetting(run: Run, runs: Sequence[Run]) -> list[Forgot]:
    """The base, then the run and those like it by their share of replay; empty = not measured."""
    found = like(run, runs)
    if not found:
        return []
    general = run.general or {}
    base = general["base_scores"][0]
    rows = [Forgot(run.base, None, base)]
    for one in sorted(found, key=share):
        scores = (one.general or {})["tuned_scores"]
        rows += [
            Forgot(one.run, share(one), row) for row in scores if row["metric"] == base["metric"]
        ]
    return rows
