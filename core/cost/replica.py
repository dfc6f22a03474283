"""One copy of a model on its GPUs: what fits, how many requests at once, how fast.

Requests run in a continuous batch: a prompt is read (prefill), then one token is written in each
step for all that are running. A request of `o` output tokens in a batch of B takes
prefill + o · step(B) / B of the replica's time. The batch is as large as the cache allows.
"""

from dataclasses import dataclass

import numpy as np

from core.cost.engines import DEFAULT_ENGINE, PACE, Engine, Pace
from core.cost.hardware import Gpu
from core.cost.memory import CONTEXT_BYTES
from core.cost.steps import CACHE_BYTES, Precision, Site, site, weights_bytes
from core.cost.transformer import Number
from core.models.shape import Shape

MEMORY_SHARE = 0.95
"""Of the card, what an engine may take."""
RESERVED_BYTES = 1.45e9
"""On each GPU, of that: CUDA context and the engine's own buffers."""
HELD_OUTPUT = 0.91
"""Of the output, what a running request holds in the cache on average."""
LARGEST_BATCH = 2048
PREFILL_TOKENS = 8192
"""Short prompts are read together, up to about so many tokens."""
ENCODER_BATCH = 32
WORKSPACE_PASSES = 27
"""Hidden states that are held while a prompt is read, for each of its tokens."""
BUFFERS_BYTES = 0.98e9
"""Of an engine, beside the CUDA context."""


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
        return {name.removesuffix("_bytes"): value for name, value in vars(self).items()}


@dataclass(frozen=True)
class Replica:
    """A model on `gpus` GPUs in a precision, answering requests of one size with an engine."""

    shape: Shape
    gpu: Gpu
    gpus: int
    precision: Precision
    input_tokens: int
    output_tokens: int
    engine: Engine = DEFAULT_ENGINE
    pace: Pace = PACE

    @property
    def site(self) -> Site:
        """Where it runs."""
        return site(self.shape, self.gpu, self.gpus, self.precision, self.engine, self.pace)

    @property
    def weights_bytes(self) -> float:
        """Weights on each GPU; embeddings and the output matrix stay 16-bit."""
        return weights_bytes(self.shape, self.precision) / self.gpus

    def memory(self, batch: float, *, prompt_tokens: float | None = None) -> ServingMemory:
        """Bytes on each GPU with `batch` requests running.

        Args:
            batch: Requests.
            prompt_tokens: Tokens of the prompts that are read at once; None = as many as an engine
                takes together.
        """
        if prompt_tokens is None:
            most = min(PREFILL_TOKENS, batch * self.input_tokens)
            prompt_tokens = max(float(self.input_tokens), most)
        workspace = WORKSPACE_PASSES * CACHE_BYTES * prompt_tokens * self.shape.hidden / self.gpus
        logits = 4 * batch * self.shape.vocab / self.gpus if self.shape.generates else 0.0
        elements = self.site.cache_elements * CACHE_BYTES
        tokens = self.engine.held * (self.input_tokens + self.output_tokens)
        cache = batch * elements * tokens / self.gpus
        return ServingMemory(
            self.weights_bytes, cache, workspace + logits, CONTEXT_BYTES + BUFFERS_BYTES
        )

    @property
    def largest_batch(self) -> float:
        """Requests that can run at once (0 to LARGEST_BATCH); below 1 the model does not fit."""
        if not self.shape.generates:
            return float(ENCODER_BATCH)
        return float(
            largest_batch(self.site, self.gpu.memory_bytes, self.input_tokens, self.output_tokens)
        )

    def step_seconds(self, batch: float) -> float:
        """One token for each of `batch` running requests, halfway through their output."""
        context = self.input_tokens + self.output_tokens / 2
        return float(self.site.decode_seconds(batch, context))

    def prompt_seconds(self, batch: float = 1) -> float:
        """Read `batch` prompts at once."""
        return float(self.site.prefill_seconds(batch, self.input_tokens))

    def prefill_share_seconds(self, batch: float) -> float:
        """Replica time that one prompt takes, when short ones are read together."""
        return float(prompt_share_seconds(self.site, batch, self.input_tokens))

    def request_seconds(self, batch: float) -> float:
        """Replica time that one request takes with `batch` running: one over the rate."""
        if not self.output_tokens:
            return self.prefill_share_seconds(batch)
        return float(request_seconds(self.site, batch, self.input_tokens, self.output_tokens))

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


def largest_batch(
    place: Site, memory_bytes: Number, input_tokens: Number, output_tokens: Number
) -> Number:
    """Requests whose keys and values fit beside the weights, at most LARGEST_BATCH.

    Args:
        place: Where the model runs.
        memory_bytes: Of one GPU.
        input_tokens: Of a request.
        output_tokens: Of a request.
    """
    room = MEMORY_SHARE * memory_bytes - place.weights_bytes - RESERVED_BYTES
    held = place.cache_elements * CACHE_BYTES * (input_tokens + HELD_OUTPUT * output_tokens)
    return np.clip(room * place.gpus / held, 0.0, LARGEST_BATCH)


def prompt_share_seconds(place: Site, running: Number, input_tokens: Number) -> Number:
    """Time that one prompt takes of a site where `running` requests are, short ones together."""
    together = np.maximum(1.0, np.minimum(running, PREFILL_TOKENS / input_tokens))
    return place.pace.prompt_overlap * place.prefill_seconds(together, input_tokens) / together


def request_seconds(
    place: Site, running: Number, input_tokens: Number, output_tokens: Number
) -> Number:
    """Time that one request takes of a site where `running` requests are: one over the rate."""
    step = place.decode_seconds(running, input_tokens + output_tokens / 2)
    reading = prompt_share_seconds(place, running, input_tokens)
    return reading + output_tokens * step / running
