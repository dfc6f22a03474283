"""The weights of a model that training changes, and how they are put back."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from core.errors import BadInput


def trained(model: Any) -> dict[str, Tensor]:
    """Trained parameters and the buffers that are saved with a model, each once, by name.

    What is frozen is as the base has it and need not be kept.
    """
    kept = set(model.state_dict())
    found = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    return {**found, **{name: b for name, b in model.named_buffers() if name in kept}}


def put(model: Any, weights: Mapping[str, Tensor]) -> None:
    """Copy weights into a model, in place.

    Raises:
        BadInput: They are not this model's.
    """
    own = trained(model)
    if {name: w.shape for name, w in own.items()} != {name: w.shape for name, w in weights.items()}:
        raise BadInput("The checkpoint's weights are not those of this model; start a new run.")
    with torch.no_grad():
        for name, value in own.items():
            value.copy_(weights[name])


def all_finite(weights: Mapping[str, Tensor]) -> bool:
    """Whether every weight is a number."""
    return all(bool(w.isfinite().all()) for w in weights.values() if w.is_floating_point())
