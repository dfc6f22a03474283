"""Saved plans: the scenario as TOML, and beside it what followed from it.

plans/NAME.toml     the scenario
plans/NAME.json     the result of the last `assay plan` on it
"""

from pathlib import Path
from typing import Any

from core import record
from core.strategy.document import as_json
from core.strategy.plan import make
from core.strategy.scenario import dump, load
from core.strategy.sections import Scenario
from core.workspace import Workspace


def save_scenario(workspace: Workspace, scenario: Scenario) -> Path:
    """Save a scenario under its name; one of the same name is replaced."""
    path = workspace.plan(scenario.name)
    record.write_text(path, dump(scenario))
    return path


def rank(workspace: Workspace, path: Path) -> dict[str, Any]:
    """Rank the options of a scenario file, and keep scenario and result in the workspace.

    Returns:
        The document that `core.strategy.document` makes.

    Raises:
        NotFound: There is no such file, or an option names a model, run or price that is not known.
        BadInput: The file is not a scenario.
    """
    scenario = load(path)
    result = as_json(make(scenario, workspace))
    if path.absolute() != workspace.plan(scenario.name):
        save_scenario(workspace, scenario)
    record.write(workspace.plan(scenario.name).with_suffix(".json"), "plan", result)
    return result


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
