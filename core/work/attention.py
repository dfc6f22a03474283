"""Capture attention: as a job, and in the warm process for a page or the command line."""

from typing import Any

from core.errors import BadInput
from core.interpret import slot, store
from core.interpret.capture import GENERATED_TOKENS, MAX_TOKENS, capture, tokenised
from core.interpret.example import prefix_of
from core.interpret.layer import read_layer
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
    key = _key(held, prefix, text, target)
    if store.exists(workspace, key):
        # Pages open with the newest capture.
        workspace.capture(key).with_suffix(".json").touch()
        return {"key": key, "new": False}
    found = capture(held.model, held.tokenizer, text, target, name=held.ref.name, prefix=prefix)
    store.save(workspace, key, found)
    return {"key": key, "new": True}


def detail(request: dict[str, Any]) -> dict[str, Any]:
    """What one layer of a capture worked with, for `store.open_detail`; made once.

    Args:
        request: `workspace` (folder), `key` of a capture, `kind`, `layer`.

    Returns:
        `path` of the arrays, and whether they are `new`.

    Raises:
        BadInput: The capture has no such layer, or its model is not what it was.
    """
    workspace = Workspace.open(request["workspace"])
    key, kind, layer = request["key"], request["kind"], request["layer"]
    found = store.open_capture(workspace, key)
    store.check_place(found, kind, layer)
    path = store.detail_path(workspace, key, kind, layer)
    if path.is_file():
        return {"path": str(path), "new": False}
    held = slot.hold(resolve(workspace, found.model))
    if _key(held, found.prefix, found.text, found.target) != key:
        raise BadInput(
            f"The model {found.model!r} or its library changed since this picture was made; "
            "show the attention again."
        )
    inputs = tokenised(held.model, held.tokenizer, found.prefix + found.text, found.target)
    store.save_detail(path, read_layer(held.model, inputs.model, kind, layer))
    return {"path": str(path), "new": True}


def _key(held: slot.Slot, prefix: str, text: str, target: str | None) -> str:
    limits = [MAX_TOKENS, GENERATED_TOKENS]
    return slot.key(held, limits=limits, prefix=prefix, text=text, target=target)
