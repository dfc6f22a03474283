"""A second, independent reading of a model's attention weights.

While the tap is on, every attention layer that uses Transformers' attention interface hands over
its queries and keys, after any rotation. The weights are computed again from these in float64,
softmax(Q·Kᵀ·scaling + bias + mask), with none of the model's own attention code.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

NAME = "assay-tap"


@dataclass(frozen=True)
class Tapped:
    """One attention layer's work in one forward pass.

    Attributes:
        weights: (batch, heads, queries, keys), float64.
        head_dim: Size of a key, the d_k of the formula.
        scaling: What the scores were multiplied with: 1/√d_k, or 1 for T5.
        causal: Whether the layer looks back only.
        softcap: Whether scores were capped, which the fused kernel cannot do.
    """

    weights: Tensor
    head_dim: int
    scaling: float
    causal: bool
    softcap: bool


def weigh(
    query: Tensor,
    key: Tensor,
    scaling: float,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    softcap: float | None = None,
) -> Tensor:
    """Attention weights in float64.

    Args:
        query: (batch, heads, queries, d_k).
        key: (batch, key heads, keys, d_k); with fewer key heads, each serves a group of heads.
        scaling: Multiplies Q·Kᵀ.
        mask: Added to the scores: 0, or a very low number where a query may not look.
        bias: Added to the scores: T5's bias by distance.
        softcap: Scores become softcap·tanh(score/softcap) (Gemma 2).
    """
    groups = query.shape[1] // key.shape[1]
    keys = key.double().repeat_interleave(groups, dim=1)
    scores = torch.einsum("bhqd,bhkd->bhqk", query.double(), keys) * scaling
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    if bias is not None:
        scores = scores + bias.double()
    if mask is not None:
        scores = scores + mask.double()
    return scores.softmax(-1)


@contextmanager
def attention(model: Any, implementation: str) -> Iterator[None]:
    """Run a model with another implementation of attention, then give it back its own."""
    before = model.config._attn_implementation
    model.set_attn_implementation(implementation)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


@contextmanager
def tapped(model: Any) -> Iterator[list[Tapped]]:
    """Collect every attention layer's work, in the order in which the layers run."""
    calls: list[Tapped] = []

    def layer(
        module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None,
        scaling: float | None = None, position_bias: Tensor | None = None,
        softcap: float | None = None, **_: Any,
    ) -> tuple[Tensor, None]:  # fmt: skip
        factor = query.shape[-1] ** -0.5 if scaling is None else float(scaling)
        weights = weigh(query, key, factor, mask, position_bias, softcap)
        causal = bool(getattr(module, "is_causal", False))
        calls.append(Tapped(weights, query.shape[-1], factor, causal, softcap is not None))
        values = value.double().repeat_interleave(query.shape[1] // value.shape[1], dim=1)
        return (weights @ values).to(query.dtype).transpose(1, 2).contiguous(), None

    AttentionInterface.register(NAME, layer)
    AttentionMaskInterface.register(NAME, eager_mask)
    with attention(model, NAME):
        yield calls
