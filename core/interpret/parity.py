"""Is the picture the model's own attention? The weights and the output, computed another way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import WorkFailed
from core.interpret import tap
from core.interpret.facts import Parity

TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "float16": 5e-3, "bfloat16": 2e-2}
"""Largest allowed error of a weight, and of an output relative to the largest output."""
Outputs = dict[str, Tensor]


def allowed(
    kind: str, queries: int, keys: Tensor, visible: Tensor | None, window: int | None = None
) -> Tensor:
    """Where a query may look, by the rules and not by the model's word alone.

    Args:
        kind: A "decoder" looks back only.
        queries: How many there are.
        keys: Which keys are tokens and which padding, bool (batch, keys).
        visible: What the layer's own mask allows, bool (batch, queries, keys), if known.
        window: How many tokens back a query of a decoder sees, itself included.

    Returns:
        bool (batch, queries, keys).
    """
    may = keys[:, None, :].expand(-1, queries, -1)
    if visible is not None:
        may = may & visible
    if kind == "decoder":
        places = torch.arange(keys.shape[1], device=keys.device)
        back = places[keys.shape[1] - queries :, None] - places[None, :]
        may = may & (back >= 0)
        if window is not None:
            may = may & (back < window)
    return may


@dataclass
class Errors:
    """The largest errors of all weights that were looked at so far; a NaN stays one.

    Attributes:
        attention: None until weights were compared with a recomputation.
        rows: How far a row is from adding up to 1.
        mask: Largest weight where a query may not look.
    """

    attention: float | None = None
    rows: float = 0.0
    mask: float = 0.0

    def add(self, own: Tensor, again: Tensor | None, may: Tensor, shown: Tensor) -> None:
        """Look at some heads of a layer.

        Args:
            own: The model's weights, (batch, heads, queries, keys).
            again: The same recomputed, if they can be.
            may: Where a query may look, bool (batch, queries, keys).
            shown: Which queries are drawn, bool (batch, queries): padding is not.

        Raises:
            WorkFailed: The shapes differ, so there is nothing to compare.
        """
        # A query that may look nowhere gets even weights from a softmax: it is not drawn either.
        rows = (shown & may.any(-1))[:, None, :]
        weights = own.double()
        if again is not None:
            if own.shape != again.shape:
                raise WorkFailed(
                    f"The attention has the shape {tuple(own.shape)} and recomputed "
                    f"{tuple(again.shape)}; the picture cannot be checked, so it is not drawn."
                )
            differences = (weights - again).abs_() * rows[..., None]
            self.attention = _larger(self.attention or 0.0, differences)
        self.rows = _larger(self.rows, (weights.sum(-1) - 1).abs() * rows)
        self.mask = _larger(self.mask, weights * (rows[..., None] & ~may[:, None]))


def _larger(before: float, tensor: Tensor) -> float:
    # numpy's maximum, unlike Python's, lets no NaN slip through.
    return float(np.maximum(before, float(tensor.max()))) if tensor.numel() else before


def numbers(outputs: Any) -> Outputs:
    """What a model put out, by name, without what it keeps of its inside."""
    return {
        name: value
        for name, value in outputs.items()
        if torch.is_tensor(value) and value.is_floating_point()
    }


def service(model: Any, inputs: dict[str, Any], *, capped: bool) -> Iterable[Outputs]:
    """The output with the kernel that serves requests, where the model can use it.

    Args:
        model: A Transformers model.
        inputs: What goes into it.
        capped: Whether a layer caps its scores, which no fused kernel does.
    """
    if model._can_set_attn_implementation() and (not model._supports_sdpa or capped):
        return
    # A model with code of its own goes its own way; it must be the same without the weights.
    with tap.attention(model, "sdpa"):
        yield numbers(model(**inputs))


def output_error(
    first: Outputs, others: Iterable[Outputs], shown: dict[str, Tensor]
) -> tuple[float, float]:
    """Largest difference of any output from the first, and the largest output.

    Args:
        first: What came out of plain attention.
        others: The same, computed another way.
        shown: Which queries are tokens and not padding, for "encoder" and for "" (the rest).
    """
    error = largest = 0.0
    for other in others:
        for name, value in first.items():
            where = shown["encoder" if name.startswith("encoder_") else ""]
            mine, theirs = value, other[name]
            if value.shape[:2] == where.shape:
                mine, theirs = mine[where], theirs[where]
            error = _larger(error, (mine - theirs).abs())
            largest = _larger(largest, mine.abs())
    return error, largest


def measured(errors: Errors, output: tuple[float, float], dtype: str) -> Parity:
    """The errors with what each may be.

    Args:
        errors: Of the weights.
        output: What `output_error` gave.
        dtype: Type of the model's weights.
    """
    return Parity(
        attention_max_abs_error=errors.attention,
        output_max_abs_error=output[0],
        row_sum_error=errors.rows,
        attention_tolerance=TOLERANCE[dtype],
        output_tolerance=TOLERANCE[dtype] * max(1.0, output[1]),
        dtype=dtype,
        mask_max_weight=errors.mask,
    )


def check(parity: Parity, name: str) -> None:
    """Refuse a picture that is not the model's own attention; NaN is over every tolerance.

    Raises:
        WorkFailed: An error is over its tolerance; the message says which, and by how much.
    """
    for what, error, limit in (
        ("its attention weights differ from a recomputation by",
         parity.attention_max_abs_error, parity.attention_tolerance),
        ("a row of its attention weights misses 1 by",
         parity.row_sum_error, parity.attention_tolerance),
        ("where its mask forbids a look there is a weight of",
         parity.mask_max_weight, parity.attention_tolerance),
        ("its output differs from the one in service by",
         parity.output_max_abs_error, parity.output_tolerance),
    ):  # fmt: skip
        if error is not None and not error <= limit:
            raise WorkFailed(
                f"The attention of {name} is not drawn: {what} {error:.2g}, and {limit:.2g} is "
                f"the most for {parity.dtype}."
            )


def dtype_of(model: Any) -> str:
    """Type of a model's weights: "float32"."""
    dtypes = (part.dtype for part in model.parameters() if part.is_floating_point())
    return str(next(dtypes)).removeprefix("torch.")
