"""A capture: the attention of one model on one text. Saved as .npz and JSON, read without torch."""

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import record
from core.errors import BadInput, NotFound
from core.interpret.detail import Detail, diagonals, spread
from core.interpret.measures import Head, heads_summary
from core.workspace import Workspace

KINDS = ("encoder", "decoder", "cross")
RECORD = "attention"
NEWEST = 200
"""How many captures a page looks through for one that it wants."""

Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Parity:
    """How far the picture is from an independent computation of the same thing.

    Attributes:
        attention_max_abs_error: Largest difference between the model's own attention weights and
            the same weights recomputed in float64 from its queries and keys.
        output_max_abs_error: Largest difference in the model's output between this way of
            computing attention and the one that the model uses in service.
        row_sum_error: How far a row of weights is from adding up to 1, at most.
        attention_tolerance: What the first and third may be, for the type of the weights.
        output_tolerance: What the second may be: relative to the largest output.
        dtype: Type of the weights ("float32").
    """

    attention_max_abs_error: float
    output_max_abs_error: float
    row_sum_error: float
    attention_tolerance: float
    output_tolerance: float
    dtype: str


@dataclass(frozen=True)
class Capture:
    """What a model attends to.

    Token i of an array is token i of `tokens` (encoder, and a decoder without encoder) or of
    `target_tokens` (queries of cross, and a decoder beside an encoder).

    Attributes:
        model: Its name.
        text: What was asked about; the model also read `prefix` before it.
        target: The target or second text that was given, or None.
        prefix: What a run was trained to find before every text.
        tokens: Pieces of the input, special tokens included, as the tokenizer names them.
        target_tokens: What the decoder reads: its start token, then the target but for its last.
        next_tokens: What stands after each target token: the token that its row helps to choose.
        labels: `tokens` as a person reads them.
        target_labels: `target_tokens` as a person reads them.
        next_labels: `next_tokens` as a person reads them.
        special: For each of `tokens`, whether it is a separator or another special token.
        target_special: The same for `target_tokens`.
        generated: The target that the model wrote itself, where none was given.
        head_dim: d_k of the formula.
        scaling: What Q·Kᵀ is multiplied with.
        parity: How true the picture is.
        weights: By kind, float32 (layers, heads, queries, keys).
        created_at: UTC.
        seconds: Time for the capture.
    """

    model: str
    text: str
    target: str | None
    prefix: str
    tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    next_tokens: tuple[str, ...]
    labels: tuple[str, ...]
    target_labels: tuple[str, ...]
    next_labels: tuple[str, ...]
    special: tuple[bool, ...]
    target_special: tuple[bool, ...]
    generated: str | None
    head_dim: int
    scaling: float
    parity: Parity
    weights: dict[str, Weights]
    created_at: str
    seconds: float

    @property
    def kinds(self) -> list[str]:
        """The kinds of attention it has."""
        return [kind for kind in KINDS if kind in self.weights]

    def own_texts(self, kind: str) -> bool:
        """Whether a kind's queries are target tokens."""
        return kind == "cross" or (kind == "decoder" and "encoder" in self.weights)

    def queries(self, kind: str) -> tuple[str, ...]:
        """Labels of the rows of a kind."""
        return self.target_labels if self.own_texts(kind) else self.labels

    def keys(self, kind: str) -> tuple[str, ...]:
        """Labels of the columns of a kind."""
        return self.labels if kind == "cross" else self.queries(kind)

    def separators(self, kind: str) -> tuple[bool, ...]:
        """Which columns of a kind are special tokens."""
        if kind == "cross":
            return self.special
        return self.target_special if self.own_texts(kind) else self.special

    def summary(self) -> list[Head]:
        """The measures of every head of every kind."""
        return [
            head
            for kind in self.kinds
            for head in heads_summary(
                kind, self.weights[kind], self.separators(kind), causal=kind == "decoder"
            )
        ]


def save(workspace: Workspace, key: str, capture: Capture) -> Path:
    """Write a capture and return its .npz; the JSON beside it comes last, so it is whole if there.

    Args:
        workspace: Where.
        key: Hash of everything that the capture depends on.
        capture: What.
    """
    path = workspace.capture(key)
    save_arrays(path, capture.weights)
    body = {f.name: getattr(capture, f.name) for f in fields(capture) if f.name != "weights"}
    body["parity"] = asdict(capture.parity)
    record.write(path.with_suffix(".json"), RECORD, {"key": key, **body})
    return path


def save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write a compressed .npz, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            np.savez_compressed(file, **arrays)
            file.flush()
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read an .npz; nothing in it is unpickled.

    Raises:
        NotFound: There is no such file.
        BadInput: It is not a readable .npz of numbers.
    """
    try:
        # A file opened here is closed here: np.load leaves a broken archive's file open.
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise NotFound(f"There is no capture at {path}; make it again.") from None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} is not a readable capture ({error}); delete it.") from None


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
            if f.name != "weights"
        }
        values["parity"] = Parity(**body["parity"])
    except (KeyError, TypeError) as error:
        raise BadInput(f"The capture {key} cannot be read ({error}); delete it.") from None
    return Capture(**values, weights=load_arrays(path))


def check_place(capture: Capture, kind: str, layer: int, head: int | None = None) -> None:
    """Refuse a layer or a head that a capture does not have; both count from 0.

    Raises:
        BadInput: The message says what there is.
    """
    if kind not in capture.weights:
        raise BadInput(
            f"{capture.model} has no {kind!r} attention for this text; choose one of "
            f"{', '.join(capture.kinds)}."
        )
    layers, heads = capture.weights[kind].shape[:2]
    for what, number, count in (("layer", layer, layers), ("head", head, heads)):
        if number is not None and not 0 <= number < count:
            raise BadInput(
                f"There is no {kind} {what} {number} in {capture.model}; choose one from 0 to "
                f"{count - 1}."
            )


def exists(workspace: Workspace, key: str) -> bool:
    """Whether a capture with that key lies in the workspace."""
    path = workspace.capture(key)
    return path.is_file() and path.with_suffix(".json").is_file()


@dataclass(frozen=True)
class Asked:
    """A capture as a list shows it: its key, and what was asked for."""

    key: str
    model: str
    text: str
    target: str | None


def list_captures(workspace: Workspace) -> list[Asked]:
    """The newest captures, newest first."""
    return [
        Asked(body["key"], body["model"], body["text"], body["target"])
        for body in records(workspace, RECORD)
    ]


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


def find(captures: list[Asked], model: str, text: str, target: str | None) -> Asked | None:
    """The first capture of a model, text and target; None if there is none."""
    asked = (model, text, target)
    return next((c for c in captures if (c.model, c.text, c.target) == asked), None)


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
