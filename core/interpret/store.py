"""A capture: the attention of one model on one text. Saved as .npz and JSON, read without torch."""

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import record
from core.errors import BadInput, NotFound
from core.interpret.detail import Detail, diagonals, spread
from core.interpret.long import Long
from core.interpret.measures import Head, heads_summary
from core.workspace import Workspace

KINDS = ("encoder", "decoder", "cross")
RECORD = "attention"
FORMAT = 2
"""Of a capture's record; lists pass others over, which an earlier version left."""
NO_CROSS = ", as it has no decoder that reads what an encoder made"
NEWEST = 200
"""How many captures a page looks through for one that it wants."""

COMPRESSED_BYTES = 32_000_000
"""More is written as it is: a person would wait seconds, and weights hardly shrink."""

Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Parity:
    """How far the picture is from an independent computation of the same thing.

    Attributes:
        attention_max_abs_error: Largest difference between the model's own attention weights and
            the same weights recomputed in float64 from its queries and keys. None where the model
            computes attention with code of its own (Bloom, MPT) and hands out no queries and keys:
            then the picture is the model's own output, and there is nothing to recompute it from.
        output_max_abs_error: Largest difference in the model's output between this way of
            computing attention and the one that the model uses in service.
        row_sum_error: How far a row of weights is from adding up to 1, at most.
        attention_tolerance: What the first, the third and the mask's may be, for the type of the
            weights.
        output_tolerance: What the second may be: relative to the largest output.
        dtype: Type of the weights ("float32").
        mask_max_weight: Largest weight where a query may not look: a later token, one beyond the
            sliding window, padding.
    """

    attention_max_abs_error: float | None
    output_max_abs_error: float
    row_sum_error: float
    attention_tolerance: float
    output_tolerance: float
    dtype: str
    mask_max_weight: float = 0.0


@dataclass(frozen=True)
class Layer:
    """What is known of one attention layer.

    Attributes:
        heads: Number of heads; 0 for a layer whose rows and columns are not the text's tokens.
        key_heads: Number of key and value heads: fewer than heads where several heads share one
            (grouped-query attention). None where the model does not tell.
        window: How many tokens back a query sees, itself included; None = all.
        causal: Whether a query sees itself and what stands before it only.
    """

    heads: int
    key_heads: int | None
    window: int | None
    causal: bool


def all_bytes(layers: dict[str, tuple[Layer, ...]], source: int, target: int) -> int:
    """Memory of every layer's weights in float32.

    Args:
        layers: By kind.
        source: Tokens of the text.
        target: Tokens that a decoder beside an encoder reads.
    """
    alone = "encoder" not in layers
    cells = {
        "encoder": source * source,
        "cross": target * source,
        "decoder": source * source if alone else target * target,
    }
    return 4 * sum(layer.heads * cells[kind] for kind in layers for layer in layers[kind])


@dataclass(frozen=True)
class Span:
    """Which part of a text was read. Tokens are counted from 1, special tokens not.

    Attributes:
        window: Which window of the text, from 1.
        windows: How many there are.
        first: First token of the text that was read.
        last: Last token of the text that was read.
        total: Tokens of the text.
        cut_target: Tokens at the target's end that were not read.
    """

    window: int = 1
    windows: int = 1
    first: int = 1
    last: int = 0
    total: int = 0
    cut_target: int = 0

    @property
    def cut_tokens(self) -> int:
        """Tokens of the text that were not read."""
        return self.total - (self.last - self.first + 1)


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
        generated: What the model wrote itself: the target, or how a decoder's text goes on.
        head_dim: d_k of the formula.
        scaling: What Q·Kᵀ is multiplied with; None where the model does not tell.
        parity: How true the picture is.
        weights: By kind, float32 (layers, heads, queries, keys); a layer with fewer heads than the
            others has zeros in their place. Empty if the text is long: then there is `long`.
        created_at: UTC.
        seconds: Time for the capture.
        layers: By kind, what is known of each layer.
        inputs: What the model was given: token ids and the like by name, one number a token.
        generated_from: The first of `tokens` (of `target_tokens`, beside an encoder) that the model
            wrote itself; None = it wrote nothing.
        generate: How many tokens it was asked to write at most; None = as many as it does.
        span: Which part of the text was read.
        digest: Hash of the model's files.
        long: The one layer that is kept of a text too long for all of them.
        measured: The measures of every head, as they were saved.
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
    scaling: float | None
    parity: Parity
    weights: dict[str, Weights]
    created_at: str
    seconds: float
    layers: dict[str, tuple[Layer, ...]]
    inputs: dict[str, tuple[int, ...]]
    generated_from: int | None = None
    generate: int | None = None
    span: Span = Span()
    digest: str = ""
    long: Long | None = None
    measured: tuple[Head, ...] | None = None

    @property
    def kinds(self) -> list[str]:
        """The kinds of attention that can be drawn."""
        if self.long:
            return [self.long.detail.kind]
        return [kind for kind in KINDS if kind in self.weights]

    def own_texts(self, kind: str) -> bool:
        """Whether a kind's queries are target tokens."""
        both = "encoder" in (self.layers if self.long else self.weights)
        return kind == "cross" or (kind == "decoder" and both)

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

    def heads(self, kind: str) -> int:
        """Heads of the layer of a kind that has most."""
        return max(layer.heads for layer in self.layers[kind])

    def key_heads(self, kind: str) -> int | None:
        """Key and value heads of a kind; None where the model does not tell, or layers differ."""
        counts = {layer.key_heads for layer in self.layers[kind] if layer.heads}
        return counts.pop() if len(counts) == 1 else None

    def windows(self, kind: str) -> list[int | None]:
        """The sliding window of each layer of a kind, in tokens; None = it sees everything."""
        return [layer.window for layer in self.layers[kind]]

    def causal(self, kind: str) -> bool:
        """Whether the queries of a kind see only what stands before them."""
        return any(layer.causal for layer in self.layers[kind])

    @property
    def all_bytes(self) -> int:
        """Memory of every layer's weights, kept or not."""
        return all_bytes(self.layers, len(self.tokens), len(self.target_tokens))

    def matrix(self, kind: str, layer: int, head: int | None) -> Weights:
        """The weights of one head, (queries, keys); of a long text computed again, exactly.

        Args:
            kind: One of `kinds`.
            layer: Counted from 0; of a long text the one that is kept.
            head: Counted from 0; None = the mean of the layer's heads.
        """
        if head is not None:
            if self.long:
                return self.long.matrix(head)
            return np.asarray(self.weights[kind][layer, head])
        heads = self.layers[kind][layer].heads
        if self.long is None:
            return np.asarray(self.weights[kind][layer, :heads].mean(0))
        total = self.long.matrix(0)
        for number in range(1, heads):
            total += self.long.matrix(number)
        return np.asarray(total / heads)

    def summary(self) -> list[Head]:
        """The measures of every head of every kind; of the kept layer's, if the text is long."""
        if self.measured is not None:
            return list(self.measured)
        found: list[Head] = []
        if self.long:
            return self._long_summary(self.long)
        for kind in self.kinds:
            for number, layer in enumerate(self.layers[kind]):
                # A layer at a time: in float64 a whole long text would take gigabytes.
                weights = self.weights[kind][number : number + 1, : layer.heads]
                if layer.heads:
                    measured = heads_summary(
                        kind, weights, self.separators(kind), causal=layer.causal
                    )
                    found += [replace(head, layer=number) for head in measured]
        return found

    def _long_summary(self, long: Long) -> list[Head]:
        """Head by head, as a whole layer in float64 would take a gigabyte."""
        kind, layer = long.detail.kind, long.detail.layer
        causal = self.layers[kind][layer].causal
        return [
            replace(measured, layer=layer, head=head)
            for head in range(long.detail.heads)
            for measured in heads_summary(
                kind, long.matrix(head)[None, None], self.separators(kind), causal=causal
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
    return path


def save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write an .npz, whole or not at all; compressed if that takes no time."""
    size = sum(np.asarray(array).nbytes for array in arrays.values())
    write = np.savez_compressed if size <= COMPRESSED_BYTES else np.savez
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            write(file, **arrays)
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


def check_place(capture: Capture, kind: str, layer: int, head: int | None = None) -> None:
    """Refuse a layer or a head that a capture does not have; both count from 0.

    Raises:
        BadInput: The message says what there is.
    """
    if kind not in capture.kinds:
        why = NO_CROSS if kind == "cross" and kind not in capture.layers else ""
        raise BadInput(
            f"There is no {kind!r} attention of {capture.model} for this text{why}; choose "
            f"{' or '.join(capture.kinds)}."
        )
    if capture.long and layer != capture.long.detail.layer:
        raise BadInput(
            f"Of this long text only {kind} layer {capture.long.detail.layer} was kept; ask for "
            f"layer {layer} to see it."
        )
    layers = capture.layers[kind]
    counts = {"layer": (layer, len(layers))}
    if head is not None and 0 <= layer < len(layers):
        counts["head"] = (head, layers[layer].heads)
    for what, (number, count) in counts.items():
        if not 0 <= number < count:
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
