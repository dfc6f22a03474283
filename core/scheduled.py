"""Look whether something is due, as often as anybody opens a workspace: it costs one small query.

Called by the command line, the pages and the dispatcher; `assay schedule run` calls it from cron.
"""

import time

from core.update.schedule import unlooked
from core.workspace import Workspace


def look(workspace: Workspace) -> list[str]:
    """Start what is due, and return the ids of the jobs; at most once a minute."""
    if not workspace.database_path.exists() or not unlooked(workspace, time.time()):
        return []
    # Only who has a schedule waits for the libraries that drift is tested with.
    from core.due import carry_out

    return [made.job for made in carry_out(workspace)]
