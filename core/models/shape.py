"""A model's shape, and how many parameters follow from it: no weights, no download.

`Shape` holds what `config.json` says of sizes; `parameters` counts every weight exactly (the test
holds the counts against published ones and against Transformers). Costs are computed from shapes.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from core.errors import BadInput
from core.units import GIGA, MEGA, TERA

Family = Literal["encoder", "decoder", "encoder-decoder"]
Positions = Literal["learned", "rope", "t5", "sinusoidal", "alibi"]
Bias = Literal["none", "qkv", "all"]


@dataclass(frozen=True)
class Shape:
    """Sizes of a Transformer; widths in numbers, not bytes.

    `layers` counts the only stack, or the decoder's of an encoder-decoder; `encoder_layers` is 0
    unless the family is "encoder-decoder". `kv_heads` < `heads` is grouped-query attention.
    """

    family: Family
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    gated_mlp: bool
    vocab: int
    tied_embeddings: bool
    positions: Positions
    max_positions: int | None = None
    encoder_layers: int = 0
    experts: int = 1
    experts_active: int = 1
    attention_bias: Bias = "none"
    mlp_bias: bool = False
    norm_bias: bool = False
    norms_per_layer: int = 2
    """Besides the one of cross-attention."""
    qk_norm: bool = False
    embedding_norm: bool = False
    final_norm: bool = True
    position_rows: int = 0
    """Rows of a learned position table, in each stack."""
    token_types: int = 0
    relative_buckets: int = 0
    """T5: buckets of the relative bias, one table in each stack."""
    head_parameters: int = 0
    """Parameters of pooler and task head, apart from an untied output embedding."""

    @property
    def stacks(self) -> int:
        """2 for an encoder-decoder, else 1."""
        return 2 if self.family == "encoder-decoder" else 1

    @property
    def all_layers(self) -> int:
        """Layers of all stacks."""
        return self.layers + self.encoder_layers

    @property
    def generates(self) -> bool:
        """Whether it has a decoder, and so writes one token after the other."""
        return self.family != "encoder"


@dataclass(frozen=True)
class ParameterCounts:
    """Parameters by part. `active` is what one token passes through: all but the idle experts."""

    embedding: int
    attention: int
    mlp: int
    norms: int
    head: int
    total: int
    active: int


def attention_parameters(shape: Shape) -> int:
    """Weights and biases of one attention block: queries, keys, values, output."""
    queries, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    weights = 2 * shape.hidden * queries + 2 * shape.hidden * keys
    biases = {"none": 0, "qkv": queries + 2 * keys, "all": queries + 2 * keys + shape.hidden}
    return weights + biases[shape.attention_bias] + (2 * shape.head_dim if shape.qk_norm else 0)


def expert_parameters(shape: Shape) -> int:
    """Weights and biases of one feed-forward block (one expert of a mixture)."""
    matrices = 3 if shape.gated_mlp else 2
    biases = (matrices - 1) * shape.ffn + shape.hidden if shape.mlp_bias else 0
    return matrices * shape.hidden * shape.ffn + biases


def parameters(shape: Shape) -> ParameterCounts:
    """Count the parameters of a shape, exactly."""
    hidden, layers = shape.hidden, shape.all_layers
    cross = shape.layers if shape.family == "encoder-decoder" else 0
    expert = expert_parameters(shape)
    router = hidden * shape.experts if shape.experts > 1 else 0
    norm = hidden * (2 if shape.norm_bias else 1)
    bias_tables = shape.relative_buckets * shape.heads * shape.stacks

    embedding = hidden * (shape.vocab + shape.position_rows * shape.stacks + shape.token_types)
    attention = (layers + cross) * attention_parameters(shape) + bias_tables
    mlp = layers * (shape.experts * expert + router)
    norms = norm * (
        layers * shape.norms_per_layer
        + cross
        + shape.stacks * (int(shape.final_norm) + int(shape.embedding_norm))
    )
    head = shape.head_parameters + (0 if shape.tied_embeddings else shape.vocab * hidden)
    total = embedding + attention + mlp + norms + head
    idle = layers * (shape.experts - shape.experts_active) * expert
    return ParameterCounts(embedding, attention, mlp, norms, head, total, total - idle)


def from_config(config: dict[str, Any]) -> Shape:
    """Read the shape out of a parsed `config.json`.

    Raises:
        BadInput: The model type is not known, or a size is missing.
    """
    from core.models.dialects import read

    return read(config)


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([MBT])", re.IGNORECASE)
_SCALES = {"M": MEGA, "B": GIGA, "T": TERA}
_SMALLEST, _LARGEST = 10 * MEGA, 2 * TERA
_SIZE_VOCAB = 32_000


@lru_cache(maxsize=256)
def from_size(size: str) -> Shape:
    """A plausible decoder of about a size such as "7B", "350M" or "1.5B".

    The rule, which the golden test holds against Mistral-7B and GPT-2: from 1 B on, heads of 128,
    8 key-value heads, gated MLP of 3.5 × hidden, about 128 hidden per layer, untied embeddings;
    below, heads of 64, as many key-value heads, MLP of 4 × hidden, about 64 hidden per layer, tied
    embeddings. The vocabulary has 32,000 entries. Of all such shapes the one nearest in size wins.

    Raises:
        BadInput: Not a size, or outside 10M to 2T.
    """
    match = _SIZE.fullmatch(size.strip())
    wanted = float(match[1]) * _SCALES[match[2].upper()] if match else 0.0
    if not _SMALLEST <= wanted <= _LARGEST:
        raise BadInput(
            f"{size!r} is not a model size; give one from 10M to 2T, such as 350M or 7B."
        )
    large = wanted >= GIGA
    ratio, step = (128, 512) if large else (64, 64)
    shapes = (
        _decoder(layers, hidden, large)
        for layers in (*range(2, 8), *range(8, 200, 4))
        for hidden in range(step * max(1, ratio * layers // (2 * step)), 2 * ratio * layers, step)
        if 0.5 <= _about(layers, hidden, large) / wanted <= 2
    )
    return min(shapes, key=lambda shape: _misfit(shape, wanted, ratio))


def _about(layers: int, hidden: int, large: bool) -> float:
    """Parameters of such a decoder without its small parts, to pass over what is far off."""
    return (12.5 if large else 12) * layers * hidden**2 + (1 + large) * _SIZE_VOCAB * hidden


def _decoder(layers: int, hidden: int, large: bool) -> Shape:
    head_dim = 128 if large else 64
    heads = max(1, hidden // head_dim)
    return Shape(
        family="decoder",
        layers=layers,
        hidden=heads * head_dim,
        heads=heads,
        kv_heads=min(8, heads) if large else heads,
        head_dim=head_dim,
        ffn=heads * head_dim * 7 // 2 if large else 4 * heads * head_dim,
        gated_mlp=large,
        vocab=_SIZE_VOCAB,
        tied_embeddings=not large,
        positions="rope",
    )


def _misfit(shape: Shape, wanted: float, ratio: int) -> float:
    """Relative error of the size, plus a little for an unusual ratio of width to depth.

    And for heads of a large model that a machine of eight GPUs cannot share.
    """
    size = abs(parameters(shape).total / wanted - 1)
    aspect = shape.hidden / shape.layers / ratio
    uneven = 0.05 if shape.kv_heads < shape.heads and shape.heads % 8 else 0.0
    return size + 0.1 * abs(max(aspect, 1 / aspect) - 1) + uneven
