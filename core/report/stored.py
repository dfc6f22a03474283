"""Which stored plan a run's report is about."""

from typing import Any

from core import record
from core.errors import BadInput
from core.workspace import Workspace


def newest(workspace: Workspace, run: str) -> dict[str, Any] | None:
    """The newest stored plan that has a run among its options; None if there is none.

    A plan that another version stored, or that cannot be read, is passed over.
    """
    files = (workspace.root / "plans").glob("*.json")
    for path in sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        try:
            found = record.read(path, "plan")
        except BadInput:
            continue
        if any(row.get("run") == run for row in found.get("ranking", [])):
            return {key: value for key, value in found.items() if key not in ("schema", "kind")}
    return None
