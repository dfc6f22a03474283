"""One layer's queries, keys and values, while all the others run as they do in service."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import BadInput
from core.interpret import tap
from core.interpret.detail import Detail
from core.interpret.tap import Call


def read_layer(model: Any, inputs: dict[str, Any], kind: str, layer: int) -> Detail:
    """Run the model once and keep what one attention layer worked with.

    Args:
        model: A Transformers model.
        inputs: What goes into it; the first row of the batch is kept.
        kind: "encoder", "decoder" or "cross".
        layer: Counted from 0 within its kind.

    Raises:
        BadInput: The model has no such layer, or computes its attention with its own code.
    """
    kept: list[Detail] = []

    def attend(call: Call) -> Tensor:
        if (call.kind, call.layer) == (kind, layer):
            kept.append(detail_of(call))
        return call.fused()

    with torch.no_grad(), tap.attending(model, attend):
        model(**inputs)
    if not kept:
        raise BadInput(
            f"The queries and keys of {kind} layer {layer} cannot be read: the model has no such "
            "layer, or computes its attention with code of its own; choose another."
        )
    return kept[0]


def detail_of(call: Call) -> Detail:
    """What a layer was called with, as arrays, for the first text of the batch."""
    bias = None if call.bias is None or not call.bias.any() else _array(call.bias)
    return Detail(
        call.kind, call.layer, _array(call.query), _array(call.key), _array(call.value), bias,
        call.visible()[0].cpu().numpy(), call.scaling, call.softcap,
    )  # fmt: skip


def _array(tensor: Tensor) -> Any:
    """The first of a batch, float32."""
    return np.ascontiguousarray(tensor[0].detach().float().cpu().numpy())
