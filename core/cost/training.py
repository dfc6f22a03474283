"""What training costs: hours, dollars, memory, energy, and whether it fits.

shape = core.models.catalog.model("llama-2-7b").shape
estimate = estimate_training(shape, 60_000_000, "A100-80-SXM", 1, "lora")
estimate.hours.value, .low, .high        estimate.usd.value
estimate.memory.parts()                  estimate.fit, estimate.advice
estimate.time.parts()                    estimate.goodput

    hours = tokens ÷ (tokens per second at the steady pace) × what a whole run takes beyond it

Beyond the steady pace come pauses and stops (`core.cost.goodput`). What whole published runs took
beyond it was fitted (`core.cost.cases_runs.OVERHEAD`) and holds restarts and ramp-up alike: a long
full training takes the larger of the two, never both, and what goodput does not explain of it is
called ramp-up.
"""

import math
from dataclasses import dataclass, replace

from core.cost import transformer
from core.cost.advice import advice
from core.cost.calibrate import Machine, shrink
from core.cost.cases_runs import OVERHEAD
from core.cost.energy import Site, co2_kg, energy_kwh
from core.cost.estimate import Estimate, Note, Shrunk
from core.cost.goodput import USUAL, Goodput, Stops, goodput
from core.cost.hardware import DEFAULT_GPU, Gpu
from core.cost.hardware import gpu as find_gpu
from core.cost.host import host_memory_bytes
from core.cost.layout import ANY, Wanted, choose_plan, faster_split
from core.cost.memory import TrainingMemory, training_memory
from core.cost.plan import Method, Plan
from core.cost.prices import Price, known_price
from core.cost.reasons import assumptions, outside
from core.cost.scores import spread
from core.cost.throughput import StepTime, step_time
from core.cost.transformer import lora_parameters
from core.errors import BadInput
from core.models.shape import Shape, parameters
from core.units import HOURS_PER_DAY, SECONDS_PER_HOUR

METHODS: tuple[Method, ...] = ("full", "lora", "qlora")
DEFAULT_LENGTH = 2048
WHOLE_RUN_GPU_HOURS = 1000
"""From here on, a full training is judged as the published whole runs are, with their overhead."""
MOST_GPUS = 16_384
CHECKPOINT_BYTES = 14
"""Of a trained parameter in a checkpoint: 16-bit and 32-bit weights, both moments of Adam."""
MOST_USD = 1e12


@dataclass(frozen=True)
class TimeParts:
    """Wall-clock hours of a training by part; they sum to its hours.

    `ramp_up` is what whole published runs took beyond their steady pace and the stops do not
    explain; `failures` are restarts and lost work, `interruptions` those of spot machines.
    """

    compute: float
    communication: float
    bubble: float
    pauses: float
    failures: float
    interruptions: float
    ramp_up: float

    def parts(self) -> dict[str, float]:
        """Part -> hours, in the order in which a bar stacks them."""
        return dict(vars(self))

    @property
    def training(self) -> float:
        """Hours at the steady pace."""
        return self.compute + self.communication + self.bubble


@dataclass(frozen=True)
class TrainingEstimate:
    """Training a model on some tokens.

    `fit` is "fits", "tight" (fits, but not at the upper end of the range) or "no". If nothing
    fits, hours and dollars are those that cards with enough memory would take. `rate` is tokens
    per second and GPU at the steady pace; `flops` are of the model, without recomputation; `mfu`
    is their share of the peak at that pace. `usd` is None where no price is on file. `goodput` is
    the share of the wall clock that trains. `calibrated` = what was measured on that machine.
    """

    shape: Shape
    gpu: Gpu
    gpus: int
    tokens: int
    method: Method
    plan: Plan
    price: Price | None
    memory: TrainingMemory
    memory_bytes: Estimate
    fit: str
    advice: Note | None
    host_memory_bytes: float
    rate: Estimate
    hours: Estimate
    time: TimeParts
    goodput: Estimate
    stops: Goodput
    usd: Estimate | None
    storage_usd: float
    egress_usd: float
    flops: float
    mfu: float
    energy_kwh: Estimate
    co2_kg: Estimate
    extrapolated: bool
    calibrated: Shrunk | None
    assumptions: tuple[Note, ...]

    @property
    def gpu_hours(self) -> Estimate:
        """Hours of all GPUs."""
        return self.hours.times(self.gpus, "GPU-hours")

    @property
    def wall_days(self) -> Estimate:
        """Days on the clock."""
        return self.hours.times(1 / HOURS_PER_DAY, "days")


def estimate_training(
    shape: Shape,
    tokens: int,
    gpu: str | Gpu = DEFAULT_GPU,
    gpus: int = 1,
    method: Method = "full",
    sequence_length: int | None = None,
    batch_per_gpu: int | None = None,
    *,
    target_length: int | None = None,
    wanted: Wanted = ANY,
    stops: Stops = USUAL,
    spot: bool | None = None,
    price: Price | None = None,
    storage_usd: float = 0.0,
    egress_usd: float = 0.0,
    site: Site | None = None,
    machine: Machine | None = None,
) -> TrainingEstimate:
    """Estimate what training costs.

    Args:
        shape: The model.
        tokens: Tokens that are trained on, each epoch counted; input and target together.
        gpu: The GPU, or its name.
        gpus: How many, at most 8 to a machine.
        method: "full", "lora" (adapters of rank 16 on every matrix) or "qlora" (on a 4-bit base).
        sequence_length: Tokens of a sequence, of an encoder-decoder its input; None = 2,048, or
            what the model allows.
        batch_per_gpu: Sequences of each GPU in one step; None = about 8,192 tokens.
        target_length: Of an encoder-decoder, tokens of the target; None = as many.
        wanted: What of layout, checkpointing, optimizer and network is given.
        stops: Pauses and failures.
        spot: Machines are taken away at times; None = by the price.
        price: None = the published price by the rule of `core.cost.prices`, if there is one.
        storage_usd: For the whole job, on top of the GPUs.
        egress_usd: Likewise.
        site: None = PUE 1.1 and 0.385 kg CO2e per kWh.
        machine: What was measured on the machine that this is for.

    Raises:
        NotFound: There is no such GPU or optimizer.
        BadInput: A number is out of range, or what is asked for cannot be laid out.
    """
    card = find_gpu(gpu) if isinstance(gpu, str) else gpu
    _check(tokens, gpus, method, sequence_length, batch_per_gpu, target_length)
    for field, amount in (("storage_usd", storage_usd), ("egress_usd", egress_usd)):
        if not 0 <= amount <= MOST_USD:
            raise BadInput(f"{field}: US$ {amount:g} cannot be; give 0 or more.")
    length = sequence_length or min(DEFAULT_LENGTH, shape.max_positions or DEFAULT_LENGTH)
    plan, fits = choose_plan(
        shape, card, gpus, method, length, target_length, batch_per_gpu, None, wanted
    )
    memory = training_memory(shape, plan).plain()
    rate_of = price or known_price(card)
    at_spot = spot if spot is not None else rate_of is not None and rate_of.pricing == "spot"
    step = step_time(shape, card, plan)
    steady = math.ceil(tokens / plan.tokens_per_step(shape)) * float(step.total) / SECONDS_PER_HOUR
    whole = method == "full" and steady * gpus >= WHOLE_RUN_GPU_HOURS
    kind = "adapters" if method != "full" else "pretraining" if whole else "finetuning"
    unlike = _extrapolated(shape, card, kind)
    found = _here(machine, kind, method, float(step.launches / step.total))
    steady /= found.ratio if found else 1.0
    lost = goodput(
        gpus, steady, stops, spot=at_spot, checkpoint_bytes=checkpoint_bytes(shape, method)
    )
    time = _time(step, steady, lost, whole)
    hours, share = _hours(time, lost, kind, whole, unlike, found)
    pace = plan.tokens_per_step(shape) / plan.gpus / float(step.total)
    rate = Estimate.of(
        pace * (found.ratio if found else 1.0), "tokens/s per GPU",
        found.after if found else spread(kind, unlike=unlike),
    )  # fmt: skip
    needed = Estimate.of(memory.total_bytes, "B", spread("training-memory", unlike=unlike))
    place = site or Site()
    energy = hours.times(energy_kwh(card, gpus, place), "kWh")
    once = transformer.training(shape, 1, length, target_length, frozen_base=method != "full")
    per_token = once.total / transformer.sequence_tokens(shape, length, target_length)
    usd = None
    if rate_of is not None:
        usd = hours.times(gpus * rate_of.usd_per_gpu_hour, "US$").plus(storage_usd + egress_usd)
    estimate = TrainingEstimate(
        shape=shape,
        gpu=card,
        gpus=gpus,
        tokens=tokens,
        method=method,
        plan=plan,
        price=rate_of,
        memory=memory,
        memory_bytes=needed,
        fit=_fit(memory, needed, card, fits),
        advice=None if fits else advice(shape, card, plan, batch_per_gpu, wanted, METHODS),
        host_memory_bytes=host_memory_bytes(shape, plan, trained_parameters(shape, method)),
        rate=rate,
        hours=hours,
        time=time,
        goodput=share,
        stops=lost,
        usd=usd,
        storage_usd=storage_usd,
        egress_usd=egress_usd,
        flops=tokens * per_token,
        mfu=rate.value * per_token / card.peak_flops_per_second,
        energy_kwh=energy,
        co2_kg=energy.times(co2_kg(1, place), "kg"),
        extrapolated=unlike,
        calibrated=found,
        assumptions=(),
    )
    quicker = faster_split(shape, card, plan, batch_per_gpu, wanted) if fits else None
    return replace(
        estimate, assumptions=assumptions(estimate, place, stops, at_spot, wanted, quicker)
    )


def trained_parameters(shape: Shape, method: str) -> int:
    """Parameters that a method trains."""
    return parameters(shape).total if method == "full" else lora_parameters(shape)


def checkpoint_bytes(shape: Shape, method: str) -> int:
    """Size of a checkpoint to go on from."""
    return CHECKPOINT_BYTES * trained_parameters(shape, method)


def _check(
    tokens: int, gpus: int, method: str, length: int | None, batch: int | None, target: int | None
) -> None:
    if method not in METHODS:
        raise BadInput(f"method: there is no {method!r} here; known: {', '.join(METHODS)}.")
    whole(tokens, "tokens", 10**16)
    whole(gpus, "gpus", MOST_GPUS)
    for value, field in (
        (length, "sequence_length"), (batch, "batch_per_gpu"), (target, "target_length"),
    ):  # fmt: skip
        if value is not None:
            whole(value, field, 2**20)


def whole(value: float, field: str, most: int) -> None:
    """Refuse what is no whole number from 1 to `most`.

    Raises:
        BadInput: It is not.
    """
    if isinstance(value, bool) or not 1 <= value <= most or value != int(value):
        shown = f"{value:,}" if abs(value) < 10**18 or value != value else "more than 10^18"
        raise BadInput(f"{field}: {shown} cannot be; give a whole number from 1 to {most:,}.")


def _time(step: StepTime, steady: float, lost: Goodput, whole_run: bool) -> TimeParts:
    """Wall-clock hours by part."""
    total = float(step.total)
    talking = float(
        step.tensor_parallel + step.gathering + step.data_parallel + step.waiting
    ) / total  # fmt: skip
    bubble = float(step.bubble) / total
    explained = lost.pauses + lost.failures
    return TimeParts(
        compute=steady * (1 - talking - bubble),
        communication=steady * talking,
        bubble=steady * bubble,
        pauses=steady * lost.pauses,
        failures=steady * lost.failures,
        interruptions=steady * lost.interruptions,
        ramp_up=steady * max(0.0, OVERHEAD.clock - 1 - explained) if whole_run else 0.0,
    )


def _hours(
    time: TimeParts, lost: Goodput, kind: str, whole_run: bool, unlike: bool,
    found: Shrunk | None,
) -> tuple[Estimate, Estimate]:  # fmt: skip
    """Wall-clock hours, and the share of them that trains.

    The range is that of the kind, widened by what stops may take. A whole run's has its stops in
    it: only what they may take beyond that widens it.
    """
    total = sum(time.parts().values())
    share = time.training / total
    worst = max(1.0, time.training / lost.low / total)
    best = 1.0 if whole_run else min(1.0, time.training / lost.high / total)
    if whole_run:
        hours = Estimate.of(total, "h", spread("run", unlike=unlike))
    else:
        span = found.after if found else spread(kind, unlike=unlike)
        hours = Estimate.of(total, "h", span, inverse=True)
    trains = Estimate(
        share, share / worst, min(1.0, max(lost.high, share)), "share", hours.n, "goodput"
    )
    return hours.widened(best, worst), trains


def _fit(memory: TrainingMemory, total: Estimate, card: Gpu, fits: bool) -> str:
    if not fits:
        return "no"
    worst = memory.needed_bytes * total.high / total.value
    return "fits" if worst <= card.usable_bytes else "tight"


def _here(machine: Machine | None, kind: str, method: Method, launched: float) -> Shrunk | None:
    """What was measured of a machine, where that says something of such a job."""
    found = shrink(machine, kind, method, launched) if machine else None
    return found if found and found.n else None


def _extrapolated(shape: Shape, card: Gpu, kind: str) -> bool:
    """Whether the job is unlike any published one: its size, its family or its card."""
    tested = card.form == "SXM" and card.backtested
    return outside(shape, kind) or shape.family != "decoder" or not tested
