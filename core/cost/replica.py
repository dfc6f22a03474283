"""One copy of a model on its GPUs: what fits, how many requests at once, how fast.

Requests run in a continuous batch: a prompt is read (prefill), then one token is written in each
step for all that are running. A request of `o` output tokens in a batch of B takes
prefill + o · step(B) / B of the replica's time. The batch is as large as the cache allows. An
engine that does not page its cache reads the prompts of a batch together and writes until all are
done: its batch is as large as the memory allows.

Two factors are the user's to state. Of the input, a share may be in the cache from an earlier
request (`prefix_cached`): it is seen, but not computed. And a step may write several tokens of each
request (`per_step`), where a draft proposes them: as many are checked, so that the gain is gone
where the step is bound by operations (Leviathan et al. 2023, arXiv:2211.17192).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.cost.engines import DEFAULT_ENGINE, PACE, Engine, Pace
from core.cost.estimate import Shrunk
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
HALVINGS = 16
"""Of the interval from one to the largest batch, until the batch of a rate is found."""
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
    """A model on `gpus` GPUs in a precision, answering requests of one size with an engine.

    `calibrated` = what load tests on the machine found: all times are divided by its ratio.
    """

    shape: Shape
    gpu: Gpu
    gpus: int
    precision: Precision
    input_tokens: int
    output_tokens: int
    engine: Engine = DEFAULT_ENGINE
    pace: Pace = PACE
    prefix_cached: float = 0.0
    per_step: float = 1.0
    calibrated: Shrunk | None = None

    @property
    def slower(self) -> float:
        """Times as long as the formula says, by what was measured of the machine."""
        return 1 / self.calibrated.ratio if self.calibrated else 1.0

    @property
    def cached_tokens(self) -> float:
        """Of the input, what is in the cache already; at least one token is always read."""
        return min(self.prefix_cached * self.input_tokens, self.input_tokens - 1.0)

    @cached_property
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

    def held(self, running: float) -> ServingMemory:
        """Bytes on each GPU at work: the cache of an engine that pages takes what is left at most.

        More requests than that hold at once wait for their turn.
        """
        parts = self.memory(running)
        if not self.engine.paged:
            return parts
        room = self.gpu.usable_bytes - (parts.total_bytes - parts.cache_bytes)
        return replace(parts, cache_bytes=min(parts.cache_bytes, max(0.0, room)))

    @property
    def largest_batch(self) -> float:
        """Requests that can run at once (0 to LARGEST_BATCH); below 1 the model does not fit."""
        if self.shape.generates and self.engine.paged:
            place, memory = self.site, self.gpu.memory_bytes
            return float(largest_batch(place, memory, self.input_tokens, self.output_tokens))
        most = LARGEST_BATCH if self.shape.generates else ENCODER_BATCH
        none, one = (
            self.memory(batch, prompt_tokens=batch * self.input_tokens).total_bytes
            for batch in (0, 1)
        )
        return min(float(most), max(0.0, (self.gpu.usable_bytes - none) / (one - none)))

    def step_seconds(self, batch: Number) -> Number:
        """One step for each of `batch` running requests, halfway through their output."""
        context = self.input_tokens + self.output_tokens / 2
        return self.slower * self.site.decode_seconds(batch, context, self.per_step)

    def prompt_seconds(self, batch: Number = 1) -> Number:
        """Read `batch` prompts at once."""
        known = self.cached_tokens
        return self.slower * self.site.prefill_seconds(batch, self.input_tokens - known, known)

    def prefill_share_seconds(self, batch: Number) -> Number:
        """Replica time that one prompt takes, when short ones are read together."""
        if self.shape.generates and not self.engine.paged:
            return self.prompt_seconds(batch) / batch
        share = prompt_share_seconds(self.site, batch, self.input_tokens, self.cached_tokens)
        return self.slower * share

    def request_seconds(self, batch: Number) -> Number:
        """Replica time that one request takes with `batch` running: one over the rate."""
        steps = self.output_tokens / self.per_step
        writing = steps * self.step_seconds(batch) / batch if self.output_tokens else 0.0
        return self.prefill_share_seconds(batch) + writing

    @property
    def alone_seconds(self) -> float:
        """A request that no other shares the replica with, from arrival to the last token."""
        steps = self.output_tokens / self.per_step
        return float(self.prompt_seconds() + (steps * self.step_seconds(1) if steps else 0.0))

    def batch_at(self, requests_per_second: Number) -> Number:
        """Requests running on average at a rate that the replica can bear (Little's law)."""
        rates = np.asarray(requests_per_second, float)
        alone = rates * self.alone_seconds
        low, high = np.ones_like(rates), np.full_like(rates, max(1.0, self.largest_batch))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            slow = self.request_seconds(middle) * rates > 1
            low, high = np.where(slow, middle, low), np.where(slow, high, middle)
        # Within so little the time is a straight line.
        least, most = (self.request_seconds(end) * rates - 1 for end in (low, high))
        share = np.clip(least / np.where(least > most, least - most, 1.0), 0.0, 1.0)
        return np.where(alone <= 1, alone, np.where(most > 0, high, low + share * (high - low)))


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


def prompt_share_seconds(
    place: Site, running: Number, input_tokens: Number, cached_tokens: Number = 0
) -> Number:
    """Time that one prompt takes of a site where `running` requests are, short ones together."""
    new = input_tokens - cached_tokens
    together = np.maximum(1.0, np.minimum(running, PREFILL_TOKENS / new))
    reading = place.prefill_seconds(together, new, cached_tokens)
    return place.pace.prompt_overlap * reading / together


def request_seconds(
    place: Site, running: Number, input_tokens: Number, output_tokens: Number
) -> Number:
    """Time that one request takes of a site where `running` requests are: one over the rate."""
    step = place.decode_seconds(running, input_tokens + output_tokens / 2)
    reading = prompt_share_seconds(place, running, input_tokens)
    return reading + output_tokens * step / running
