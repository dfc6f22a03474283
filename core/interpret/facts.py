"""Facts of a capture: how true it is, what its layers are like, what part of a text was read."""

from dataclasses import dataclass

FLOAT_BYTES = 4


@dataclass(frozen=True)
class Parity:
    """How far the picture is from an independent computation of the same thing.

    Attributes:
        attention_max_abs_error: Largest difference between the model's own attention weights and
            the same weights recomputed in float64 from its queries and keys. None where the model
            computes attention with code of its own (Bloom, MPT) and hands out no queries and keys:
            then the picture is the model's own output, and there is nothing to recompute it from.
        output_max_abs_error: Largest difference in the model's output between this way of
            computing attention and the one that the model uses in service.
        row_sum_error: How far a row of weights is from adding up to 1, at most.
        attention_tolerance: What the first, the third and the mask's may be, for the type of the
            weights.
        output_tolerance: What the second may be: relative to the largest output.
        dtype: Type of the weights ("float32").
        mask_max_weight: Largest weight where a query may not look: a later token, one beyond the
            sliding window, padding.
    """

    attention_max_abs_error: float | None
    output_max_abs_error: float
    row_sum_error: float
    attention_tolerance: float
    output_tolerance: float
    dtype: str
    mask_max_weight: float = 0.0


@dataclass(frozen=True)
class Layer:
    """What is known of one attention layer.

    Attributes:
        heads: Number of heads; 0 for a layer whose rows and columns are not the text's tokens.
        key_heads: Number of key and value heads: fewer than heads where several heads share one
            (grouped-query attention). None where the model does not tell.
        window: How many tokens back a query sees, itself included; None = all. Where it is not
            causal, as many ahead.
        causal: Whether a query sees itself and what stands before it only.
    """

    heads: int
    key_heads: int | None
    window: int | None
    causal: bool


def all_bytes(layers: dict[str, tuple[Layer, ...]], source: int, target: int) -> int:
    """Memory of every layer's weights in float32.

    Args:
        layers: By kind.
        source: Tokens of the text.
        target: Tokens that a decoder beside an encoder reads.
    """
    alone = not {"encoder", "cross"} & layers.keys()
    cells = {
        "encoder": source * source,
        "cross": target * source,
        "decoder": source * source if alone else target * target,
    }
    return FLOAT_BYTES * sum(layer.heads * cells[kind] for kind in layers for layer in layers[kind])


@dataclass(frozen=True)
class Span:
    """Which part of a text was read. Tokens are counted from 1, special tokens not.

    Attributes:
        window: Which window of the text, from 1.
        windows: How many there are.
        first: First token of the text that was read.
        last: Last token of the text that was read.
        total: Tokens of the text.
        cut_target: Tokens at the target's end that were not read.
    """

    window: int = 1
    windows: int = 1
    first: int = 1
    last: int = 0
    total: int = 0
    cut_target: int = 0

    @property
    def cut_tokens(self) -> int:
        """Tokens of the text that were not read."""
        return self.total - (self.last - self.first + 1)
