"""How long one step of serving takes: a roofline, plus the time to launch each layer.

    products   weights read and operations done, whichever is longer, with a soft corner:
               (read³ + compute³)^(1/3)
    attention  keys and values read, or computed (decoding does that slowly)
    launches   a fixed time for each layer, whatever the model: for small models and small
               batches this is all there is
    all-reduce two a layer where the layer is spread over GPUs

The constants are for a compiled engine (TensorRT-LLM, FasterTransformer, TurboMind alike); they
are judged in `core.cost.backtest`.
"""

from dataclasses import dataclass

from core.cost.hardware import Gpu
from core.cost.transformer import attention_weights, cache_elements_per_token, forward
from core.models.shape import Shape, expert_parameters

CACHE_BYTES = 2
"""Of a cached or reduced number: 16 bits."""


@dataclass(frozen=True)
class Engine:
    """The constants of the formula.

    Matrix products reach `read_share` of the memory bandwidth and `compute_share` of the peak,
    those of a mixture of experts `expert_share` of that. Decoding attention has one query against
    the cache, hence hardly any reuse: `score_flops_per_second`. The attention of a prompt reaches
    `prompt_share` of the peak. An all-reduce starts in `reduce_seconds`, its traffic gets
    `link_share` of the bus bandwidth.
    """

    read_share: float = 0.81
    compute_share: float = 0.71
    score_flops_per_second: float = 14e12
    prompt_share: float = 0.74
    launch_seconds: float = 108e-6
    reduce_seconds: float = 27e-6
    link_share: float = 0.33
    expert_share: float = 0.84


ENGINE = Engine()
"""As fitted to `assets/facts/inference_runs.csv` by `core.cost.fit`."""


@dataclass(frozen=True)
class Precision:
    """How weights are stored; products stay 16-bit."""

    name: str
    weight_bytes: float


PRECISIONS = (Precision("fp16", 2.0), Precision("int8", 1.0), Precision("int4", 0.5625))
"""int4 holds a 16-bit scale for each 32 weights."""


@dataclass(frozen=True)
class Site:
    """Where a model runs: its GPUs, how its weights are stored, the engine."""

    shape: Shape
    gpu: Gpu
    gpus: int
    precision: Precision
    engine: Engine = ENGINE

    def products_seconds(self, weights: float, flops: float) -> float:
        """Matrix products that read `weights` entries and do `flops` operations."""
        share = self.engine.compute_share
        if self.shape.experts > 1:
            share *= self.engine.expert_share
        rate = self.engine.read_share * self.gpu.bandwidth_bytes_per_second * self.gpus
        read = weights * self.precision.weight_bytes / rate
        compute = flops / (share * self.gpu.peak_flops_per_second * self.gpus)
        corner: float = (read**3 + compute**3) ** (1 / 3)
        return corner

    def weights_read(self, batch: float, layers: int) -> float:
        """Matrix entries that a step over `batch` tokens reads in some layers.

        A mixture reads the experts that at least one token chose: of E experts with k chosen by
        each, E · (1 − (1 − k/E)^batch).
        """
        shape = self.shape
        idle: float = (1 - shape.experts_active / shape.experts) ** batch
        experts = max(1.0, shape.experts * (1 - idle))
        cross = attention_weights(shape) if shape.family == "encoder-decoder" else 0
        return layers * (attention_weights(shape) + cross + experts * expert_parameters(shape))

    def fixed_seconds(self, tokens: float, layers: int) -> float:
        """Launches of some layers, and the all-reduces of `tokens` tokens in them."""
        launches = self.engine.launch_seconds * layers
        if self.gpus == 1:
            return launches
        around = 2 * (self.gpus - 1) / self.gpus
        rate = self.engine.link_share * self.gpu.link_bytes_per_second
        traffic = around * tokens * self.shape.hidden * CACHE_BYTES / rate
        return launches + 2 * layers * (self.engine.reduce_seconds + traffic)

    def decode_seconds(self, batch: float, context: float) -> float:
        """One token for each of `batch` sequences that hold `context` tokens each already."""
        shape, gpu = self.shape, self.gpu
        once = forward(shape, batch, 1, 1)
        head = shape.vocab * shape.hidden * CACHE_BYTES / self.precision.weight_bytes
        weights = self.weights_read(batch, shape.layers) + head
        cache = batch * context * cache_elements_per_token(shape) * CACHE_BYTES
        read = cache / (self.engine.read_share * gpu.bandwidth_bytes_per_second * self.gpus)
        scores = 4 * batch * context * shape.heads * shape.head_dim * shape.layers
        compute = scores / (self.engine.score_flops_per_second * self.gpus)
        return (
            self.products_seconds(weights, once.layers + once.head)
            + max(read, compute)
            + self.fixed_seconds(batch, shape.layers)
        )

    def prefill_seconds(self, batch: float, length: int) -> float:
        """Read `batch` prompts of `length` tokens (through the encoder where there is one)."""
        once = forward(self.shape, batch, length, 1)
        layers = self.shape.encoder_layers or self.shape.layers
        rate = self.engine.prompt_share * self.gpu.peak_flops_per_second * self.gpus
        return (
            self.products_seconds(self.weights_read(batch * length, layers), once.layers)
            + once.attention / rate
            + self.fixed_seconds(batch * length, layers)
        )
