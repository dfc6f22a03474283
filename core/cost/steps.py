"""How long one step of serving takes: a roofline, plus the time to launch each layer.

    products   weights read and operations done, whichever is longer, with a soft corner:
               (read³ + compute³)^(1/3)
    attention  keys and values read, or computed (decoding does that slowly)
    launches   LAUNCH_SECONDS for each layer, whatever the model: for small models and small
               batches this is all there is
    all-reduce two a layer where the layer is spread over GPUs

The seven constants are for a compiled engine (TensorRT-LLM, FasterTransformer, TurboMind alike);
they are judged in `core.cost.backtest`.
"""

from dataclasses import dataclass

from core.cost.hardware import Gpu
from core.cost.transformer import attention_weights, cache_elements_per_token, forward
from core.models.shape import Shape, expert_parameters

READ_SHARE = 0.85
"""Of the memory bandwidth, reading weights."""
COMPUTE_SHARE = 0.80
"""Of the peak, multiplying matrices."""
ATTENTION_FLOPS_PER_SECOND = 14e12
"""Decoding attention: one query against the cache, so hardly any reuse."""
PREFILL_ATTENTION_SHARE = 0.32
"""Of the peak, attention over a whole prompt."""
LAUNCH_SECONDS = 94e-6
ALL_REDUCE_SECONDS = 35e-6
EXPERT_SHARE = 0.65
"""Matrix products of a mixture of experts against those of a dense model."""


@dataclass(frozen=True)
class Precision:
    """Bytes of a stored weight; `computes` is the rate of products against 16-bit ones."""

    name: str
    weight_bytes: float
    computes: float


PRECISIONS = (
    Precision("fp16", 2.0, 1.0),
    Precision("int8", 1.0, 1.0),
    Precision("int4", 0.5625, 1.0),
)
"""Weights alone are quantised, products stay 16-bit; int4 holds a 16-bit scale for each 32."""


def layer_weights_read(shape: Shape, batch: float) -> float:
    """Matrix entries of all decoder layers that a step over `batch` tokens has to read.

    A mixture reads the experts that at least one token chose: of E experts with k chosen each,
    E · (1 − (1 − k/E)^batch).
    """
    experts = shape.experts * (1 - (1 - shape.experts_active / shape.experts) ** batch)
    cross = attention_weights(shape) if shape.family == "encoder-decoder" else 0
    block = attention_weights(shape) + cross + max(1.0, experts) * expert_parameters(shape)
    return shape.layers * block


def _products(shape: Shape, gpu: Gpu, gpus: int, precision: Precision, weights: float,
              flops: float) -> float:  # fmt: skip
    share = COMPUTE_SHARE * (EXPERT_SHARE if shape.experts > 1 else 1.0) * precision.computes
    read = weights * precision.weight_bytes / (READ_SHARE * gpu.bandwidth_bytes_per_second * gpus)
    compute = flops / (share * gpu.peak_flops_per_second * gpus)
    return float((read**3 + compute**3) ** (1 / 3))


def all_reduce_seconds(shape: Shape, gpu: Gpu, gpus: int, tokens: float, layers: int) -> float:
    """Two all-reduces for each layer: a start each, and the ring's traffic."""
    if gpus == 1:
        return 0.0
    traffic = 2 * (gpus - 1) / gpus * tokens * shape.hidden * 2 / gpu.link_bytes_per_second
    return 2 * layers * (ALL_REDUCE_SECONDS + traffic)


def decode_seconds(
    shape: Shape, gpu: Gpu, gpus: int, precision: Precision, batch: float, context: float
) -> float:
    """One token for each of `batch` sequences that hold `context` tokens each already."""
    once = forward(shape, batch, 1, 1)
    head = shape.vocab * shape.hidden
    weights = layer_weights_read(shape, batch) + head * 2 / precision.weight_bytes
    cache = batch * context * cache_elements_per_token(shape) * 2
    read = cache / (READ_SHARE * gpu.bandwidth_bytes_per_second * gpus)
    scores = 4 * batch * context * shape.heads * shape.head_dim * shape.layers
    return (
        _products(shape, gpu, gpus, precision, weights, once.layers + once.head)
        + max(read, scores / (ATTENTION_FLOPS_PER_SECOND * gpus))
        + LAUNCH_SECONDS * shape.layers
        + all_reduce_seconds(shape, gpu, gpus, batch, shape.layers)
    )


def prefill_seconds(
    shape: Shape, gpu: Gpu, gpus: int, precision: Precision, batch: float, length: int
) -> float:
    """Read `batch` prompts of `length` tokens (through the encoder where there is one)."""
    once = forward(shape, batch, length, 1)
    layers = shape.encoder_layers or shape.layers
    weights = layer_weights_read(shape, batch * length) / shape.layers * layers
    attention = once.attention / (PREFILL_ATTENTION_SHARE * gpu.peak_flops_per_second * gpus)
    return (
        _products(shape, gpu, gpus, precision, weights, once.layers)
        + attention
        + LAUNCH_SECONDS * layers
        + all_reduce_seconds(shape, gpu, gpus, batch * length, layers)
    )
