"""The job that ranks the options of a scenario file."""

from pathlib import Path
from typing import Any

from core.jobs.context import Context
from core.strategy import store


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Rank the options of the scenario at `request["path"]`."""
    return store.rank(context.workspace, Path(request["path"]))
