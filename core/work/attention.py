"""Capture attention: as a job, and in the warm process for a page or the command line."""

from typing import Any

import torch

from core import record
from core.errors import BadInput
from core.interpret import slot, store
from core.interpret.capture import capture, forward
from core.interpret.captured import NO_CROSS, check_place
from core.interpret.example import prefix_of
from core.interpret.inputs import GENERATED_TOKENS
from core.interpret.layer import read_layer
from core.interpret.long import ALL_BYTES, LAYER_BYTES
from core.interpret.tap import evaluating
from core.jobs.context import Context
from core.models.resolve import resolve
from core.workspace import Workspace

LIMITS = [store.FORMAT, ALL_BYTES, LAYER_BYTES, GENERATED_TOKENS]
"""What a capture depends on beside the request."""


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """The job: `core.run.AttentionRequest` in, the capture's key out."""
    context.report(None, "attention.capturing", model=request["model"])
    return compute({**request, "workspace": str(context.workspace.root)})


def compute(request: dict[str, Any]) -> dict[str, Any]:
    """Make a capture, or find the one that was made of the same things.

    Args:
        request: `workspace` (folder), `model`, `text`, and where wanted `target`, `window` (from
            1), `generate` (tokens), `long` (keep one layer in any case), `kind` and `layer` (the
            one to keep of a long text).

    Returns:
        `key` of the capture, and whether it is `new`.

    Raises:
        BadInput: There is nothing to read, or the model cannot do what was asked.
        WorkFailed: The picture is not the model's own.
    """
    workspace = Workspace.open(request["workspace"])
    held = slot.hold(resolve(workspace, request["model"]))
    if request.get("kind") == "cross" and not held.config.is_encoder_decoder:
        raise BadInput(f"{held.ref.name} has no cross attention{NO_CROSS}; choose another.")
    text, target = request["text"], request.get("target")
    prefix = prefix_of(workspace, held.ref, text)
    how = {name: request.get(name) for name in ("window", "generate", "long")}
    what = {"prefix": prefix, "text": text, "target": target, **how}
    kept = {name: request.get(name) for name in ("kind", "layer")}
    # Of a short text every layer is kept, whichever was asked for.
    plain = slot.key(held, limits=LIMITS, **what)
    for key in (plain, _with(plain, kept)):
        if store.exists(workspace, key) and _shows(workspace, key, kept):
            # Pages open with the newest capture.
            workspace.capture(key).with_suffix(".json").touch()
            return {"key": key, "new": False}
    found = capture(
        held.model, held.tokenizer, text, target, name=held.ref.name, prefix=prefix,
        window=request.get("window"), generate=request.get("generate"),
        long=bool(request.get("long")), kind=request.get("kind"), layer=request.get("layer"),
        digest=held.digest,
    )  # fmt: skip
    key = _with(plain, kept) if found.long else plain
    store.save(workspace, key, found)
    return {"key": key, "new": True}


def _with(key: str, kept: dict[str, Any]) -> str:
    """The key of a long text's one layer; that of no choice in particular is the plain one."""
    if kept == {"kind": None, "layer": None}:
        return key
    return record.hash_json([key, kept])


def _shows(workspace: Workspace, key: str, kept: dict[str, Any]) -> bool:
    """Whether a capture has the layer that was asked for: all, or the one."""
    asked = store.asked_for(workspace, key)
    if asked.kept is None:
        return True
    kind, layer = asked.kept
    if not store.detail_path(workspace, key, kind, layer).is_file():
        return False
    return kept["kind"] in (None, kind) and kept["layer"] in (None, layer)


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
    check_place(found, kind, layer)
    path = store.detail_path(workspace, key, kind, layer)
    if path.is_file():
        return {"path": str(path), "new": False}
    held = slot.hold(resolve(workspace, found.model))
    if held.digest != found.digest:
        raise BadInput(
            f"The model {found.model!r} changed since this picture was made; show the attention "
            "again."
        )
    with evaluating(held.model), torch.no_grad():
        store.save_detail(path, read_layer(held.model, forward(held.model, found), kind, layer))
    return {"path": str(path), "new": True}
