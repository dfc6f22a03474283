"""How a training is laid out over GPUs: what is asked for, and the fastest layout that fits.

Tried are, where nothing is asked for: micro-batches of 1, 2, 4, … sequences; activations kept or
recomputed; ZeRO stages 0 to 3; and models that are split: over 2, 4, 8 GPUs of a machine (tensor
parallel, with sequence parallel) and over stages of layers (pipeline). A split model is harder to
run, so it must be `SPLIT_GAIN` times as fast, or the only way to fit.

    zero=0   weights, gradients, optimizer on each data-parallel GPU
    zero=1   the optimizer shared out
    zero=2   the gradients too
    zero=3   the weights too (FSDP)
"""

import itertools
import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.cost.hardware import Gpu
from core.cost.memory import optimizer, training_memory
from core.cost.plan import GPUS_PER_NODE, NETWORK_BYTES_PER_SECOND, Method, Plan
from core.cost.throughput import SPEED, step_time
from core.cost.transformer import sequence_tokens
from core.errors import BadInput
from core.models.shape import Shape
from core.units import GIGA

COMFORTABLE_SHARE = 0.9
"""Of the card, what a plan keeps to if it can: an estimate of memory may be wrong."""
SAFE_SHARE = 0.7
"""Of the card, what a plan keeps to where that costs little: then even a high estimate fits."""
SAFE_LOSS = 1.1
"""Times as slow as the fastest, at most, for that."""
LARGEST_MICRO_TOKENS = 32_768
"""Tokens on a GPU at once; more gain nothing."""
STEP_TOKENS = 8192
"""Tokens of each GPU in one step, where no batch is given."""
SPLIT_GAIN = 1.3
"""With it, whole published runs are estimated best: who could do without a split mostly did."""
WORTH_SAYING = 1.05
"""How many times as fast a split must be to be named beside a plan without."""
LAYERS_OF_A_STAGE = 4
"""Fewest layers of a stage where stages are uneven: one layer more is then a small difference."""
ETHERNET_BYTES_PER_SECOND = 100e9 / 8 / GPUS_PER_NODE
"""Of one GPU, where a machine of eight has 100 Gbit/s Ethernet."""
INTERCONNECTS = ("nvlink", "infiniband", "ethernet")


@dataclass(frozen=True)
class Wanted:
    """What of a layout is asked for; None = it is chosen.

    `tensor`, `pipeline`, `data`: how many GPUs hold parts of a layer, stages, copies of the model.
    `zero`: ZeRO stage. `sequence_parallel`: norms and dropout are split like the layers.
    """

    tensor: int | None = None
    pipeline: int | None = None
    data: int | None = None
    zero: int | None = None
    sequence_parallel: bool | None = None
    recompute: bool | None = None
    optimizer: str = "adamw"
    network_bytes_per_second: float = NETWORK_BYTES_PER_SECOND


ANY = Wanted()
DATA_PARALLEL = Wanted(tensor=1, pipeline=1)
_WORDS = {"tp": "tensor", "pp": "pipeline", "dp": "data", "zero": "zero", "sp": "sequence_parallel"}


def parallel(written: str) -> Wanted:
    """Read a layout such as "tp=8,pp=4,zero=1"; also dp=, and sp=0 or 1 (sequence parallel).

    Raises:
        BadInput: A word is not known, is there twice, or has no whole number in its range.
    """
    found: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        name, _, value = part.partition("=")
        field = _WORDS.get(name.strip().casefold())
        if field is None or field in found or not value.strip().isdecimal():
            raise BadInput(
                f"parallel: {part!r} is not understood; write it like tp=8,pp=4,zero=1 (tp, pp, "
                "dp, zero, sp, each once, with whole numbers)."
            )
        found[field] = int(value)
    if found.get("zero", 0) > 3:
        raise BadInput(f"parallel: zero={found['zero']} is no ZeRO stage; give zero=0, 1, 2 or 3.")
    for name in ("tp", "pp", "dp"):
        if found.get(_WORDS[name], 1) < 1:
            raise BadInput(f"parallel: {name}=0 cannot be; give {name}=1 or more.")
    if found.get("sequence_parallel", 0) > 1:
        raise BadInput("parallel: sp is 0 or 1.")
    if "sequence_parallel" in found:
        found["sequence_parallel"] = bool(found["sequence_parallel"])
    return Wanted(**found)


def network(written: str, gpu: Gpu) -> float:
    """Bytes per second of one GPU between machines.

    Args:
        written: "nvlink" (all GPUs as within one machine), "infiniband" (200 Gbit/s a GPU),
            "ethernet" (100 Gbit/s for a machine of eight), or Gbit/s of one GPU.
        gpu: The card, for its NVLink.

    Raises:
        BadInput: It is none of these.
    """
    if written == "nvlink":
        # The formula takes another share of a network than of a link within a machine.
        return SPEED.gather_link / SPEED.network_share * gpu.link_bytes_per_second
    if written in INTERCONNECTS:
        return ETHERNET_BYTES_PER_SECOND if written == "ethernet" else NETWORK_BYTES_PER_SECOND
    try:
        gigabits = float(written)
    except ValueError:
        gigabits = math.nan
    if not 0.1 <= gigabits <= 100_000:
        raise BadInput(
            f"interconnect: {written!r} is not known; give {', '.join(INTERCONNECTS)}, or the "
            "Gbit/s of one GPU from 0.1 to 100,000."
        )
    return gigabits * GIGA / 8


def check(shape: Shape, gpus: int, method: str, wanted: Wanted) -> None:
    """Refuse what cannot be laid out.

    Raises:
        BadInput: Tensor parallel does not divide the heads or leaves a machine, there are more
            stages than layers, the parts do not make up the GPUs, or a 4-bit base is split.
        NotFound: There is no such optimizer.
    """
    optimizer(wanted.optimizer)
    tensor, pipeline = wanted.tensor or 1, wanted.pipeline or 1
    if shape.heads % tensor:
        able = [n for n in range(1, shape.heads + 1) if shape.heads % n == 0]
        raise BadInput(
            f"parallel: tp={tensor} does not divide the model's {shape.heads} attention heads; "
            f"give tp of {', '.join(map(str, able))}."
        )
    if tensor > GPUS_PER_NODE:
        raise BadInput(
            f"parallel: tp={tensor} leaves a machine of {GPUS_PER_NODE} GPUs, where its traffic "
            f"would stand still; give tp of at most {GPUS_PER_NODE}, and stages with pp."
        )
    if pipeline > shape.all_layers:
        raise BadInput(
            f"parallel: pp={pipeline} is more stages than the model's {shape.all_layers} layers; "
            f"give pp of at most {shape.all_layers}."
        )
    if method == "qlora" and tensor * pipeline > 1:
        raise BadInput(
            f"parallel: tp={tensor}, pp={pipeline} with qlora: a 4-bit base is not split into "
            "parts; give zero=3 to share it out, or method lora."
        )
    split = tensor * pipeline
    if wanted.data is not None and split * wanted.data != gpus:
        raise BadInput(
            f"parallel: tp={tensor} × pp={pipeline} × dp={wanted.data} is "
            f"{split * wanted.data:,} GPUs, not gpus={gpus:,}; leave dp out, or change gpus."
        )
    if gpus % split:
        raise BadInput(
            f"parallel: tp={tensor} × pp={pipeline} = {split} does not divide gpus={gpus:,}; give "
            f"gpus={math.ceil(gpus / split) * split:,}, or other parts."
        )


@lru_cache(maxsize=4096)
def choose_plan(
    shape: Shape,
    gpu: Gpu,
    gpus: int,
    method: Method,
    length: int,
    target_length: int | None = None,
    batch_per_gpu: int | None = None,
    trained: int | None = None,
    wanted: Wanted = ANY,
    split_gain: float = SPLIT_GAIN,
) -> tuple[Plan, bool]:
    """The fastest layout that fits, and whether any does; if none, the one that needs least.

    Args:
        shape: The model.
        gpu: The GPU.
        gpus: How many.
        method: What is trained.
        length: Tokens of a sequence.
        target_length: Of an encoder-decoder, tokens of the target; None = as many.
        batch_per_gpu: Sequences of each GPU in one step; None = about `STEP_TOKENS` tokens. A
            model over several GPUs gets as many as all of them together.
        trained: Trained parameters; None = by the method.
        wanted: What of the layout is asked for.
        split_gain: How many times as fast a split model must be.

    Raises:
        BadInput: What is asked for cannot be laid out.
    """
    check(shape, gpus, method, wanted)
    plans = _plans(shape, gpus, method, length, target_length, batch_per_gpu, wanted)
    if gpu.form == "CPU":
        plans = replace(plans, numbers="32-bit")
    need = np.asarray(training_memory(shape, plans, trained).needed_bytes)
    pace = step_time(shape, gpu, plans).total / plans.tokens_per_step(shape)
    pace = pace * plans.gpus * np.where(plans.tensor * plans.pipeline > 1, split_gain, 1.0)
    for share, loss in ((SAFE_SHARE, SAFE_LOSS), (COMFORTABLE_SHARE, math.inf), (1.0, math.inf)):
        fitting = need <= share * gpu.usable_bytes
        fastest = pace[need <= COMFORTABLE_SHARE * gpu.usable_bytes].min(initial=math.inf)
        if (fitting & (pace <= loss * fastest)).any():
            return _one(plans, int(np.where(fitting, pace, np.inf).argmin())), True
    return _one(plans, int(need.argmin())), False


def faster_split(
    shape: Shape, gpu: Gpu, chosen: Plan, batch_per_gpu: int | None, wanted: Wanted
) -> tuple[Plan, float] | None:
    """A split layout that is a little faster than a chosen one without, and how many times.

    None where there is none, or parts are asked for.
    """
    if wanted.tensor or wanted.pipeline or wanted.data or chosen.tensor * chosen.pipeline > 1:
        return None
    found, fits = choose_plan(
        shape, gpu, int(chosen.gpus), chosen.method, int(chosen.length), chosen.target_length,
        batch_per_gpu, None, wanted, 1.0,
    )  # fmt: skip
    if not fits or found.tensor * found.pipeline == 1:
        return None
    before, after = (
        float(step_time(shape, gpu, plan).total / plan.tokens_per_step(shape))
        for plan in (chosen, found)
    )
    return (found, before / after) if before > WORTH_SAYING * after else None


def _splits(shape: Shape, gpus: int, method: str, wanted: Wanted) -> list[tuple[int, int]]:
    """Tensor and pipeline parts that are tried; those of whole machines' worth of GPUs."""
    tensors = [
        n for n in (1, 2, 4, GPUS_PER_NODE)
        if n == 1 or (shape.heads % n == 0 and shape.hidden // n >= LEAST_WIDTH)
    ]  # fmt: skip
    stages = [
        n for n in range(1, min(shape.all_layers, MOST_STAGES) + 1)
        if shape.all_layers % n == 0 or shape.all_layers >= LAYERS_OF_A_STAGE * n
    ]  # fmt: skip
    if method != "full":  # adapters are small: what does not fit is shared out, not split
        tensors, stages = [1], [1]
    tensors = tensors if wanted.tensor is None else [wanted.tensor]
    stages = stages if wanted.pipeline is None else [wanted.pipeline]
    found = [(t, p) for t, p in itertools.product(tensors, stages) if gpus % (t * p) == 0]
    if wanted.data is not None:
        found = [(t, p) for t, p in found if t * p * wanted.data == gpus]
    if not found:
        raise BadInput(
            f"parallel: dp={wanted.data} leaves {gpus / (wanted.data or 1):g} GPUs for one copy of "
            "the model, which tp and pp cannot make up; give tp and pp too."
        )
    return found


LEAST_WIDTH = 512
"""Of a layer on one GPU, where a split is tried: narrower ones are never faster."""
MOST_STAGES = 32


def _plans(
    shape: Shape, gpus: int, method: Method, length: int, target: int | None, batch: int | None,
    wanted: Wanted,
) -> Plan:  # fmt: skip
    """All layouts that are tried, as one plan of arrays."""
    tokens = sequence_tokens(shape, length, target)
    tried = []
    for parts, stages in _splits(shape, gpus, method, wanted):
        split = parts * stages
        copies = gpus // split
        whole = split * (batch or STEP_TOKENS / tokens)
        most = max(1, min(LARGEST_MICRO_TOKENS // tokens, math.ceil(whole) if batch else 2**20))
        sizes = {2**power for power in range(most.bit_length())}
        sizes |= {min(most, batch)} if batch else set()
        zeros = range(4) if copies > 1 else (0,)
        tried += [
            (size, math.ceil(whole / size), recompute, parts, stages, copies, stage)
            for size in sorted(sizes)
            for recompute in ((False, True) if wanted.recompute is None else (wanted.recompute,))
            for stage in (zeros if wanted.zero is None else (wanted.zero,))
            # A pipeline cannot fetch weights for each of its micro-batches.
            if stage < 3 or stages == 1 or wanted.zero == 3
        ]
    columns = (np.array(column) for column in zip(*tried, strict=True))
    size, steps, recompute, tensor, pipeline, data, zero = columns
    return lay_out(
        Plan(
            method, length, target, size, steps, recompute, tensor=tensor, pipeline=pipeline,
            data=data, optimizer=wanted.optimizer,
            network_bytes_per_second=wanted.network_bytes_per_second,
            sequence_parallel=(tensor > 1) & (wanted.sequence_parallel is not False),
        ),
        zero,
    )  # fmt: skip


def lay_out(plan: Plan, zero: NDArray[np.int_]) -> Plan:
    """A plan of arrays with its states shared out by a ZeRO stage."""
    return replace(
        plan,
        sharded=(zero == 3) & (np.asarray(plan.data) > 1),
        # FSDP's optimizer works on its own shard: nothing is spread that must be gathered again.
        optimizer_shards=np.where((zero == 1) | (zero == 2), plan.data, 1),
        gradient_shards=np.where(zero > 1, plan.data, 1),
    )


def zero_stage(plan: Plan) -> int:
    """The ZeRO stage of a plan."""
    if plan.sharded:
        return 3
    return 0 if plan.optimizer_shards == 1 else 1 if plan.gradient_shards == 1 else 2


def _one(plans: Plan, index: int) -> Plan:
    """One of the layouts, with plain numbers."""
    arrays = {name: value for name, value in vars(plans).items() if isinstance(value, np.ndarray)}
    return replace(plans, **{name: value[index].item() for name, value in arrays.items()})
