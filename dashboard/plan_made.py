"""Plans as the page needs them: few futures at once, then all, and no plan made twice."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from core.jobs.store import JobStore
from core.record import hash_json
from core.strategy.document import as_json
from core.strategy.keep import freeze, thaw
from core.strategy.plan import DRAWS, QUICK_DRAWS, make
from core.strategy.scenario import dump
from core.strategy.sections import Scenario
from core.workspace import Workspace
from dashboard import cache


@dataclass(frozen=True)
class Planned:
    """A plan's document, and the prices and estimates it rests on; nobody changes either."""

    document: dict[str, Any]
    basis: dict[str, Any]

    @property
    def whole(self) -> bool:
        """Whether all futures were drawn."""
        return bool(self.document["draws"] >= DRAWS)


def plan(workspace: Workspace, scenario: Scenario) -> Planned:
    """The plan of a scenario: with all futures if somebody has drawn them, else with few of them.

    Raises:
        AssayError: An option names what is not known, or cannot be.
    """
    return _kept_plan(workspace, scenario, DRAWS) or quick_plan(workspace, scenario)


def quick_plan(workspace: Workspace, scenario: Scenario) -> Planned:
    """The plan with few futures: what of it does not depend on them is the same.

    Raises:
        AssayError: As `plan`.
    """
    found = _kept_plan(workspace, scenario, QUICK_DRAWS)
    return found or _make(workspace, scenario, QUICK_DRAWS)


def whole_plan(workspace: Workspace, scenario: Scenario) -> Planned:
    """The plan with all futures, drawn now if need be: a second or two.

    Raises:
        AssayError: As `plan`.
    """
    return _kept_plan(workspace, scenario, DRAWS) or _make(workspace, scenario, DRAWS)


def _kept_plan(workspace: Workspace, scenario: Scenario, draws: int) -> Planned | None:
    found: Planned | None = cache.plans().get(_plan_key(workspace, scenario, draws))
    return found


def _make(workspace: Workspace, scenario: Scenario, draws: int) -> Planned:
    quick = _kept_plan(workspace, scenario, QUICK_DRAWS)
    basis = thaw(quick.basis) if quick else None
    made = make(scenario, workspace, as_of=_today(), draws=draws, basis=basis)
    found = Planned(as_json(made), freeze(made.basis))
    cache.plans().put(_plan_key(workspace, scenario, draws), found)
    return found


def _today() -> date:
    return datetime.now(UTC).date()


def _plan_key(workspace: Workspace, scenario: Scenario, draws: int) -> str:
    """Another one where the scenario, the day, a run, an evaluation or an update is another."""
    return hash_json([
        str(workspace.root), scenario.name, dump(scenario), draws, _today().isoformat(),
        _records(workspace.runs()), _records(workspace.evaluations()), _updates(workspace),
    ])  # fmt: skip


def _updates(workspace: Workspace) -> list[str]:
    """The updates whose time is known: each tells what retraining costs."""
    with JobStore(workspace) as store:
        return [job.id for job in store.jobs(kind="update") if job.state == "succeeded"]


def _records(folder: Path) -> list[tuple[str, int]]:
    """The records in a folder, and when each was written."""
    if not folder.is_dir():
        return []
    found = (path / "record.json" for path in folder.iterdir())
    return sorted((path.parent.name, path.stat().st_mtime_ns) for path in found if path.is_file())
