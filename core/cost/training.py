"""What training costs: hours, dollars, memory, energy, and whether it fits.

shape = core.models.catalog.model("llama-2-7b").shape
estimate = estimate_training(shape, 60_000_000, "A100-80-SXM", 1, "lora")
estimate.hours.value, .low, .high        estimate.usd.value
estimate.memory.parts()                  estimate.fit, estimate.advice
"""

import math
from dataclasses import dataclass, replace

from core.cost import transformer
from core.cost.backtest import checks, spread
from core.cost.cases_runs import OVERHEAD
from core.cost.energy import Site, co2_kg, energy_kwh
from core.cost.estimate import Estimate, Note, note
from core.cost.hardware import DEFAULT_GPU, GPUS, Gpu
from core.cost.hardware import gpu as find_gpu
from core.cost.host import host_memory_bytes
from core.cost.layout import choose_plan
from core.cost.memory import TrainingMemory, training_memory
from core.cost.prices import Price, price_of
from core.cost.throughput import Method, Plan, step_time
from core.cost.transformer import LORA_RANK, lora_parameters
from core.errors import BadInput
from core.models.shape import Shape, parameters
from core.units import SECONDS_PER_HOUR

METHODS: tuple[Method, ...] = ("full", "lora", "qlora")
DEFAULT_LENGTH = 2048
WHOLE_RUN_GPU_HOURS = 1000
"""From here on, a full training is judged as the published whole runs are, with their overhead."""
MOST_GPUS = 16_384


@dataclass(frozen=True)
class TrainingEstimate:
    """Training a model on some tokens.

    `fit` is "fits", "tight" (fits, but not at the upper end of the range) or "no". If nothing
    fits, hours and dollars are those that cards with enough memory would take. `flops` are of the
    model, without recomputation; `mfu` is their share of the peak.
    """

    shape: Shape
    gpu: Gpu
    gpus: int
    tokens: int
    method: Method
    plan: Plan
    price: Price
    memory: TrainingMemory
    memory_bytes: Estimate
    fit: str
    advice: Note | None
    host_memory_bytes: float
    hours: Estimate
    usd: Estimate
    flops: float
    mfu: float
    energy_kwh: Estimate
    co2_kg: Estimate
    extrapolated: bool
    assumptions: tuple[Note, ...]

    @property
    def gpu_hours(self) -> Estimate:
        """Hours of all GPUs."""
        return self.hours.times(self.gpus, "GPU-hours")


def estimate_training(
    shape: Shape,
    tokens: int,
    gpu: str = DEFAULT_GPU,
    gpus: int = 1,
    method: Method = "full",
    sequence_length: int | None = None,
    batch_per_gpu: int | None = None,
    *,
    target_length: int | None = None,
    price: Price | None = None,
    site: Site | None = None,
) -> TrainingEstimate:
    """Estimate what training costs.

    Args:
        shape: The model.
        tokens: Tokens that are trained on, each epoch counted; input and target together.
        gpu: Name of the GPU.
        gpus: How many, at most 8 to a machine.
        method: "full", "lora" (adapters of rank 16 on every matrix) or "qlora" (on a 4-bit base).
        sequence_length: Tokens of a sequence, of an encoder-decoder its input; None = 2,048, or
            what the model allows.
        batch_per_gpu: Sequences of each GPU in one step; None = about 8,192 tokens.
        target_length: Of an encoder-decoder, tokens of the target; None = as many.
        price: None = the published price by the rule of `core.cost.prices`.
        site: None = PUE 1.1 and 0.385 kg CO2e per kWh.

    Raises:
        NotFound: There is no such GPU.
        BadInput: A number is out of range.
    """
    card = find_gpu(gpu)
    length = _check(shape, tokens, gpus, method, sequence_length, batch_per_gpu)
    plan, fits = choose_plan(shape, card, gpus, method, length, target_length, batch_per_gpu)
    memory = training_memory(shape, plan).plain()
    hours, kind = _hours(shape, card, plan, tokens)
    unlike = _extrapolated(shape, card, kind)
    needed = Estimate.of(memory.total_bytes, "B", spread("training-memory", unlike=unlike))
    time = Estimate.of(hours, "h", spread(kind, unlike=unlike), inverse=kind != "run")
    rate = price or price_of(card)
    place = site or Site()
    energy = time.times(energy_kwh(card, gpus, place), "kWh")
    once = transformer.training(shape, 1, length, target_length, frozen_base=method != "full")
    per_token = once.total / transformer.sequence_tokens(shape, length, target_length)
    flops = tokens * per_token
    trained = parameters(shape).total if method == "full" else lora_parameters(shape)
    estimate = TrainingEstimate(
        shape=shape,
        gpu=card,
        gpus=gpus,
        tokens=tokens,
        method=method,
        plan=plan,
        price=rate,
        memory=memory,
        memory_bytes=needed,
        fit=_fit(memory, needed, card, fits),
        advice=None if fits else _advice(shape, card, plan, batch_per_gpu),
        host_memory_bytes=host_memory_bytes(shape, plan, trained),
        hours=time,
        usd=time.times(gpus * rate.usd_per_gpu_hour, "US$"),
        flops=flops,
        mfu=flops / (hours * SECONDS_PER_HOUR * gpus * card.peak_flops_per_second),
        energy_kwh=energy,
        co2_kg=energy.times(co2_kg(1, place), "kg"),
        extrapolated=unlike,
        assumptions=(),
    )
    return replace(estimate, assumptions=_assumptions(estimate, place))


def _check(
    shape: Shape, tokens: int, gpus: int, method: str, length: int | None, batch: int | None
) -> int:
    if method not in METHODS:
        raise BadInput(f"There is no method {method!r} here; known: {', '.join(METHODS)}.")
    if not 1 <= gpus <= MOST_GPUS:
        raise BadInput(f"{gpus:,} GPUs cannot be planned; give 1 to {MOST_GPUS:,}.")
    if not 1 <= tokens <= 10**16:
        raise BadInput(f"{tokens:,} tokens cannot be trained on; give 1 to 10 quadrillion.")
    if length is not None and not 1 <= length <= 2**20:
        raise BadInput(f"A sequence of {length:,} tokens cannot be; give 1 to 1,048,576.")
    if batch is not None and not 1 <= batch <= 2**20:
        raise BadInput(f"{batch:,} sequences per GPU cannot be; give 1 to 1,048,576.")
    return length or min(DEFAULT_LENGTH, shape.max_positions or DEFAULT_LENGTH)


def _hours(shape: Shape, card: Gpu, plan: Plan, tokens: int) -> tuple[float, str]:
    """Hours, and the kind of published run that they are judged by."""
    steps = math.ceil(tokens / plan.tokens_per_step(shape))
    hours = steps * float(step_time(shape, card, plan).total) / SECONDS_PER_HOUR
    if plan.method == "full" and hours * plan.gpus >= WHOLE_RUN_GPU_HOURS:
        return hours * OVERHEAD.clock, "run"
    return hours, "finetuning" if plan.method == "full" else "adapters"


def _fit(memory: TrainingMemory, total: Estimate, card: Gpu, fits: bool) -> str:
    if not fits:
        return "no"
    worst = memory.needed_bytes * total.high / total.value
    return "fits" if worst <= card.usable_bytes else "tight"


def _advice(shape: Shape, card: Gpu, plan: Plan, batch: int | None) -> Note:
    """The one change that makes it fit: a larger card, adapters, a 4-bit base, more GPUs."""
    large = next(row for row in GPUS if row.memory_bytes > 40 * 2**30 and row.form == card.form)

    def works(gpu: Gpu = card, gpus: int = plan.data, method: Method = plan.method) -> bool:
        return choose_plan(shape, gpu, gpus, method, plan.length, plan.target_length, batch)[1]

    if card.memory_bytes < large.memory_bytes and works(gpu=large):
        return note("train_card", gpu=large.name)
    for method in METHODS[METHODS.index(plan.method) + 1 :]:
        if works(method=method):
            return note("train_method", method={"lora": "LoRA", "qlora": "QLoRA"}[method])
    for gpus in (2, 4, 8, 16, 32, 64, 128, 256, 512):
        if gpus > plan.data and works(gpus=gpus):
            return note("train_gpus", gpus=gpus)
    return note("train_length", length=f"{plan.length // 2:,}")


def _extrapolated(shape: Shape, card: Gpu, kind: str) -> bool:
    """Whether the job is unlike any published one: its size, its family or its card."""
    sizes = [check.parameters for check in checks(kind) if check.parameters]
    inside = min(sizes) <= parameters(shape).total <= max(sizes)
    return not inside or shape.family != "decoder" or card.form != "SXM"


def _assumptions(estimate: TrainingEstimate, site: Site) -> tuple[Note, ...]:
    plan, price = estimate.plan, estimate.price
    notes = [
        note("price", usd=f"{price.usd_per_gpu_hour:.2f}", source=price.source, date=price.as_of),
        note("step", micro=plan.micro_batch, length=f"{plan.length:,}", steps=plan.micro_steps),
        note("recompute" if plan.recompute else "keep"),
    ]
    if price.note is not None:
        notes.append(price.note)
    if plan.method != "full":
        notes.append(note("lora", rank=LORA_RANK))
    if plan.sharded or plan.optimizer_shards > 1:
        notes.append(note("sharded" if plan.sharded else "sharded_optimizer"))
    if estimate.hours.kind == "run":
        notes.append(note("run_overhead", share=round(100 * (OVERHEAD.clock - 1))))
    if estimate.extrapolated:
        notes.append(note("extrapolated"))
    if estimate.shape.family != "decoder":
        notes.append(note("other_family"))
    if estimate.gpu.form == "PCIe":
        notes.append(note("pcie"))
    notes.append(note("energy", pue=site.pue, grid=site.grid_kg_per_kwh))
    return tuple(notes)
