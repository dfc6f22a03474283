"""How long a step of training takes on some GPUs.

    matrix products   operations ÷ (peak × efficiency); the efficiency falls with narrow layers
                      and with few tokens in a micro-batch
    attention         fused attention at its own share of the peak; unfused, its passes over memory
    other passes      norms, activations, residuals: each reads and writes the hidden states
    launches          a floor for each layer, below which small models cannot go
    tensor parallel   all-reduces of the hidden states inside each layer
    pipeline          (stages − 1) micro-batches of idle time in each step
    data parallel     gradients, or whole weights where they are sharded; partly hidden
    optimizer         one pass over its states
    waiting           for the slowest of several GPUs
    dequantisation    a 4-bit base is unpacked in each pass

Structure after Korthikanti et al. 2022 (arXiv:2205.05198), Narayanan et al. 2021
(arXiv:2104.04473); the constants in `Speed` were fitted once to `assets/facts/training_runs.csv`
and are judged, one family left out at a time, in `core.cost.backtest`.
"""

import math
from dataclasses import astuple, dataclass
from typing import Literal

from core.cost import transformer
from core.cost.hardware import Gpu
from core.models.shape import Shape, parameters

Method = Literal["full", "lora", "qlora"]
GPUS_PER_NODE = 8


@dataclass(frozen=True)
class Speed:
    """The constants of the formula; shares are of the data sheet's figure."""

    gemm_share: float = 0.69
    """Of the peak, reached by wide matrices and many tokens."""
    half_width: float = 175
    """Hidden size (over tensor parallel) at which half of that is left."""
    half_tokens: float = 520
    """Tokens of a micro-batch at which half of that is left."""
    misaligned: float = 0.68
    """Of the speed, where the width is not a multiple of 64."""
    attention_share: float = 0.55
    """Of the peak, fused attention, counting the whole square."""
    score_passes: float = 18
    """Passes over the 16-bit scores where attention is not fused."""
    passes: float = 40
    """Passes over the 16-bit hidden states of a layer: forward, backward, recomputed."""
    launch_seconds: float = 2.0e-3
    """Of a layer in each pass, in eager mode."""
    sharded_launch: float = 2.2
    """Times as long where the layer's weights are gathered first."""
    link_share: float = 1.3
    """Of the bus bandwidth; above 1, for part is hidden behind products."""
    network_share: float = 0.63
    """Of the network between machines."""
    hidden_share: float = 0.965
    """Of data-parallel traffic, what goes on behind the backward pass."""
    optimizer_bytes: float = 20
    """Memory traffic of one step of Adam, for each parameter."""
    unpack_bytes: float = 17
    """Memory traffic of unpacking a 4-bit weight, in each pass."""
    lora_passes: float = 24
    """More passes over the hidden states for adapters."""
    waiting_share: float = 0.011
    """Of the step, lost to the slowest GPU each time their number doubles."""


SPEED = Speed()
RUN_OVERHEAD = 1.15
"""A whole pre-training run against its steady state: restarts, checkpoints, evaluation, ramp-up."""


@dataclass(frozen=True)
class Plan:
    """What one step does and how it is laid out.

    `micro_batch` sequences of `length` tokens are on a GPU at once, `micro_steps` times a step.
    `sharded` = weights are spread over the data-parallel GPUs (FSDP, ZeRO-3). `network` is what
    one GPU gets of the network between machines.
    """

    method: Method = "full"
    length: int = 2048
    target_length: int | None = None
    micro_batch: int = 1
    micro_steps: int = 1
    recompute: bool = True
    fused_attention: bool = True
    tensor: int = 1
    pipeline: int = 1
    data: int = 1
    sharded: bool = False
    sharded_optimizer: bool = False
    network_bytes_per_second: float = 25e9

    @property
    def gpus(self) -> int:
        """All GPUs."""
        return self.tensor * self.pipeline * self.data

    def tokens_per_step(self, shape: Shape) -> int:
        """Tokens of all GPUs in one step."""
        once = transformer.sequence_tokens(shape, self.length, self.target_length)
        return once * self.micro_batch * self.micro_steps * self.data


@dataclass(frozen=True)
class StepTime:
    """Seconds of one step by part; `launches` is what the floor adds."""

    products: float
    attention: float
    passes: float
    unpacking: float
    launches: float
    tensor_parallel: float
    bubble: float
    data_parallel: float
    optimizer: float
    waiting: float

    @property
    def total(self) -> float:
        """All parts."""
        seconds: float = sum(astuple(self))
        return seconds


def gemm_efficiency(shape: Shape, tokens: float, tensor: int, speed: Speed = SPEED) -> float:
    """Share of the peak that matrix products reach."""
    width = shape.hidden / tensor
    share = speed.gemm_share * width / (width + speed.half_width)
    share *= tokens / (tokens + speed.half_tokens)
    return share * (1.0 if width % 64 == 0 else speed.misaligned)


def step_time(shape: Shape, gpu: Gpu, plan: Plan, speed: Speed = SPEED) -> StepTime:
    """Seconds of one step."""
    frozen = plan.method != "full"
    rounds = (2 if frozen else 3) + int(plan.recompute)
    layers = shape.all_layers / plan.pipeline
    counts = parameters(shape)
    cut = plan.tensor * plan.pipeline
    tokens = plan.micro_batch * transformer.sequence_tokens(shape, plan.length, plan.target_length)
    hidden_bytes = 2 * tokens / shape.stacks * shape.hidden
    flops = transformer.training(
        shape, plan.micro_batch, plan.length, plan.target_length,
        frozen_base=frozen, recompute=plan.recompute,
    )  # fmt: skip

    rate = gemm_efficiency(shape, tokens, plan.tensor, speed) * gpu.peak_flops_per_second
    products = (flops.layers + flops.head) / cut / rate
    attention = _attention(shape, gpu, plan, speed, flops.attention)
    passes = speed.passes * rounds / 4 + (speed.lora_passes if frozen else 0.0)
    passes *= hidden_bytes * layers / gpu.bandwidth_bytes_per_second
    packed = counts.attention + counts.mlp if plan.method == "qlora" else 0
    unpacking = speed.unpack_bytes * packed * rounds / cut / gpu.bandwidth_bytes_per_second
    busy = products + attention + passes + unpacking
    floor = speed.launch_seconds * layers * rounds * (speed.sharded_launch if plan.sharded else 1)
    corner: float = (busy**4 + floor**4) ** 0.25
    ring = 2 * (plan.tensor - 1) / plan.tensor * hidden_bytes
    tensor = 2 * rounds * layers * ring / (speed.link_share * gpu.link_bytes_per_second)
    steps = plan.micro_steps
    waiting = speed.waiting_share * math.log2(plan.data)
    return StepTime(
        products=steps * products,
        attention=steps * attention,
        passes=steps * passes,
        unpacking=steps * unpacking,
        launches=steps * (corner - busy),
        tensor_parallel=steps * tensor,
        bubble=(plan.pipeline - 1) * (corner + tensor),
        data_parallel=_data_parallel(counts.total / cut, gpu, plan, speed),
        optimizer=_optimizer(counts.total / cut, gpu, plan, speed),
        waiting=waiting * (steps + plan.pipeline - 1) * (corner + tensor),
    )


def _attention(shape: Shape, gpu: Gpu, plan: Plan, speed: Speed, flops: float) -> float:
    if plan.fused_attention:
        cut = plan.tensor * plan.pipeline
        return flops / cut / (speed.attention_share * gpu.peak_flops_per_second)
    scores = 2 * plan.micro_batch * plan.length**2 * shape.heads / plan.tensor
    layers = shape.all_layers / plan.pipeline
    return speed.score_passes * scores * layers / gpu.bandwidth_bytes_per_second


def _data_parallel(local: float, gpu: Gpu, plan: Plan, speed: Speed) -> float:
    if plan.data == 1:
        return 0.0
    near = plan.gpus <= GPUS_PER_NODE
    rate = (
        speed.link_share * gpu.link_bytes_per_second
        if near
        else speed.network_share * plan.network_bytes_per_second
    )
    around = (plan.data - 1) / plan.data
    if plan.sharded:
        traffic = 2 * local * around * (3 if plan.method == "full" else 2) * plan.micro_steps
    else:
        traffic = 2 * local * around * 2 if plan.method == "full" else 0.0
    return (1 - speed.hidden_share) * traffic / rate


def _optimizer(local: float, gpu: Gpu, plan: Plan, speed: Speed) -> float:
    if plan.method != "full":
        return 0.0
    shards = plan.data if plan.sharded else 1
    return speed.optimizer_bytes * local / shards / gpu.bandwidth_bytes_per_second
