"""Is the picture the model's own attention? The weights and the output, computed another way."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import WorkFailed
from core.interpret import tap
from core.interpret.store import Parity
from core.interpret.tap import Tapped

TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "float16": 5e-3, "bfloat16": 2e-2}
"""Largest allowed error of a weight, and of an output relative to the largest output."""


def assign(calls: list[Tapped], own: dict[str, list[Tensor]]) -> dict[str, list[Tensor]]:
    """Recomputed weights by kind, layer by layer."""
    if len(calls) != sum(map(len, own.values())):
        raise WorkFailed(
            f"{len(calls)} attention layers could be recomputed and the model reports "
            f"{sum(map(len, own.values()))}; the picture cannot be checked, so it is not drawn."
        )
    return {kind: [call.weights for call in calls if call.kind == kind] for kind in own}


def service(model: Any, inputs: dict[str, Tensor], calls: list[Tapped]) -> list[Any]:
    """The output with the kernel that serves requests, where the model can use it."""
    if not model._supports_sdpa or any(call.softcap for call in calls):
        return []
    with tap.attention(model, "sdpa"):
        return [model(**inputs)]


def output_error(eager: Any, others: list[Any]) -> tuple[float, float]:
    """Largest difference of any output from the eager one, and the largest output."""
    outputs = {
        name: value
        for name, value in eager.items()
        if torch.is_tensor(value) and value.is_floating_point()
    }
    errors = [
        float((v - other[name]).abs().max()) for name, v in outputs.items() for other in others
    ]
    largest = [float(value.abs().max()) for value in outputs.values()]
    # numpy's maximum, unlike Python's, lets no NaN slip through.
    return float(np.max(errors)), float(np.max(largest))


def measure(
    own: dict[str, list[Tensor]], recomputed: dict[str, list[Tensor]],
    output: tuple[float, float], dtype: str,
) -> Parity:  # fmt: skip
    """Compare the weights layer by layer.

    Args:
        own: The model's own weights by kind, (batch, heads, queries, keys) a layer.
        recomputed: The same, computed again.
        output: What `output_error` gave.
        dtype: Type of the model's weights.

    Raises:
        WorkFailed: The shapes differ, so there is nothing to compare.
    """
    errors, sums = [], []
    for kind, tensors in own.items():
        for mine, other in zip(tensors, recomputed[kind], strict=True):
            if mine.shape != other.shape:
                raise WorkFailed(
                    f"The {kind} attention has the shape {tuple(mine.shape)} and recomputed "
                    f"{tuple(other.shape)}; the picture cannot be checked, so it is not drawn."
                )
            errors.append(float((mine.double() - other).abs().max()))
            sums.append(float((mine.double().sum(-1) - 1).abs().max()))
    return Parity(
        attention_max_abs_error=float(np.max(errors)),
        output_max_abs_error=output[0],
        row_sum_error=float(np.max(sums)),
        attention_tolerance=TOLERANCE[dtype],
        output_tolerance=TOLERANCE[dtype] * max(1.0, output[1]),
        dtype=dtype,
    )


def check(parity: Parity, name: str) -> None:
    """Refuse a picture that is not the model's own attention; NaN is over every tolerance.

    Raises:
        WorkFailed: An error is over its tolerance; the message says which, and by how much.
    """
    for what, error, allowed in (
        ("its attention weights differ from a recomputation by",
         parity.attention_max_abs_error, parity.attention_tolerance),
        ("a row of its attention weights misses 1 by",
         parity.row_sum_error, parity.attention_tolerance),
        ("its output differs from the one in service by",
         parity.output_max_abs_error, parity.output_tolerance),
    ):  # fmt: skip
        if not error <= allowed:
            raise WorkFailed(
                f"The attention of {name} is not drawn: {what} {error:.2g}, and {allowed:.2g} is "
                f"the most for {parity.dtype}."
            )


def dtype_of(model: Any) -> str:
    """Type of a model's weights: "float32"."""
    return str(next(model.parameters()).dtype).removeprefix("torch.")
