"""Heads with a gate each: what a head adds is multiplied by a number, 1 as it is, 0 switched off.

The derivative of the loss with respect to a gate says what a small change of it would do (Michel,
Levy and Neubig 2019, "Are Sixteen Heads Really Better than One?"); a gate of 0 does it in full.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from core.errors import BadInput
from core.interpret.captured import KINDS
from core.interpret.tap import Call, attending

Place = tuple[str, int]
"""Kind and layer."""


@contextmanager
def gated(model: Any, gates: Mapping[Place, Tensor]) -> Iterator[None]:
    """Run a model with gates on its heads.

    Attention itself is done by the kernel that serves requests, so gates of 1 change nothing.

    Args:
        model: Any whose attention goes through Transformers' interface.
        gates: (heads,) for all rows of a batch, or (batch, heads) for each its own; a layer that is
            not named is left as it is.
    """

    def attend(call: Call) -> Tensor:
        mixed = call.fused()
        gate = gates.get((call.kind, call.layer))
        return mixed if gate is None else mixed * gate.to(mixed.dtype)[..., :, None, None]

    with attending(model, attend):
        yield


def layout(model: Any, inputs: Mapping[str, Tensor], name: str) -> dict[Place, int]:
    """How many heads each layer has, by kind (encoder, decoder, cross) and layer.

    Args:
        model: Loaded.
        inputs: One batch for it.
        name: The model's, for the message.

    Raises:
        BadInput: It computes attention with its own code, which cannot be reached.
    """
    found: dict[Place, int] = {}

    def attend(call: Call) -> Tensor:
        found[call.kind, call.layer] = int(call.query.shape[1])
        return call.fused()

    with torch.inference_mode(), attending(model, attend):
        model(**inputs)
    if not found:
        raise BadInput(
            f"{name} ({model.config.model_type}) computes attention with code of its own, so its "
            "heads can be looked at and not switched off; choose a model of another architecture."
        )
    return dict(sorted(found.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1])))


def switched_off(
    layers: Mapping[Place, int], heads: Sequence[tuple[str, int, int]], device: Any
) -> dict[Place, Tensor]:
    """Gates that are 0 for some heads (kind, layer, head) and 1 for the others of their layers."""
    gates = {
        (kind, layer): torch.ones(layers[kind, layer], device=device) for kind, layer, _ in heads
    }
    for kind, layer, head in heads:
        gates[kind, layer][head] = 0.0
    return gates


def open_gates(layers: Mapping[Place, int], rows: int, device: Any) -> dict[Place, Tensor]:
    """Gates of 1 for each row of a batch, with respect to which a loss can be derived."""
    return {
        place: torch.ones(rows, heads, device=device, requires_grad=True)
        for place, heads in layers.items()
    }
