"""Captures on disk, as .npz and JSON beside it; read without torch."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from core import record
from core.errors import BadInput, NotFound
from core.interpret.arrays import load_arrays, save_arrays
from core.interpret.captured import Capture
from core.interpret.detail import Detail, diagonals, spread
from core.interpret.facts import Layer, Parity, Span
from core.interpret.long import Long
from core.interpret.measures import Head
from core.workspace import Workspace

RECORD = "attention"
FORMAT = 2
"""Of a capture's record; lists pass others over, which an earlier version left."""
NEWEST = 200
"""How many captures a page looks through for one that it wants."""
KEPT_BYTES = 4_000_000_000
"""Captures are kept up to this; the oldest go first, as any of them can be made again."""


def save(workspace: Workspace, key: str, capture: Capture) -> Path:
    """Write a capture and return its .npz; the JSON beside it comes last, so it is whole if there.

    Args:
        workspace: Where.
        key: Hash of everything that the capture depends on.
        capture: What.
    """
    path = workspace.capture(key)
    arrays: dict[str, Any] = dict(capture.weights)
    if capture.long:
        detail = capture.long.detail
        save_detail(detail_path(workspace, key, detail.kind, detail.layer), detail)
        arrays = {"pixels": capture.long.pixels}
    save_arrays(path, arrays)
    left_out = ("weights", "long", "measured")
    body = {f.name: getattr(capture, f.name) for f in fields(capture) if f.name not in left_out}
    for name in ("parity", "span"):
        body[name] = asdict(body[name])
    body["layers"] = {kind: list(map(asdict, found)) for kind, found in capture.layers.items()}
    body["measured"] = [asdict(head) for head in capture.summary()]
    body["kept"] = [capture.long.detail.kind, capture.long.detail.layer] if capture.long else None
    record.write(path.with_suffix(".json"), RECORD, {"key": key, "format": FORMAT, **body})
    _make_room(path)
    return path


def _make_room(newest: Path) -> None:
    """Delete the captures that nobody looked at for longest, until the others fit."""
    folder = newest.parent
    used = sum(path.stat().st_size for path in folder.glob("*.npz"))
    if used <= KEPT_BYTES:
        return
    for path in sorted(folder.glob("*.json"), key=lambda p: p.stat().st_mtime_ns):
        if path.stem == newest.stem or used <= KEPT_BYTES:
            continue
        try:
            record.read(path, RECORD)
        except (BadInput, NotFound):
            continue  # Another kind of record lies here too.
        path.unlink()
        for array in (path.with_suffix(".npz"), *folder.glob(f"{path.stem}-*.npz")):
            used -= array.stat().st_size if array.exists() else 0
            array.unlink(missing_ok=True)


def open_capture(workspace: Workspace, key: str) -> Capture:
    """Read a capture.

    Raises:
        NotFound: There is none with that key.
        BadInput: It cannot be read.
    """
    path = workspace.capture(key)
    body = record.read(path.with_suffix(".json"), RECORD)
    try:
        values: dict[str, Any] = {
            f.name: tuple(body[f.name]) if isinstance(body[f.name], list) else body[f.name]
            for f in fields(Capture)
            if f.name not in ("weights", "long")
        }
        values["parity"] = Parity(**body["parity"])
        values["span"] = Span(**body["span"])
        values["inputs"] = {name: tuple(ids) for name, ids in body["inputs"].items()}
        values["measured"] = tuple(Head(**head) for head in body["measured"])
        values["layers"] = {
            kind: tuple(Layer(**layer) for layer in layers)
            for kind, layers in body["layers"].items()
        }
        kept = body["kept"]
    except (KeyError, TypeError) as error:
        raise BadInput(f"The capture {key} cannot be read ({error}); delete it.") from None
    arrays = load_arrays(path)
    if kept is None:
        return Capture(**values, weights=arrays)
    long = Long(open_detail(workspace, key, *kept), arrays["pixels"])
    return Capture(**values, weights={}, long=long)


def exists(workspace: Workspace, key: str) -> bool:
    """Whether a capture with that key lies in the workspace."""
    path = workspace.capture(key)
    return path.is_file() and path.with_suffix(".json").is_file()


@dataclass(frozen=True)
class Asked:
    """A capture as a list shows it: its key, and what was asked for.

    Attributes:
        key: To open it with.
        model: Its name.
        text: What it read.
        target: What was given beside the text, or None.
        window: Which window of the text, from 1.
        windows: How many there are.
        generate: How many tokens the model was asked to write, or None.
        kept: Kind and layer, where the text was too long for all layers.
    """

    key: str
    model: str
    text: str
    target: str | None
    window: int = 1
    windows: int = 1
    generate: int | None = None
    kept: tuple[str, int] | None = None


def asked_for(workspace: Workspace, key: str) -> Asked:
    """What a capture was asked for.

    Raises:
        NotFound: There is none with that key.
        BadInput: It cannot be read.
    """
    return _asked(record.read(workspace.capture(key).with_suffix(".json"), RECORD))


def _asked(body: dict[str, Any]) -> Asked:
    span = body["span"]
    return Asked(
        body["key"], body["model"], body["text"], body["target"], span["window"], span["windows"],
        body["generate"], tuple(body["kept"]) if body["kept"] else None,
    )  # fmt: skip


def list_captures(workspace: Workspace) -> list[Asked]:
    """The newest captures, newest first."""
    return [_asked(body) for body in records(workspace, RECORD) if body.get("format") == FORMAT]


def records(workspace: Workspace, kind: str) -> Iterator[dict[str, Any]]:
    """The newest records of a kind beside the captures, newest first."""
    folder = workspace.capture("x").parent
    if not folder.is_dir():
        return
    files = sorted(folder.glob("*.json"), key=lambda p: p.stat().st_mtime_ns, reverse=True)
    for path in files[:NEWEST]:
        try:
            yield record.read(path, kind)
        except (BadInput, NotFound):
            continue  # Another kind of record, or one that was just deleted.


def find(
    captures: list[Asked], model: str, text: str, target: str | None,
    *, window: int | None = None, generate: int | None = None,
) -> Asked | None:  # fmt: skip
    """The first capture of what was asked for; None if there is none.

    Args:
        captures: What there is.
        model: Its name.
        text: As it was given.
        target: As it was given.
        window: Which window of a text over the limit; None = any.
        generate: How many tokens the model was to write.
    """
    asked = (model, text, target, generate)
    return next(
        (
            c
            for c in captures
            if (c.model, c.text, c.target, c.generate) == asked and window in (None, c.window)
        ),
        None,
    )


def detail_path(workspace: Workspace, key: str, kind: str, layer: int) -> Path:
    """File of one layer's queries, keys and values, beside its capture."""
    whole = workspace.capture(key)
    return whole.with_name(f"{whole.stem}-{kind}-{layer}.npz")


def save_detail(path: Path, detail: Detail) -> None:
    """Write one layer's detail; `open_detail` reads it."""
    arrays: dict[str, Any] = {
        name: getattr(detail, name) for name in ("queries", "keys", "values", "visible")
    }
    arrays["scaling"] = np.float64(detail.scaling)
    if detail.softcap is not None:
        arrays["softcap"] = np.float64(detail.softcap)
    if detail.bias is not None:
        small = diagonals(detail.bias)
        arrays |= {"bias": detail.bias} if small is None else {"diagonals": small}
    save_arrays(path, arrays)


def open_detail(workspace: Workspace, key: str, kind: str, layer: int) -> Detail:
    """Read one layer's detail; `core.work.attention:detail` makes it.

    Raises:
        NotFound: It was not made yet.
        BadInput: It cannot be read.
    """
    path = detail_path(workspace, key, kind, layer)
    arrays = load_arrays(path)
    try:
        bias = arrays.get("bias")
        if "diagonals" in arrays:
            bias = spread(arrays["diagonals"], arrays["queries"].shape[1])
        softcap = float(arrays["softcap"]) if "softcap" in arrays else None
        return Detail(
            kind, layer, arrays["queries"], arrays["keys"], arrays["values"], bias,
            arrays["visible"], float(arrays["scaling"]), softcap,
        )  # fmt: skip
    except KeyError as error:
        raise BadInput(f"{path} is not a readable detail ({error}); delete it.") from None
