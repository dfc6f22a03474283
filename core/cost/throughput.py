"""How long a step of training takes on some GPUs.

    matrix products   operations ÷ (peak × efficiency); the efficiency falls with narrow layers and
                      with small products; never faster than the weights can be read
    attention         fused attention at its own share of the peak; unfused, its passes over memory
    other passes      norms, activations, residuals: each reads and writes the hidden states
    adapters          LoRA's narrow products, which frameworks run in 32 bits
    kernels           a fixed time for each layer and pass
    launches          a floor for each layer and pass in eager mode: small models are bound by it
    unpacking         a 4-bit base is unpacked in each pass
    tensor parallel   all-reduces of the hidden states inside each layer
    gathering         sharded weights are fetched in each pass; hidden behind the work as it allows
    pipeline          (stages − 1) micro-batches of idle time in each step
    data parallel     gradients, partly hidden; an optimizer that is spread over many machines
    optimizer         one pass over its states
    waiting           for the slowest of several GPUs

Structure after Korthikanti et al. 2022 (arXiv:2205.05198) and Narayanan et al. 2021
(arXiv:2104.04473). The constants in `Speed` are fitted to `assets/facts/training_runs.csv` by
`core.cost.fit` and judged with each family of models left out in `core.cost.backtest`.

Every number may be an array: a grid of plans is priced in one call.
"""

from dataclasses import dataclass, replace

import numpy as np

from core.cost import transformer
from core.cost.hardware import Gpu
from core.cost.plan import GPUS_PER_NODE, Plan
from core.cost.transformer import Number, lora_parameters
from core.models.shape import Shape, parameters


@dataclass(frozen=True)
class Speed:
    """The constants of the formula; shares are of the data sheet's figure."""

    gemm_share: float = 0.754
    """Of the peak, reached by wide matrices and large products."""
    half_width: float = 278
    """Hidden size (over tensor parallel) at which half of that is left."""
    half_product: float = 7.15e5
    """Tokens × width at which half of that is left."""
    misaligned: float = 0.759
    """Of the speed, where the width is not a multiple of 64."""
    read_share: float = 0.79
    """Of the memory bandwidth, when weights are read."""
    attention_share: float = 0.559
    """Of the peak, fused attention, counting the whole square."""
    score_passes: float = 41.5
    """Passes over the 16-bit scores where attention is not fused, forward, backward, recomputed."""
    passes: float = 67
    """The same over the hidden states of a layer."""
    kernel_seconds: float = 8.94e-5
    """Of a layer in each pass, beside its work."""
    launch_seconds: float = 0.00133
    """Of a layer in each pass, in eager mode: the work hides behind it."""
    sharded_launch: float = 2.52
    """Times as long where the layer's weights are gathered first."""
    deepspeed_launch: float = 2.08
    """Times as long where DeepSpeed handles each gradient as it comes."""
    compiled_passes: float = 0.339
    """Of the passes, where a compiler fuses them."""
    unpack_bytes: float = 16.8
    """Memory traffic of unpacking a 4-bit weight, in each pass."""
    adapter_flops_per_second: float = 1.5e13
    """What LoRA's products reach."""
    tensor_link: float = 1.79
    """Of the bus bandwidth, by all-reduces inside layers; above 1, for work hides part of them."""
    gather_link: float = 0.773
    """Of the bus bandwidth, by gathered weights and by gradients."""
    network_share: float = 1.49
    """Of the network between machines; above 1, for a machine's GPUs share what they fetch."""
    exposed_share: float = 0.196
    """Of traffic that could hide behind work, what does not."""
    spread_seconds: float = 0.00261
    """Of a step for each GPU that the optimizer is spread over, beyond one machine."""
    optimizer_bytes: float = 38.7
    """Memory traffic of one step of Adam, for each parameter."""
    waiting_share: float = 0.00612
    """Of the step, lost to the slowest GPU each time their number doubles."""
    megatron_lm: float = 1.32
    """Speed of products in Megatron-LM of 2020 and 2021, beside today's frameworks."""
    megatron_deepspeed: float = 0.847
    """The same for Megatron-DeepSpeed of 2022."""


SPEED = Speed()

PROCESSOR = replace(
    SPEED, gemm_share=0.9, half_width=16, half_product=1e4, misaligned=1.0, attention_share=0.3,
    passes=134, kernel_seconds=2e-4, launch_seconds=2e-4, adapter_flops_per_second=1e12,
)  # fmt: skip
"""The same for a processor whose peak is a measured product: small products reach it, numbers are
32 bits wide. Not fitted: no published run is of one, so estimates wait for a calibration."""


def speed_of(gpu: Gpu) -> Speed:
    """The constants that hold for a card."""
    return PROCESSOR if gpu.form == "CPU" else SPEED


@dataclass(frozen=True)
class Work:
    """What the formula reads of a step, its GPU and its layout: numbers, or arrays of one length.

    `rounds` counts passes over the layers: forward, backward (twice a forward pass where weights
    are trained, once where they are frozen), recomputation; `head_rounds` those over the output
    matrix; `launch_rounds` those that launch kernels.
    """

    width: Number
    tokens: Number
    hidden: Number
    layers: Number
    rounds: Number
    head_rounds: Number
    launch_rounds: Number
    layer_flops: Number
    attention_flops: Number
    head_flops: Number
    adapter_flops: Number
    fused: Number
    score_bytes: Number
    weights: Number
    packed: Number
    trained: Number
    tensor: Number
    pipeline: Number
    data: Number
    micro_steps: Number
    sharded: Number
    optimizer_shards: Number
    compiled: Number
    megatron_lm: Number
    megatron_deepspeed: Number
    deepspeed: Number
    recompute: Number
    peak: Number
    bandwidth: Number
    link: Number
    network: Number


@dataclass(frozen=True)
class StepTime:
    """Seconds of one step by part; `launches` is what the floor adds."""

    products: Number
    attention: Number
    passes: Number
    adapters: Number
    kernels: Number
    unpacking: Number
    launches: Number
    tensor_parallel: Number
    gathering: Number
    bubble: Number
    data_parallel: Number
    optimizer: Number
    waiting: Number

    @property
    def total(self) -> Number:
        """All parts."""
        return sum(vars(self).values())


def work(shape: Shape, gpu: Gpu, plan: Plan) -> Work:
    """Gather what the formula reads."""
    frozen = plan.method != "full"
    rounds = (2 if frozen else 3) + np.asarray(plan.recompute, float)
    cut = plan.tensor * plan.pipeline
    counts = parameters(shape)
    sequence = transformer.sequence_tokens(shape, plan.length, plan.target_length)
    tokens = plan.micro_batch * sequence / shape.stacks
    once = transformer.forward(shape, plan.micro_batch, plan.length, plan.target_length)
    packed = counts.attention + counts.mlp if plan.method == "qlora" else 0
    adapters = 2 * lora_parameters(shape, plan.lora_rank) * tokens if frozen else 0.0
    return Work(
        width=shape.hidden / plan.tensor,
        tokens=tokens,
        hidden=shape.hidden,
        layers=shape.all_layers / plan.pipeline,
        rounds=rounds,
        head_rounds=2 if frozen else 3,
        launch_rounds=3 + np.asarray(plan.recompute, float),
        layer_flops=once.layers / cut,
        attention_flops=once.attention / cut,
        head_flops=once.head / cut,
        adapter_flops=adapters / cut,
        fused=float(plan.fused_attention),
        score_bytes=2 * plan.micro_batch * plan.length**2 * shape.heads / plan.tensor,
        weights=counts.total / cut,
        packed=packed / cut,
        trained=float(not frozen),
        tensor=plan.tensor,
        pipeline=plan.pipeline,
        data=plan.data,
        micro_steps=plan.micro_steps,
        sharded=np.asarray(plan.sharded, float),
        optimizer_shards=plan.optimizer_shards,
        compiled=float(plan.compiled),
        megatron_lm=float(plan.software == "megatron-lm"),
        megatron_deepspeed=float(plan.software == "megatron-deepspeed"),
        deepspeed=float(plan.software == "deepspeed"),
        recompute=np.asarray(plan.recompute, float),
        peak=gpu.peak_flops_per_second,
        bandwidth=gpu.bandwidth_bytes_per_second,
        link=gpu.link_bytes_per_second,
        network=plan.network_bytes_per_second,
    )


def gemm_efficiency(width: Number, tokens: Number, speed: Speed = SPEED) -> Number:
    """Share of the peak that matrix products reach.

    Args:
        width: Hidden size over tensor parallel.
        tokens: In one micro-batch.
        speed: The constants.
    """
    share = speed.gemm_share * width / (width + speed.half_width)
    product = tokens * width
    share = share * product / (product + speed.half_product)
    return share * np.where(np.asarray(width) % 64 == 0, 1.0, speed.misaligned)


def step_time(shape: Shape, gpu: Gpu, plan: Plan, speed: Speed | None = None) -> StepTime:
    """Seconds of one step; the constants are the card's unless others are given."""
    return seconds(work(shape, gpu, plan), speed or speed_of(gpu))


def seconds(w: Work, speed: Speed = SPEED) -> StepTime:
    """Seconds of one step, or of many at once."""
    products, attention, passes, adapters, kernels, unpacking = _busy(w, speed)
    busy = products + attention + passes + adapters + kernels
    slower = np.where(w.deepspeed * w.trained > 0, speed.deepspeed_launch, 1.0)
    slower = np.where(w.sharded > 0, speed.sharded_launch, slower)
    floor = speed.launch_seconds * w.layers * w.launch_rounds * slower
    corner = (busy**4 + floor**4) ** 0.25
    ring = 2 * (w.tensor - 1) / w.tensor * 2 * w.tokens * w.hidden
    tensor = 2 * w.rounds * w.layers * ring / (speed.tensor_link * w.link)
    micro = corner + unpacking + tensor
    gathering, data_parallel = _traffic(w, micro, speed)
    steps, idle = w.micro_steps, w.pipeline - 1
    whole = micro + gathering
    shards = np.where(w.sharded > 0, w.data, np.maximum(1, w.optimizer_shards))
    return StepTime(
        products=steps * products,
        attention=steps * attention,
        passes=steps * passes,
        adapters=steps * adapters,
        kernels=steps * kernels,
        unpacking=steps * unpacking,
        launches=steps * (corner - busy),
        tensor_parallel=steps * tensor,
        gathering=steps * gathering,
        bubble=idle * whole,
        data_parallel=data_parallel,
        optimizer=w.trained * speed.optimizer_bytes * w.weights / shards / w.bandwidth,
        waiting=speed.waiting_share * np.log2(w.data) * (steps + idle) * whole,
    )


def _busy(w: Work, speed: Speed) -> tuple[Number, ...]:
    """Seconds of one micro-batch on one GPU, by part: what keeps it busy."""
    stack = np.where(w.megatron_lm > 0, speed.megatron_lm, 1.0)
    stack = np.where(w.megatron_deepspeed > 0, speed.megatron_deepspeed, stack)
    rate = gemm_efficiency(w.width, w.tokens, speed) * stack * w.peak
    compute = (w.layer_flops * w.rounds + w.head_flops * w.head_rounds) / rate
    read = 2 * w.weights * w.rounds / (speed.read_share * w.bandwidth)
    products = np.sqrt(compute**2 + read**2)
    fused = w.attention_flops * w.rounds / (speed.attention_share * w.peak)
    unfused = speed.score_passes * w.rounds / 4 * w.score_bytes * w.layers / w.bandwidth
    attention = np.where(w.fused > 0, fused, unfused)
    passes = speed.passes * w.rounds / 4 * 2 * w.tokens * w.hidden * w.layers / w.bandwidth
    passes = passes * np.where(w.compiled > 0, speed.compiled_passes, 1.0)
    adapters = w.adapter_flops * (1 + w.rounds) / speed.adapter_flops_per_second
    kernels = speed.kernel_seconds * w.layers * w.rounds
    unpacking = speed.unpack_bytes * w.packed * w.rounds / w.bandwidth
    return products, attention, passes, adapters, kernels, unpacking


def _traffic(w: Work, micro: Number, speed: Speed) -> tuple[Number, Number]:
    """Seconds that gathered weights add to a micro-batch, and gradients to a step."""
    near = w.tensor * w.pipeline * w.data <= GPUS_PER_NODE
    rate = np.where(near, speed.gather_link * w.link, speed.network_share * w.network)
    around = 2 * w.weights * (w.data - 1) / w.data
    # Fetched for the forward and the backward pass, by DeepSpeed for the recomputation as well;
    # gradients go back once.
    times = 2 + w.trained + w.deepspeed * w.recompute
    fetched = around * times / rate
    behind = (micro**4 + fetched**4) ** 0.25 - micro + speed.exposed_share * fetched
    gathering = np.where(w.sharded > 0, behind, 0.0)
    gradients = np.where(w.sharded > 0, 0.0, w.trained * 2 * around / rate)
    far = np.where(w.optimizer_shards > GPUS_PER_NODE, w.optimizer_shards, 0)
    return gathering, speed.exposed_share * gradients + speed.spread_seconds * far
