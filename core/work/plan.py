"""The job that ranks the options of a scenario file."""

from pathlib import Path
from typing import Any

from core.jobs.worker import Context
from core.strategy import store
from core.strategy.document import as_json
from core.strategy.scenario import load
from core.strategy.plan import make
from core.workspace import Workspace


def plan(workspace: Workspace, path: Path) -> dict[str, Any]:
    """Rank the options of a scenario, and keep scenario and result in the workspace.

    Raises:
        NotFound: There is no such file, or an option names a model, run or price that is not known.
        BadInput: The file is not a scenario.
    """
    scenario = load(path)
    result = as_json(make(scenario, workspace))
    if path.absolute() != workspace.plan(scenario.name):
        store.save_scenario(workspace, scenario)
    store.save_result(workspace, scenario.name, result)
    return result


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Rank the options of the scenario at `request["path"]`."""
    return plan(context.workspace, Path(request["path"]))
