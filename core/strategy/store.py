"""Saved plans: the scenario as TOML, and beside it what followed from it.

plans/NAME.toml     the scenario
plans/NAME.json     the result of the last `assay plan` on it
"""

from pathlib import Path
from typing import Any

from core import record
from core.strategy.scenario import dump, load
from core.strategy.sections import Scenario
from core.workspace import Workspace


def result_path(workspace: Workspace, name: str) -> Path:
    """File of a plan's result."""
    return workspace.plan(name).with_suffix(".json")


def save_scenario(workspace: Workspace, scenario: Scenario) -> Path:
    """Save a scenario under its name; one of the same name is replaced."""
    path = workspace.plan(scenario.name)
    record.write_text(path, dump(scenario))
    return path


def save_result(workspace: Workspace, name: str, result: dict[str, Any]) -> Path:
    """Save what followed from a scenario, beside it."""
    path = result_path(workspace, name)
    record.write(path, "plan", result)
    return path


def scenarios(workspace: Workspace) -> list[Path]:
    """Files of the saved scenarios, newest first."""
    found = (workspace.root / "plans").glob("*.toml")
    return sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def latest(workspace: Workspace) -> dict[str, Any] | None:
    """The newest result of a plan, as `assay plan --json` printed it; None if there is none."""
    found = list((workspace.root / "plans").glob("*.json"))
    if not found:
        return None
    return record.read(max(found, key=lambda path: path.stat().st_mtime_ns), "plan")


def open_scenario(workspace: Workspace, name: str) -> Scenario:
    """A saved scenario by its name."""
    return load(workspace.plan(name))
