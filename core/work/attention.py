"""Capture attention: as a job, and in the warm process for a page or the command line."""

from typing import Any

from core.interpret import slot, store
from core.interpret.capture import GENERATED_TOKENS, MAX_TOKENS, capture
from core.interpret.example import prefix_of
from core.jobs.context import Context
from core.models.resolve import resolve
from core.workspace import Workspace


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """The job: `core.run.AttentionRequest` in, the capture's key out."""
    context.report(None, "attention.capturing", model=request["model"])
    return compute({**request, "workspace": str(context.workspace.root)})


def compute(request: dict[str, Any]) -> dict[str, Any]:
    """Make a capture, or find the one that was made of the same things.

    Args:
        request: `workspace` (folder), `model`, `text`, `target` (or None).

    Returns:
        `key` of the capture, and whether it is `new`.
    """
    workspace = Workspace.open(request["workspace"])
    held = slot.hold(resolve(workspace, request["model"]))
    text, target = request["text"], request.get("target")
    prefix = prefix_of(workspace, held.ref, text)
    limits = [MAX_TOKENS, GENERATED_TOKENS]
    key = slot.key(held, limits=limits, prefix=prefix, text=text, target=target)
    if store.exists(workspace, key):
        # Pages open with the newest capture.
        workspace.capture(key).with_suffix(".json").touch()
        return {"key": key, "new": False}
    found = capture(held.model, held.tokenizer, text, target, name=held.ref.name, prefix=prefix)
    store.save(workspace, key, found)
    return {"key": key, "new": True}
