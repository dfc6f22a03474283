"""A model's own positions: its scheme, how long its input can be, and the pictures of it."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from numpy.typing import NDArray

from core import record
from core.errors import BadInput
from core.interpret import positions, store
from core.interpret.arrays import load_arrays, save_arrays
from core.models.resolve import ModelRef, shape_of
from core.models.shape import Shape
from core.workspace import Workspace

RECORD = "positions"
METHOD = 3
"""Raise it when something else is read, or in another way: what was kept is then read anew."""
WITHOUT_POSITIONS = ("mamba", "mamba2", "falcon_mamba", "rwkv", "recurrent_gemma")
"""Models that read one word after the other and keep a state: order needs no encoding there."""
T5_MAX_DISTANCE = 128
"""Of every published T5."""


@dataclass(frozen=True)
class Limit:
    """How long the input can be; the sentence is the text `positions.limit.KIND`.

    Attributes:
        kind: "table" (positions end with a learnt table), "waves" (with a fixed one), "trained" (it
            was trained to that length; more is a guess), "saturation" (no end, but far distances
            look alike), "decay" (no end, but far words fade), "built" (the same, but its biases
            are built for so many tokens).
        tokens: The length that the kind speaks of; None where there is none.
        values: Further numbers of the sentence.
    """

    kind: str
    tokens: int | None
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Own:
    """What was read from a model.

    Attributes:
        model: Its name.
        scheme: A name of `core.interpret.schemes.SCHEMES`.
        limit: How long the input can be.
        facts: Numbers and names, units in their keys.
        arrays: What was read or computed from its weights: `encoder_bias`, `decoder_bias`
            (buckets, heads); `table` (positions, dimensions) of the rows `sampled` and `columns`,
            `cosine` (positions, positions) of the same rows, `by_distance`, `components`
            (positions, 2) and their `shares`; `frequency` (pairs,), and `frequency_KIND` of further
            kinds of layers; `slopes` (heads,).
        key: Hash of the model's files and of how they are read, under which it is kept; "" before.
    """

    model: str
    scheme: str
    limit: Limit
    facts: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    key: str = ""


def refuse_without_positions(model: str, kind: str) -> None:
    """Say of a model that has no positions that it has none.

    Raises:
        BadInput: It has none.
    """
    if kind in WITHOUT_POSITIONS:
        raise BadInput(
            f"{model} has no positions to show: a {kind} model reads one word after the other and "
            "keeps a state, so it needs none. Choose a model with attention."
        )


def limit_of(shape: Shape, max_distance: int = T5_MAX_DISTANCE, built: int | None = None) -> Limit:
    """How long the input of a model can be.

    Args:
        shape: Its sizes.
        max_distance: For T5, `relative_attention_max_distance` of its configuration.
        built: For MPT, `max_seq_len`: for so many tokens Transformers builds its biases, once.
    """
    if shape.positions == "t5":
        sizes = {"buckets": shape.relative_buckets, "max_distance": max_distance}
        both = positions.t5_saturation(bidirectional=True, **sizes)
        back = positions.t5_saturation(bidirectional=False, **sizes)
        return Limit("saturation", None, {"both": both, "back": back})
    if shape.positions == "alibi":
        half = positions.half_life(positions.alibi_slopes(shape.heads))
        return Limit("built" if built else "decay", built, {"longest": float(half.max())})
    kind = {"rope": "trained", "learned": "table"}.get(shape.positions, "waves")
    return Limit(kind, shape.max_positions)


def known(ref: ModelRef) -> tuple[str, Limit] | None:
    """Scheme and limit of a model, from its folder or the catalogue, without its weights.

    None if it is on the Hub, not in the catalogue, and was not fetched.

    Raises:
        BadInput: Its config.json is of an architecture that is not known, or has no positions.
    """
    farthest, built = T5_MAX_DISTANCE, None
    if ref.path is not None:
        config = json.loads((ref.path / "config.json").read_text(encoding="utf-8"))
        refuse_without_positions(ref.name, str(config.get("model_type")))
        farthest = config.get("relative_attention_max_distance", farthest)
        built = config.get("max_seq_len")
    shape = shape_of(ref)
    if shape is None:
        return None
    return shape.positions, limit_of(shape, farthest, built)


def save(workspace: Workspace, key: str, own: Own) -> None:
    """Write what was read from a model."""
    path = workspace.capture(key)
    save_arrays(path, own.arrays)
    body = {
        "method": METHOD,
        "model": own.model,
        "scheme": own.scheme,
        "limit": asdict(own.limit),
        "facts": own.facts,
    }
    record.write(path.with_suffix(".json"), RECORD, {"key": key, **body})


def open_own(workspace: Workspace, key: str) -> Own:
    """Read what was read from a model.

    Raises:
        NotFound: There is nothing with that key.
        BadInput: It cannot be read.
    """
    path = workspace.capture(key)
    body = record.read(path.with_suffix(".json"), RECORD)
    limit = Limit(**body["limit"])
    return Own(body["model"], body["scheme"], limit, body["facts"], load_arrays(path), key)


def newest(workspace: Workspace, model: str) -> Own | None:
    """What was last read of a model; None if it never was."""
    for asked in store.records(workspace, RECORD):
        if asked["model"] == model and asked.get("method") == METHOD:
            return open_own(workspace, asked["key"])
    return None
