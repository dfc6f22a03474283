"""How long one step of serving takes: a roofline, plus the time to launch each layer.

    products   weights read and operations done, whichever is longer, with a soft corner:
               (read^1.5 + compute^1.5)^(1/1.5)
    attention  keys and values read, or computed (decoding does that slowly)
    launches   a fixed time for each layer, whatever the model: for small models and small
               batches this is all there is
    all-reduce two a layer where the layer is spread over GPUs

Every number may be an array: batches, or whole sites of one engine, are timed in one call.
"""

import math
from dataclasses import dataclass, fields

import numpy as np

from core.cost.engines import DEFAULT_ENGINE, PACE, Engine, Pace
from core.cost.hardware import Gpu
from core.cost.transformer import (
    Number,
    attention_weights,
    cache_elements_per_token,
    mlp_weights,
)
from core.models.shape import Shape, expert_parameters, parameters

CACHE_BYTES = 2
"""Of a cached or reduced number: 16 bits."""
CORNER = 1.5
LINK_SHARE = 174 / 235
"""Of the bus bandwidth, by a large all-reduce: 67 MB among 8 A100s in 0.675 ms (Vidur)."""
PROMPT_PASSES = 12
"""Passes over the hidden states of each layer when a prompt is read."""
SCORE_PASSES = 12
"""Passes over the scores of a prompt where attention is not fused."""


@dataclass(frozen=True)
class Precision:
    """How weights are stored; products stay 16-bit."""

    name: str
    weight_bytes: float


PRECISIONS = (
    Precision("fp16", 2.0),
    Precision("int8", 1.0),
    Precision("int4", 0.5625),
    Precision("nf4", 0.5625),
    Precision("nf4-dq", 0.516),
    Precision("fp32", 4.0),
)
"""int4 holds a 16-bit scale for each 32 weights, nf4 a 32-bit one for each 64, nf4-dq quantised
ones (Dettmers et al. 2023, arXiv:2305.14314)."""


@dataclass(frozen=True)
class Site:
    """Where a model runs: what the formula reads of its shape, its GPUs and its precision.

    `prompt_layers` are those that a prompt passes (of an encoder where there is one); `block` and
    `cross` count matrix entries of attention, `expert` those of one expert, `active` those that a
    token passes in a feed-forward block, `head` those of the output vocabulary.
    """

    layers: Number
    prompt_layers: Number
    hidden: Number
    attention_width: Number
    heads: Number
    block: Number
    cross: Number
    expert: Number
    experts: Number
    experts_active: Number
    active: Number
    head: Number
    cache_elements: Number
    weights_bytes: Number
    gpus: Number
    weight_bytes: Number
    slower: Number
    unpack_seconds: Number
    peak: Number
    bandwidth: Number
    link: Number
    engine: Engine
    pace: Pace

    @property
    def together(self) -> Number:
        """GPUs that work at the same time."""
        return 1 if self.engine.in_turn else self.gpus

    def _of(self, name: str) -> float:
        return float(getattr(self.pace, name))

    def products_seconds(
        self, tokens: Number, layers: Number, heads: Number, cross: Number = 0
    ) -> Number:
        """Matrix products of some layers over `tokens` tokens, and of the head for `heads`.

        A mixture reads the experts that at least one token chose: of E experts with k chosen by
        each, E · (1 − (1 − k/E)^tokens).
        """
        idle = (1 - self.experts_active / self.experts) ** tokens
        reached = np.maximum(1.0, self.experts * (1 - idle))
        stored = layers * (self.block + cross + reached * self.expert)
        traffic = stored * self.weight_bytes * self.slower
        traffic = traffic + CACHE_BYTES * self.head * (np.asarray(heads) > 0)
        read = traffic / (self._of(self.engine.read) * self.bandwidth * self.together)
        width = self.hidden / self.together
        share = self._of(self.engine.compute) * width / (width + self.pace.half_width)
        share = share * np.where(np.asarray(self.experts) > 1, self.pace.expert_share, 1.0)
        flops = 2 * tokens * layers * (self.block + cross + self.active)
        flops = flops + 2 * heads * self.head
        compute = flops / (share * self.peak * self.together)
        return (read**CORNER + compute**CORNER) ** (1 / CORNER)

    def fixed_seconds(self, tokens: Number, layers: Number) -> Number:
        """Launches of some layers, and the all-reduces of `tokens` tokens in them."""
        launch = self._of(self.engine.launch) + self.unpack_seconds
        launches = launch * layers + self.pace.step_seconds
        around = 2 * (self.together - 1) / self.together
        traffic = around * tokens * self.hidden * CACHE_BYTES / (LINK_SHARE * self.link)
        reduces = 2 * layers * (self._of(self.engine.reduce) + traffic)
        return launches + np.where(np.asarray(self.together) > 1, reduces, 0.0)

    def decode_seconds(self, batch: Number, context: Number, at_once: Number = 1) -> Number:
        """One step for each of `batch` sequences that hold `context` tokens each already.

        `at_once` tokens of each are checked in one step, where a draft proposes them.
        """
        cache = batch * context * self.cache_elements * CACHE_BYTES
        read = cache / (self.pace.read_share * self.bandwidth * self.together)
        tokens = batch * at_once
        scores = 4 * tokens * context * self.attention_width * self.layers
        compute = scores / (self.pace.score_flops_per_second * self.together)
        return (
            self.products_seconds(tokens, self.layers, tokens, self.cross)
            + np.maximum(read, compute)
            + self.fixed_seconds(tokens, self.layers)
        )

    def prefill_seconds(self, batch: Number, length: Number, behind: Number = 0) -> Number:
        """Read `batch` prompts of `length` tokens (through the encoder where there is one).

        `behind` more tokens of each are in the cache already: seen, but not computed.
        """
        layers, tokens = self.prompt_layers, batch * length
        scores = 4 * tokens * (length + behind) * self.attention_width * layers
        attention = scores / (self.pace.prompt_share * self.peak * self.together)
        written = PROMPT_PASSES * CACHE_BYTES * tokens * self.hidden * layers
        if self.engine.unfused:
            squares = CACHE_BYTES * tokens * (length + behind) * self.heads * layers / self.together
            written = written + SCORE_PASSES * squares
        return (
            self.products_seconds(tokens, layers, batch)
            + attention
            + written / self.bandwidth
            + self.fixed_seconds(tokens, layers)
        )


def site(
    shape: Shape, gpu: Gpu, gpus: int, precision: Precision, software: Engine = DEFAULT_ENGINE,
    pace: Pace = PACE,
) -> Site:  # fmt: skip
    """Gather what the formula reads."""
    slower = {"int8": software.int8, "int4": software.int4}.get(precision.name)
    unpack = software.unpack if precision.name.startswith("nf4") else None
    return Site(
        layers=shape.layers,
        prompt_layers=shape.encoder_layers or shape.layers,
        hidden=shape.hidden,
        attention_width=shape.heads * shape.head_dim,
        heads=shape.heads,
        block=attention_weights(shape),
        cross=attention_weights(shape) if shape.family == "encoder-decoder" else 0,
        expert=expert_parameters(shape),
        experts=shape.experts,
        experts_active=shape.experts_active,
        active=mlp_weights(shape),
        head=shape.vocab * shape.hidden if shape.generates else 0,
        cache_elements=cache_elements_per_token(shape) * _copies(shape, gpus, software),
        weights_bytes=weights_bytes(shape, precision) / gpus,
        gpus=gpus,
        weight_bytes=precision.weight_bytes,
        slower=getattr(pace, slower) if slower else 1.0,
        unpack_seconds=getattr(pace, unpack) if unpack else 0.0,
        peak=gpu.peak_flops_per_second,
        bandwidth=gpu.bandwidth_bytes_per_second,
        link=gpu.link_bytes_per_second,
        engine=software,
        pace=pace,
    )


def _copies(shape: Shape, gpus: int, software: Engine) -> float:
    """How often the cache is held: with fewer heads of it than GPUs, some hold the same one."""
    if software.in_turn:
        return 1.0
    return gpus * math.ceil(shape.kv_heads / gpus) / shape.kv_heads


def weights_bytes(shape: Shape, precision: Precision) -> float:
    """Weights of a model; where matrices are quantised, embeddings and head stay 16-bit."""
    counts = parameters(shape)
    wide = counts.embedding + counts.norms + counts.head
    return max(CACHE_BYTES, precision.weight_bytes) * wide + precision.weight_bytes * (
        counts.total - wide
    )


def stack(sites: list[Site]) -> Site:
    """Sites of one engine as one, its numbers as arrays."""
    numbers = {
        field.name: np.array([getattr(one, field.name) for one in sites], float)
        for field in fields(Site)
        if field.name not in ("engine", "pace")
    }
    return Site(**numbers, engine=sites[0].engine, pace=sites[0].pace)
