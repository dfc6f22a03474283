"""The blob that the canvas unpacks: a header in JSON, then arrays; and weights as bytes."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ALIGNMENT = 4

Bytes = NDArray[np.uint8]


def quantised(weights: ArrayLike) -> Bytes:
    """Weights from 0 to 1 as bytes: ⌊255·√w⌉. (byte / 255)² is 0.004 off at most."""
    roots = np.sqrt(np.asarray(weights, np.float32))
    return np.asarray((roots * np.float32(255) + np.float32(0.5)).astype(np.uint8))


def shares(quantities: Bytes) -> NDArray[np.float32]:
    """What `quantised` made of weights, back."""
    return np.asarray(np.square(quantities.astype(np.float32) / 255))


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """One blob: length of the header (4 bytes), header, arrays of uint8 or float32.

    Each array begins at a multiple of 4 bytes; the header says where.
    """
    size = 0
    starts = {}
    for name, array in arrays.items():
        starts[name] = size
        size += -(-array.nbytes // ALIGNMENT) * ALIGNMENT

    def described(start: int) -> bytes:
        return _json({**header, "arrays": {
            name: {"type": array.dtype.name, "shape": list(array.shape), "at": start + starts[name]}
            for name, array in arrays.items()
        }})  # fmt: skip

    # The header says where arrays begin, which depends on its own length: it is padded.
    start = 4 + -(-(len(described(0)) + 12 * len(arrays)) // ALIGNMENT) * ALIGNMENT
    text = described(start).ljust(start - 4)
    parts = [len(text).to_bytes(4, "little"), text]
    for array in arrays.values():
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        parts += [little.tobytes(), b"\0" * (-array.nbytes % ALIGNMENT)]
    return b"".join(parts)


def unpack(blob: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Header and arrays of what `pack` made; the browser does the same."""
    size = int.from_bytes(blob[:4], "little")
    header = json.loads(blob[4 : 4 + size])
    arrays = {}
    for name, place in header["arrays"].items():
        count = int(np.prod(place["shape"]))
        found = np.frombuffer(blob, np.dtype(place["type"]), count, place["at"])
        arrays[name] = found.reshape(place["shape"])
    return header, arrays


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
