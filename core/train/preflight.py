"""Will it fit, how long will it take, what will it cost: said before a run starts.

Without a probe the memory is estimated from the model's sizes; a probe (`core.work.preflight`)
measures some steps at the longest batch, and the evaluation, on this machine. Time on this machine
is that of the measured steps, or of an earlier run like it; else the cost engine's, where it was
calibrated here (`assay cost calibrate`). Time and dollars on a rented A100 come from that engine.

green   it fits with room to spare
amber   it fits, but barely
red     it does not fit
"""

import importlib.util
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.cost.calibrate import Machine, shrink
from core.cost.memory import NF4_BYTES, layer_activation_bytes
from core.cost.plan import Plan as Layout
from core.cost.throughput import step_time
from core.cost.training import METHODS, TrainingEstimate, estimate_training
from core.cost.transformer import lora_parameters
from core.errors import BadInput
from core.models.resolve import shape_of
from core.models.shape import Shape, parameters
from core.text.format import size
from core.train.config import ADAPTERS, TrainConfig
from core.train.plan import Plan
from core.train.presets import Reason
from core.units import KILO, MIB, SECONDS_PER_HOUR

PROCESS_BYTES = 700 * MIB
"""Python, torch and Transformers before any model; measured on Linux, 450 to 700 MiB."""
WEIGHT_BYTES, STATE_BYTES = 4, 12
"""Of a parameter in float32; of one that is trained besides: gradient, two moments of Adam."""
FLOAT32 = 2
"""`core.cost` counts activations in 16 bits."""
LOGIT_BYTES = 12
"""Of an entry in float32: logit, its log-probability, its gradient."""
KEPT_COPIES = 4
"""Of the weights on disk: the model, one in the making, and a checkpoint with both moments."""
ROOMY = 0.8
"""Share of the free memory up to which it fits with room to spare."""
WATTS_PER_CORE = 10.0
"""A server's processor under load, memory and losses included; no meter is read."""
SHORTEST = 64


@dataclass(frozen=True)
class Room:
    """What the machine has free: memory of the GPU if there is one, else of the host."""

    memory_bytes: int
    disk_bytes: int | None
    device: str
    cores: int
    watts: float | None = None
    """Draw of the GPU under load; None = of the cores."""


@dataclass(frozen=True)
class Preflight:
    """The answer before a run starts; `None` = not known.

    Attributes:
        verdict: "green", "amber" or "red".
        memory_bytes: Peak of training or evaluation, whichever is more.
        memory_from, seconds_from: "probe" or "estimate"; for time also "run", "limit" and
            "calibration".
        parts: Of the memory, where it is estimated.
        seconds, energy_kwh: The training alone, on this machine.
        seconds_low, seconds_high: Where 90 % of such jobs lie, where the engine says the time.
        disk_bytes: What the run will write, at most at once.
        a100: Hours, dollars and their ranges on one A100, and whether it fits there.
        change: The one change that makes it fit; settings as `--set` takes them.
        room: What is free.
        probe_error: Why the probe came to nothing; None = it was not run, or it ran.
    """

    verdict: str
    memory_bytes: float | None
    memory_from: str
    parts: dict[str, float]
    seconds: float | None
    seconds_from: str | None
    energy_kwh: float | None
    disk_bytes: float | None
    a100: dict[str, Any] | None
    change: Reason | None
    settings: dict[str, Any]
    room: Room
    probe_error: str | None = None
    seconds_low: float | None = None
    seconds_high: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON; the change in a sentence and as settings."""
        body = asdict(self)
        body["change"] = {"say": self.change.say(), "set": self.settings} if self.change else None
        del body["settings"]
        return body


def preflight(
    plan: Plan,
    room: Room,
    probe: Mapping[str, Any] | None = None,
    probe_error: str | None = None,
    here: Machine | None = None,
    mean_tokens: tuple[float, float] | None = None,
) -> Preflight:
    """Judge a plan.

    Args:
        plan: What is asked.
        room: What the machine has.
        probe: What `core.work.preflight.probe` measured; None = it was not run.
        probe_error: Why it was cut off: what breaks a probe breaks a training.
        here: What was measured of this machine before; None = nothing.
        mean_tokens: About how long input and target of a row are; None = as long as they may be.
    """
    shape = shape_of(plan.base)
    parts = memory_parts(shape, plan.config) if shape else {}
    memory = sum(parts.values()) if parts else None
    if probe:
        memory = float(probe["peak_memory_bytes"])
    seconds, source = _seconds(plan, probe)
    low = high = None
    if probe is None and source != "run" and shape and here:
        engine = seconds_here(shape, plan, here, mean_tokens)
        if engine and (seconds is None or engine[0] < seconds):
            (seconds, low, high), source = engine, "calibration"
    disk = KEPT_COPIES * WEIGHT_BYTES * plan.parameters if plan.parameters else None
    verdict = "red" if probe_error else _verdict(memory, disk, room)
    change: Reason | None = None
    settings: dict[str, Any] = {}
    if verdict == "red" and shape and memory:
        # A probe that was cut off needed more than there is.
        needed = max(memory, room.memory_bytes + 1.0) if probe_error else memory
        change, settings = _change(shape, plan, needed, disk, room)
    return Preflight(
        verdict, memory, "probe" if probe else "estimate", parts, seconds, source,
        _energy(seconds, room), disk, _a100(shape, plan, probe), change, settings, room,
        probe_error, low, high,
    )  # fmt: skip


def memory_parts(shape: Shape, config: TrainConfig) -> dict[str, float]:
    """Bytes of training in float32 on one device, by part, at the longest batch.

    Inputs and targets are taken as long as the configuration allows; the probe knows better.
    """
    total = parameters(shape).total
    trained = trained_parameters(shape, config.method)
    base = NF4_BYTES if config.method == "qlora" else WEIGHT_BYTES
    lengths = _lengths(shape, config)
    rows = longest_rows(config)
    layout = Layout("full", lengths[0], lengths[-1], rows)
    layer = FLOAT32 * layer_activation_bytes(shape, rows * sum(lengths) / shape.stacks, layout)
    # A body that is not trained keeps nothing for a backward pass; one that is half trained, half.
    kept = {"probe": 0.0, "frozen": 0.5}.get(config.method, 1.0)
    activations = layer * max(1.0, kept * shape.all_layers)
    if config.trainer.get("gradient_checkpointing"):
        activations = layer + 4 * rows * sum(lengths) * shape.hidden * shape.all_layers
    logits = LOGIT_BYTES * rows * lengths[-1] * shape.vocab if shape.generates else 0.0
    scored = LOGIT_BYTES * config.eval_batch_size * lengths[-1] * shape.vocab
    evaluation = (scored if shape.generates else 0.0) + 2 * layer / rows * config.eval_batch_size
    return {
        "process": float(PROCESS_BYTES),
        "weights": float(base * total + (WEIGHT_BYTES * trained if base != WEIGHT_BYTES else 0)),
        "optimizer": float(STATE_BYTES * trained),
        "batch": max(activations + logits, evaluation),
    }


def longest_rows(config: TrainConfig) -> int:
    """Rows of the batch of longest texts: batches of about as many tokens hold few of them."""
    return max(1, config.batch_size // 2) if config.batching == "length" else config.batch_size


def _lengths(shape: Shape, config: TrainConfig) -> tuple[int, ...]:
    most = shape.max_positions or config.max_input_tokens
    inputs = min(most, config.max_input_tokens)
    if shape.family == "encoder-decoder":
        return inputs, min(most, config.max_target_tokens)
    if shape.family == "decoder":
        return (min(most, inputs + config.max_target_tokens),)
    return (inputs,)


def trained_parameters(shape: Shape, method: str) -> int:
    """Parameters that a method trains, about."""
    counts = parameters(shape)
    if method in ADAPTERS:
        return lora_parameters(shape)
    if method == "probe":
        return counts.head or shape.hidden**2
    if method == "frozen":
        stack = shape.encoder_layers or shape.layers
        share = max(1, stack // 2) / shape.all_layers
        return round((counts.total - counts.embedding) * (1 - share))
    return counts.total


def _verdict(memory: float | None, disk: float | None, room: Room) -> str:
    if memory is None:
        return "amber"  # nothing is known of a model that was not fetched
    if memory > room.memory_bytes:
        return "red"
    if disk is not None and room.disk_bytes is not None and disk > room.disk_bytes:
        return "red"
    return "green" if memory <= ROOMY * room.memory_bytes else "amber"


def _change(
    shape: Shape, plan: Plan, memory: float, disk: float | None, room: Room
) -> tuple[Reason, dict[str, Any]]:
    """The smallest change that makes it fit, and the settings that make it."""
    if memory <= room.memory_bytes:
        return _change_to("disk", need=size(disk), free=size(room.disk_bytes)), {}
    config = plan.config
    # What was measured says how far the estimate was off; the same factor is taken for changes.
    off = memory / sum(memory_parts(shape, config).values())

    def fits(**changed: Any) -> bool:
        needed = off * sum(memory_parts(shape, replace(config, **changed)).values())
        return needed <= ROOMY * room.memory_bytes

    batch, times = config.batch_size, config.accumulation_steps
    while batch > 1:
        batch, times = batch // 2, times * 2
        smaller = {"batch_size": batch, "accumulation_steps": times,
                   "eval_batch_size": min(config.eval_batch_size, 2 * batch)}  # fmt: skip
        if fits(**smaller):
            return _change_to("batch", **smaller), smaller
    least = {"batch_size": 1, "accumulation_steps": batch * times, "eval_batch_size": 1}
    for method in ("lora", "qlora"):
        ready = method == "lora" or importlib.util.find_spec("bitsandbytes") is not None
        if ready and config.method not in ADAPTERS and fits(method=method, **least):
            return _change_to(method), {"method": method, **least}
    tokens = config.max_input_tokens
    while tokens > SHORTEST:
        tokens //= 2
        shorter = {"max_input_tokens": tokens,
                   "max_target_tokens": min(tokens, config.max_target_tokens)}  # fmt: skip
        if fits(**least, **shorter):
            return _change_to("shorter", tokens=tokens), {**least, **shorter}
    return _change_to("smaller_base"), {}


def _change_to(key: str, **values: object) -> Reason:
    return Reason(key, key, tuple(values.items()), "change")


def _seconds(plan: Plan, probe: Mapping[str, Any] | None) -> tuple[float | None, str | None]:
    limit = plan.config.max_seconds
    if probe is None:
        return plan.seconds, plan.seconds_from
    seconds = plan.steps * float(probe["step_seconds"])
    return (limit, "limit") if limit and limit < seconds else (seconds, "probe")


def seconds_here(
    shape: Shape, plan: Plan, here: Machine, mean_tokens: tuple[float, float] | None
) -> tuple[float, float, float] | None:
    """Seconds on this machine and their range, by the cost engine as it was calibrated here.

    None where nothing was measured here, or the method is one that the engine does not know.
    """
    config = plan.config
    method = next((known for known in METHODS if known == config.method), None)
    if method is None or not here.measured:
        return None
    lengths = _usual_lengths(shape, config, mean_tokens)
    layout = Layout(
        method, lengths[0], lengths[1] if len(lengths) > 1 else None, config.batch_size,
        config.accumulation_steps, bool(config.trainer.get("gradient_checkpointing")),
    )  # fmt: skip
    step = step_time(shape, here.card, layout)
    launched = float(step.launches / step.total)
    found = shrink(here, "finetuning" if method == "full" else "adapters", method, launched)
    if not found.n:
        return None
    whole = plan.steps * float(step.total) / found.ratio
    return whole, whole / found.after.high, whole / found.after.low


def _usual_lengths(
    shape: Shape, config: TrainConfig, mean_tokens: tuple[float, float] | None
) -> tuple[int, ...]:
    """Tokens of a usual row in each stack, never more than the configuration allows."""
    longest = _lengths(shape, config)
    if mean_tokens is None:
        return longest
    inputs, targets = mean_tokens
    usual = (inputs, targets) if len(longest) > 1 else (inputs + targets * shape.generates,)
    return tuple(max(1, min(most, round(n))) for most, n in zip(longest, usual, strict=True))


def _energy(seconds: float | None, room: Room) -> float | None:
    if seconds is None:
        return None
    watts = room.watts or WATTS_PER_CORE * room.cores
    return seconds / SECONDS_PER_HOUR * watts / KILO


def _a100(
    shape: Shape | None, plan: Plan, probe: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What the same training would take on one rented A100; None where it cannot be estimated."""
    if shape is None:
        return None
    rows, config = plan.rows + plan.replay_rows, plan.config
    lengths = _lengths(shape, config)
    if probe:
        lengths = tuple(max(1, round(n)) for n in probe["mean_tokens"])
    tokens = round(config.epochs * rows * sum(lengths))
    method = config.method if config.method in ADAPTERS else "full"
    try:
        found: TrainingEstimate = estimate_training(
            shape, max(1, tokens), gpus=1, method=method,  # type: ignore[arg-type]
            sequence_length=lengths[0], batch_per_gpu=config.batch_size,
            target_length=lengths[1] if len(lengths) > 1 else None,
        )  # fmt: skip
    except BadInput:
        return None
    usd = found.usd
    return {
        "gpu": found.gpu.name,
        "tokens": tokens,
        "hours": found.hours.value, "hours_low": found.hours.low, "hours_high": found.hours.high,
        "usd": usd.value if usd else None, "usd_low": usd.low if usd else None,
        "usd_high": usd.high if usd else None,
        "fit": found.fit,
    }  # fmt: skip
