"""Read a model's own positions: in the warm process for a page, or for the command line."""

from typing import Any

from core.interpret import own, slot
from core.interpret.read_positions import read
from core.interpret.store import exists
from core.models.resolve import resolve
from core.workspace import Workspace


def compute(request: dict[str, Any]) -> dict[str, Any]:
    """Read a model's positions, or find what was read of the same model.

    Args:
        request: `workspace` (folder), `model`.

    Returns:
        `key` under which `core.interpret.own` keeps it, and whether it is `new`.
    """
    workspace = Workspace.open(request["workspace"])
    held = slot.hold(resolve(workspace, request["model"]))
    key = slot.key(held, positions=own.METHOD)
    if exists(workspace, key):
        workspace.capture(key).with_suffix(".json").touch()
        return {"key": key, "new": False}
    own.save(workspace, key, read(held))
    return {"key": key, "new": True}
