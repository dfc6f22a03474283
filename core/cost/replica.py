"""One copy of a model on its GPUs: what fits, how many requests at once, how fast.

Requests run in a continuous batch: a prompt is read (prefill), then one token is written in each
step for all that are running. A request of `o` output tokens in a batch of B takes
prefill + o · step(B) / B of the replica's time. The batch is as large as the cache allows.
"""

from dataclasses import dataclass

from core.cost.hardware import Gpu
from core.cost.steps import CACHE_BYTES, ENGINE, Engine, Precision, Site
from core.cost.transformer import cache_elements_per_token
from core.models.shape import Shape, parameters

MEMORY_SHARE = 0.95
"""Of the card, what an engine may take."""
RESERVED_BYTES = 1.45e9
"""On each GPU: CUDA context and the engine's own buffers."""
HELD_OUTPUT = 0.91
"""Of the output, what a running request holds in the cache on average."""
LARGEST_BATCH = 512
PREFILL_TOKENS = 2048
"""Short prompts are read together, up to about so many tokens."""
ENCODER_BATCH = 32


@dataclass(frozen=True)
class ServingMemory:
    """Bytes on each GPU, by part; `total` is their sum."""

    weights_bytes: float
    cache_bytes: float
    activations_bytes: float
    context_bytes: float

    @property
    def total_bytes(self) -> float:
        """All parts."""
        return sum(self.parts().values())

    def parts(self) -> dict[str, float]:
        """Part -> bytes, in the order in which a bar stacks them."""
        return {
            "weights": self.weights_bytes,
            "cache": self.cache_bytes,
            "activations": self.activations_bytes,
            "context": self.context_bytes,
        }


@dataclass(frozen=True)
class Replica:
    """A model on `gpus` GPUs in a precision, answering requests of one size."""

    shape: Shape
    gpu: Gpu
    gpus: int
    precision: Precision
    input_tokens: int
    output_tokens: int
    engine: Engine = ENGINE

    @property
    def site(self) -> Site:
        """Where it runs."""
        return Site(self.shape, self.gpu, self.gpus, self.precision, self.engine)

    @property
    def weights_bytes(self) -> float:
        """Weights on each GPU; embeddings and the output matrix stay 16-bit."""
        counts = parameters(self.shape)
        wide = counts.embedding + counts.norms + counts.head
        narrow = counts.total - wide
        return (2 * wide + self.precision.weight_bytes * narrow) / self.gpus

    @property
    def cache_bytes_per_request(self) -> float:
        """Keys and values of one running request, over all its GPUs."""
        per_token = cache_elements_per_token(self.shape) * CACHE_BYTES
        return per_token * (self.input_tokens + HELD_OUTPUT * self.output_tokens)

    def memory(self, batch: float) -> ServingMemory:
        """Bytes on each GPU with `batch` requests running."""
        tokens = max(self.input_tokens, min(PREFILL_TOKENS, batch * self.input_tokens))
        widest = max(self.shape.ffn * (2 if self.shape.gated_mlp else 1), 4 * self.shape.hidden)
        activations = 2 * tokens * widest / self.gpus
        logits = 4 * batch * self.shape.vocab / self.gpus if self.shape.generates else 0.0
        cache = batch * self.cache_bytes_per_request / self.gpus
        return ServingMemory(self.weights_bytes, cache, activations + logits, RESERVED_BYTES)

    @property
    def largest_batch(self) -> float:
        """Requests that can run at once (0 to LARGEST_BATCH); below 1 the model does not fit."""
        if not self.shape.generates:
            return float(ENCODER_BATCH)
        room = MEMORY_SHARE * self.gpu.memory_bytes - self.weights_bytes - RESERVED_BYTES
        return max(0.0, min(LARGEST_BATCH, room * self.gpus / self.cache_bytes_per_request))

    def step_seconds(self, batch: float) -> float:
        """One token for each of `batch` running requests, halfway through their output."""
        context = self.input_tokens + self.output_tokens / 2
        return self.site.decode_seconds(batch, context)

    def prompt_seconds(self, batch: float = 1) -> float:
        """Read `batch` prompts at once."""
        return self.site.prefill_seconds(batch, self.input_tokens)

    def prefill_share_seconds(self, batch: float) -> float:
        """Replica time that one prompt takes, when short ones are read together."""
        together = max(1.0, min(batch, PREFILL_TOKENS / self.input_tokens))
        return self.prompt_seconds(together) / together

    def request_seconds(self, batch: float) -> float:
        """Replica time that one request takes with `batch` running: one over the rate."""
        writing = self.output_tokens * self.step_seconds(batch) / batch if self.output_tokens else 0
        return self.prefill_share_seconds(batch) + writing

    def batch_at(self, requests_per_second: float) -> float:
        """Requests running on average at a rate that the replica can bear (Little's law)."""
        alone = self.prompt_seconds() + self.output_tokens * self.step_seconds(1)
        if requests_per_second * alone <= 1:
            return requests_per_second * alone
        low, high = 1.0, max(1.0, self.largest_batch)
        for _ in range(40):
            middle = (low + high) / 2
            if self.request_seconds(middle) * requests_per_second > 1:
                low = middle
            else:
                high = middle
        return high
