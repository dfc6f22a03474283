"""Nested state (an optimizer's, a generator's) as tensors and JSON, and back, without pickle.

{"state": {0: {"exp_avg": tensor}}}  ->  {"$map": [["state", {"$map": [[0, ...]]}]]}, {"0": tensor}
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

MAP, TUPLE, TENSOR, ARRAY = "$map", "$tuple", "$tensor", "$array"


def pack(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Return `value` as JSON; its tensors and arrays are added to `tensors`, each under a number.

    Args:
        value: Dicts (keys: text or whole numbers), lists, tuples, tensors, arrays, plain values.
        tensors: What is added to.

    Raises:
        TypeError: Something in it is of another kind and would not come back as it was.
    """
    if isinstance(value, np.ndarray):
        return {ARRAY: _added(tensors, torch.from_numpy(value.copy()))}
    if isinstance(value, Tensor):
        return {TENSOR: _added(tensors, value.detach().contiguous())}
    if isinstance(value, dict):
        return {MAP: [[_key(key), pack(inner, tensors)] for key, inner in value.items()]}
    if isinstance(value, list):
        return [pack(inner, tensors) for inner in value]
    if isinstance(value, tuple):
        return {TUPLE: [pack(inner, tensors) for inner in value]}
    if isinstance(value, np.integer | np.floating):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be kept in a checkpoint")


def unpack(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The opposite of `pack`."""
    if isinstance(value, list):
        return [unpack(inner, tensors) for inner in value]
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    if kind == MAP:
        return {key: unpack(one, tensors) for key, one in inner}
    if kind == TUPLE:
        return tuple(unpack(one, tensors) for one in inner)
    return tensors[inner].numpy() if kind == ARRAY else tensors[inner]


def _added(tensors: dict[str, Tensor], value: Tensor) -> str:
    name = str(len(tensors))
    tensors[name] = value
    return name


def _key(key: object) -> str | int:
    if isinstance(key, str | int):
        return key
    raise TypeError(f"the key {key!r} cannot be kept in a checkpoint")
