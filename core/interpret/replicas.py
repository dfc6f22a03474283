"""Dropout replicas of a model: the same weights, disturbed a little, each time differently."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from core.interpret.tap import Call, attending

RATE = 0.1
"""What most Transformers are trained with."""


@contextmanager
def replica(
    model: Any, seen: dict[str, list[Tensor]], seed: int, rate: float = RATE
) -> Iterator[None]:
    """Run a model with dropout, and collect its attention weights as they are before their own.

    Dropout acts wherever the model has a module for it, and on the attention weights after they
    were noted; where it has none (Llama), on what its embedding gives. The model is left as it was.

    Args:
        model: In evaluation mode.
        seen: Gets, by kind, (batch, heads, queries, keys) of each layer.
        seed: Of the mask.
        rate: Share of numbers that are dropped.
    """

    def attend(call: Call) -> Tensor:
        weights = call.weights(torch.float32)
        seen.setdefault(call.kind, []).append(weights)
        return call.mix(dropout(weights, rate))

    modules = [module for module in model.modules() if isinstance(module, nn.Dropout)]
    before = [(module.p, module.training) for module in modules]
    with torch.random.fork_rng(devices=_devices(model)), attending(model, attend):
        torch.manual_seed(seed)
        with nullcontext() if modules else _embedding(model, rate):
            try:
                for module in modules:
                    module.p, module.training = rate, True
                yield
            finally:
                for module, (p, training) in zip(modules, before, strict=True):
                    module.p, module.training = p, training


@contextmanager
def _embedding(model: Any, rate: float) -> Iterator[None]:
    def drop(_module: Any, _inputs: Any, found: Tensor) -> Tensor:
        return dropout(found, rate)

    handle = model.get_input_embeddings().register_forward_hook(drop)
    try:
        yield
    finally:
        handle.remove()


def _devices(model: Any) -> list[int]:
    return [model.device.index or 0] if model.device.type == "cuda" else []
