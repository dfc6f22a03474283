"""What the training formulas say for published training runs.

What a row leaves out is filled in, the same for all rows: a micro-batch of `MICRO_BATCH` sequences,
of one where there is a pipeline; the mean length of Alpaca's examples where that data set was used
(its longest for memory); checkpointed layers for a full fine-tune and where a run of its day had no
other way. What a reader of the source knows of a framework stands in `FRAMEWORKS`.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from core.cost import transformer
from core.cost.cases_serving import card
from core.cost.memory import FOOTPRINT, Footprint, TrainingMemory, counted_bytes, training_memory
from core.cost.plan import GPUS_PER_NODE, NETWORK_BYTES_PER_SECOND, Method, Numbers, Plan, Software
from core.cost.published import Pair, Row, shape_of
from core.cost.throughput import SPEED, Speed, step_time
from core.cost.transformer import LORA_RANK, lora_parameters
from core.models.shape import Shape, parameters
from core.units import GIB, GIGA, TERA

MICRO_BATCH = 4
ALPACA_TOKENS = 110
PEFT_BATCH, PEFT_TOKENS, PEFT_TARGET_TOKENS = 8, 64, 8
"""Of the fine-tunes that the PEFT library's page reports the memory of: tweets to a label."""
PRESSED = 1.5
"""Times as slow is a run that needs more than its card holds: the allocator frees and asks anew."""
FINETUNING = "throughput_finetune"


@dataclass(frozen=True)
class Framework:
    """What a reader of the source knows of a framework; names are beginnings of the column's text.

    `counted` = it reports what PyTorch's counter says, not a monitor of the card. `recompute` = the
    default where a row is silent; None = by what is trained.
    """

    name: str
    software: Software = "current"
    fused_attention: bool = True
    numbers: Numbers = "mixed"
    counted: bool = False
    rank: int = LORA_RANK
    recompute: bool | None = None


FRAMEWORKS = (
    Framework("Megatron-DeepSpeed", "megatron-deepspeed", fused_attention=False, recompute=True),
    Framework("Megatron-LM", "megatron-lm", fused_attention=False, recompute=True),
    Framework("HF Trainer + DeepSpeed", "deepspeed", rank=64),
    Framework("HF PEFT", numbers="32-bit", counted=True, recompute=False),
    Framework("IBM fms-hf-tuning", numbers="16-bit"),
    Framework("LitGPT", counted=True, rank=8, recompute=False),
    Framework("torchtune", numbers="16-bit", counted=True, rank=8),
    Framework("flash-attention", recompute=False),
    Framework(""),
)
TORCHTUNE = (
    "Packed", "Compile", "Chunked", "Activation Checkpointing", "Fuse", "Activation Offloading",
    "8-bit", "LoRA",
)  # fmt: skip
"""Savings that torchtune's table adds one after the other."""


def framework(row: Row) -> Framework:
    """What is known of a row's framework."""
    return next(one for one in FRAMEWORKS if row.text("framework").startswith(one.name))


def plan_of(row: Row, shape: Shape) -> Plan | None:
    """The layout of a row; None where its sequence length is not known."""
    known, method = framework(row), method_of(row)
    gpus, tensor, pipeline = row.whole("n_gpus", 1), row.whole("tp", 1), row.whole("pp", 1)
    data = row.whole("dp", max(1, gpus // (tensor * pipeline)))
    length = row.whole("seq_len", ALPACA_TOKENS if "Alpaca" in row.text("notes") else 0)
    if known.name == "HF PEFT":
        length = PEFT_TOKENS
    if not length or gpus != tensor * pipeline * data:
        return None
    micro, steps = _batch(row, data, pipeline)
    finetune = row.text("kind") == FINETUNING
    sharding = row.text("sharding") + row.text("method")
    sharded = any(word in sharding for word in ("FULL", "FSDP", "Zero3", "ZeRO-3"))
    sharded = sharded or (finetune and method == "full" and data > 1)
    plan = Plan(
        method=method,
        length=length,
        target_length=PEFT_TARGET_TOKENS if known.name == "HF PEFT" else None,
        micro_batch=PEFT_BATCH if known.name == "HF PEFT" else micro,
        micro_steps=steps,
        recompute=row.text("act_ckpt") == "full",
        fused_attention=known.fused_attention,
        dropout=known.software.startswith("megatron"),
        tensor=tensor,
        pipeline=pipeline,
        data=data,
        sharded=sharded,
        optimizer_shards=_shards(sharding, data),
        network_bytes_per_second=network(row),
        software=known.software,
        lora_rank=known.rank,
        numbers=known.numbers,
        whole_weights=known.name == "LitGPT" and sharded,
    )
    if not row.text("act_ckpt"):
        plan = replace(plan, recompute=_recompute(row, shape, plan, known))
    return _torchtune(row, plan) if known.name == "torchtune" else plan


def _batch(row: Row, data: int, pipeline: int) -> tuple[int, int]:
    """Sequences of a micro-batch, and micro-batches of a step."""
    batch = row.number("global_batch_seqs")
    micro = row.whole("micro_batch", 0)
    if not micro and batch and row.text("kind") == FINETUNING:
        micro = max(1, int(batch / data))
    if not micro:
        most = 1 if pipeline > 1 else MICRO_BATCH
        micro = max(1, min(most, int(batch / data))) if batch else most
    steps = max(1, round(batch / data / micro)) if batch else 1
    return micro, row.whole("grad_accum", steps)


def _shards(sharding: str, data: int) -> int:
    """GPUs that the optimizer's states are spread over."""
    if not sharding.startswith("ZeRO-1"):
        return data if "ZeRO" in sharding else 1
    size = re.search(r"size (\d+)", sharding)
    return min(data, int(size[1])) if size else data


def _recompute(row: Row, shape: Shape, plan: Plan, known: Framework) -> bool:
    if known.recompute is not None:
        return known.recompute or (known.name == "LitGPT" and bool(plan.sharded))
    if row.text("kind") == FINETUNING and plan.method == "full":
        return True
    return bool(training_memory(shape, plan).needed_bytes > card(row).usable_bytes)


def _torchtune(row: Row, plan: Plan) -> Plan:
    """The savings that are on in a row of torchtune's table: all up to the one it names."""
    notes = row.text("notes")
    reached = max((i for i, word in enumerate(TORCHTUNE) if word in notes), default=0)

    def on(name: str) -> bool:
        return reached >= TORCHTUNE.index(name)

    return replace(
        plan,
        compiled=on("Compile"),
        chunked_loss=on("Chunked"),
        recompute=on("Activation Checkpointing"),
        step_in_backward=on("Fuse"),
        offloaded=on("Activation Offloading"),
        optimizer="adamw-8bit" if on("8-bit") else "adamw",
    )


def network(row: Row) -> float:
    """Bytes per second of one GPU between machines: 200 Gbit/s where nothing is printed."""
    printed = re.search(r"(?:(\d+)x ?)?(\d{3,4}) ?Gb", row.text("interconnect"))
    if printed is None:
        return NETWORK_BYTES_PER_SECOND
    return int(printed[1] or 1) * int(printed[2]) / 8 / GPUS_PER_NODE * GIGA


def method_of(row: Row) -> Method:
    """Full, LoRA or QLoRA, from how the tables write it; any frozen base counts as LoRA."""
    written = row.text("method").casefold()
    if any(word in written for word in ("qlora", "q-lora", "nf4", "fp4", "int8")):
        return "qlora"
    return "lora" if any(word in written for word in ("lora", "adapter")) else "full"


def tokens_per_second(row: Row) -> float | None:
    """Measured tokens per second and GPU: as printed, or from seconds or FLOP/s."""
    printed = row.number("tokens_per_s_per_gpu")
    if printed is not None:
        return printed
    shape = shape_of(row)
    length = row.whole("seq_len", ALPACA_TOKENS)
    seconds, micro = row.number("sec_per_iter"), row.number("micro_batch")
    if seconds and micro and row.text("kind") == FINETUNING:
        return micro * length * row.whole("grad_accum", 1) / seconds
    flops = row.number("tflops_per_gpu")
    if shape is None or flops is None:
        return None
    hardware = row.text("tflops_kind").startswith("hardware")
    once = transformer.training(shape, 1, length, recompute=hardware)
    return float(flops * TERA * length / once.total)


def estimated_pace(row: Row, speed: Speed = SPEED) -> float | None:
    """Tokens per second and GPU in the steady state, as the formula has it."""
    shape = shape_of(row)
    plan = plan_of(row, shape) if shape else None
    if shape is None or plan is None:
        return None
    seconds = step_time(shape, card(row), plan, speed).total * pressure(row, shape, plan)
    return float(plan.tokens_per_step(shape) / plan.gpus / seconds)


def pressure(row: Row, shape: Shape, plan: Plan) -> float:
    """How much slower a step is for want of memory."""
    if row.text("kind") != FINETUNING:
        return 1.0
    need = training_memory(shape, plan, trained(row, shape)).needed_bytes
    return PRESSED if need > card(row).usable_bytes else 1.0


def pace(row: Row, speed: Speed = SPEED) -> Pair | None:
    """Tokens per second and GPU, in the steady state."""
    measured = tokens_per_second(row)
    if measured is None or row.text("status") != "ok":
        return None
    predicted = estimated_pace(row, speed)
    return None if predicted is None else Pair(predicted, measured)


def measured_bytes(row: Row) -> float | None:
    """Peak bytes on the fullest GPU, as a row's framework counts them."""
    printed = row.number("peak_mem_gb")
    if printed is None:
        return None
    share = row.whole("n_gpus", 1) if row.text("mem_scope").startswith("sum") else 1
    return printed * (GIB if "GiB" in row.text("mem_scope") else GIGA) / share


def memory(row: Row, footprint: Footprint = FOOTPRINT) -> Pair | None:
    """Peak bytes on the fullest GPU, estimated and measured."""
    measured, found = measured_bytes(row), parts_of(row, footprint)
    if measured is None or found is None or row.text("status") != "ok":
        return None
    return Pair(float(counted(row, found, footprint)), measured)


def counted(row: Row, memory: TrainingMemory, footprint: Footprint = FOOTPRINT) -> Any:
    """Bytes as a row's framework counts them."""
    return counted_bytes(memory, footprint) if framework(row).counted else memory.total_bytes


def need(row: Row) -> float | None:
    """Bytes that a run needs on its fullest GPU, whether it went well or not."""
    found = parts_of(row)
    return None if found is None else float(found.needed_bytes)


def parts_of(row: Row, footprint: Footprint = FOOTPRINT) -> TrainingMemory | None:
    """Memory by part; None where the row does not say enough."""
    shape = shape_of(row)
    if shape is None or "offload" in row.text("method"):
        return None
    plan = plan_of(row, shape)
    if plan is None:
        return None
    if longest := re.search(r"longest example (\d+) tokens", row.text("notes")):
        plan = replace(plan, length=int(longest[1]))
    return training_memory(shape, plan, trained(row, shape), footprint)


def trained(row: Row, shape: Shape) -> int | None:
    """Trained parameters: as printed, or adapters of the framework's rank; None = by the method."""
    if method_of(row) == "full":
        return None
    printed = row.number("trainable_params")
    if printed is not None:
        return int(printed)
    adapters = lora_parameters(shape, framework(row).rank)
    counts = parameters(shape)
    return adapters + (counts.embedding + counts.head if "(emb)" in row.text("method") else 0)
