"""Floating-point operations of a Transformer, from its shape.

A product of an (m × k) and a (k × n) matrix is 2·m·k·n operations. A token costs twice the weights
it passes through; attention adds 4 · length · heads · head_dim for each token and layer (scores and
values over the whole length, as PaLM, Megatron-LM and MosaicML count, causal or not). Backward is
twice forward; with a frozen base only once, for the weights have no gradient; checkpointing every
layer runs the layers forward once more. (Korthikanti et al. 2022, arXiv:2205.05198, section 5;
Narayanan et al. 2021, arXiv:2104.04473, appendix.)
"""

from dataclasses import dataclass
from typing import Any

from core.models.shape import Shape

FLOPS_PER_WEIGHT = 2
LORA_RANK = 16
Number = Any
"""A number, or a NumPy array of them."""


@dataclass(frozen=True)
class Flops:
    """Operations by part: matrix products of the layers, attention, output vocabulary."""

    layers: Number
    attention: Number
    head: Number

    @property
    def total(self) -> Number:
        """All parts."""
        return self.layers + self.attention + self.head

    def scaled(self, layers: float, head: float) -> "Flops":
        """Multiply: layers and attention by one factor, the output vocabulary by another."""
        return Flops(self.layers * layers, self.attention * layers, self.head * head)


def attention_weights(shape: Shape) -> int:
    """Matrix entries of one attention block."""
    return 2 * shape.hidden * shape.head_dim * (shape.heads + shape.kv_heads)


def mlp_weights(shape: Shape) -> int:
    """Matrix entries that one token passes through in a feed-forward block, router included."""
    expert = (3 if shape.gated_mlp else 2) * shape.hidden * shape.ffn
    router = shape.hidden * shape.experts if shape.experts > 1 else 0
    return shape.experts_active * expert + router


def forward(
    shape: Shape, sequences: Number, length: Number, target_length: Number | None = None
) -> Flops:
    """One forward pass over some sequences.

    Args:
        shape: The model.
        sequences: How many.
        length: Tokens of each; of an encoder-decoder the tokens of its input.
        target_length: Tokens that the decoder of an encoder-decoder sees; None = as many.
    """
    block = attention_weights(shape) + mlp_weights(shape)
    score = 2 * FLOPS_PER_WEIGHT * shape.heads * shape.head_dim
    vocabulary = FLOPS_PER_WEIGHT * shape.hidden * shape.vocab
    if shape.family != "encoder-decoder":
        tokens = sequences * length
        return Flops(
            layers=FLOPS_PER_WEIGHT * tokens * shape.layers * block,
            attention=score * tokens * length * shape.layers,
            head=tokens * vocabulary if shape.generates else 0.0,
        )
    target = length if target_length is None else target_length
    keys = 2 * shape.hidden * shape.head_dim * shape.kv_heads
    queries = attention_weights(shape) - keys
    encoder = length * shape.encoder_layers * block
    decoder = shape.layers * (target * (block + queries) + length * keys)
    pairs = shape.encoder_layers * length**2 + shape.layers * target * (target + length)
    return Flops(
        layers=FLOPS_PER_WEIGHT * sequences * (encoder + decoder),
        attention=score * sequences * pairs,
        head=sequences * target * vocabulary,
    )


def training(
    shape: Shape,
    sequences: float,
    length: int,
    target_length: int | None = None,
    *,
    frozen_base: bool = False,
    recompute: bool = False,
) -> Flops:
    """Forward and backward over some sequences; `recompute` = every layer is checkpointed."""
    backward = 1 if frozen_base else 2
    once = forward(shape, sequences, length, target_length)
    return once.scaled(1 + backward + int(recompute), 1 + backward)


def lora_parameters(shape: Shape, rank: int = LORA_RANK) -> int:
    """Parameters of adapters of a rank on every matrix of every layer.

    A matrix of m × n gets rank · (m + n).
    """
    queries, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    attention = 2 * (shape.hidden + queries) + 2 * (shape.hidden + keys)
    blocks = shape.all_layers + (shape.layers if shape.family == "encoder-decoder" else 0)
    mlp = (3 if shape.gated_mlp else 2) * (shape.hidden + shape.ffn) * shape.experts
    return rank * (blocks * attention + shape.all_layers * mlp)


def sequence_tokens(shape: Shape, length: Number, target_length: Number | None = None) -> Number:
    """Tokens of one sequence: input and target together for an encoder-decoder."""
    if shape.family != "encoder-decoder":
        return length
    return length + (length if target_length is None else target_length)


def cache_elements_per_token(shape: Shape) -> int:
    """Keys and values that one token leaves in the cache of the decoder (0 for an encoder)."""
    return 2 * shape.layers * shape.kv_heads * shape.head_dim if shape.generates else 0
