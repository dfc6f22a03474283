"""Which stored plan a run's report is about."""

from typing import Any

from core import record
from core.errors import BadInput
from core.workspace import Workspace

OF_THE_FILE = ("schema", "kind", "basis")
"""What a kept plan has beside the document that `assay plan --json` prints."""


def newest(workspace: Workspace, run: str) -> dict[str, Any] | None:
    """The document of the newest kept plan that has a run among its options; None if none has.

    A plan that another version stored, or that cannot be read, is passed over.
    """
    files = (workspace.root / "plans").glob("*.json")
    for path in sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        try:
            found = record.read(path, "plan")
        except BadInput:
            continue
        if any(row.get("run") == run for row in found.get("ranking", [])):
            return {key: value for key, value in found.items() if key not in OF_THE_FILE}
    return None
