"""What the training formulas say for published training runs.

Three things are filled in where a row leaves them out, the same for all rows: a micro-batch of
`MICRO_BATCH` sequences; the mean length of Alpaca's examples where that data set was used;
recomputed activations where they could not have been kept.
"""

import re
from dataclasses import replace

from core.cost import transformer
from core.cost.cases_serving import card
from core.cost.layout import choose_plan
from core.cost.memory import lora_parameters, training_memory
from core.cost.published import Pair, Row, shape_of
from core.cost.throughput import GPUS_PER_NODE, RUN_OVERHEAD, SPEED, Method, Plan, Speed, step_time
from core.models.shape import Shape, from_size, parameters
from core.units import GIB, GIGA, SECONDS_PER_HOUR, TERA

MICRO_BATCH = 4
FUSED_SINCE = "2023"
"""Runs that were published earlier had no fused attention (Dao et al., May 2022)."""
ALPACA_TOKENS = 110
NETWORKS = {"Omni-Path 4x100": 50e9 / 8, "4x100 Gb RoCE": 50e9 / 8}
"""Network bytes per second of one GPU, where it is not 200 Gbit/s."""
LORA_RANKS = {"HF Trainer + DeepSpeed": 64}
"""Rank of the adapters, where the framework's public script is not at our default (Qwen: 64)."""
UNFUSED = ("Megatron",)
"""Frameworks of their day without fused attention."""
UNMODELLED = ("torchtune",)
"""Rows that add up savings one by one (chunked loss, offloading, 8-bit Adam) which no part here
stands for; their memory is not predicted."""


def plan_of(row: Row, shape: Shape) -> Plan | None:
    """The layout of a row; None where its sequence length is not known."""
    framework, method = row.text("framework"), method_of(row)
    gpus, tensor, pipeline = row.whole("n_gpus", 1), row.whole("tp", 1), row.whole("pp", 1)
    data = row.whole("dp", max(1, gpus // (tensor * pipeline)))
    length = row.whole("seq_len", ALPACA_TOKENS if "Alpaca" in row.text("notes") else 0)
    if not length or gpus != tensor * pipeline * data:
        return None
    batch = row.number("global_batch_seqs")
    micro = row.whole("micro_batch", 0)
    if not micro:
        micro = max(1, min(MICRO_BATCH, int(batch / data))) if batch else MICRO_BATCH
    steps = row.whole("grad_accum", max(1, round(batch / data / micro)) if batch else 1)
    sharding = row.text("sharding") + row.text("method")
    network = next((v for k, v in NETWORKS.items() if k in row.text("interconnect")), 25e9)
    unfused = framework.startswith(UNFUSED)
    finetune = row.text("kind") == "throughput_finetune"
    sharded = any(word in sharding for word in ("FULL", "FSDP", "Zero3", "ZeRO-3"))
    plan = Plan(
        method=method,
        length=length,
        micro_batch=micro,
        micro_steps=steps,
        recompute=row.text("act_ckpt") == "full",
        fused_attention=not unfused,
        tensor=tensor,
        pipeline=pipeline,
        data=data,
        sharded=sharded or (finetune and method == "full" and data > 1),
        sharded_optimizer=bool(sharding) and data > 1,
        network_bytes_per_second=network,
    )
    if not row.text("act_ckpt"):
        need = training_memory(shape, plan).total_bytes
        plan = replace(plan, recompute=unfused or need > card(row).memory_bytes)
    return plan


def method_of(row: Row) -> Method:
    """Full, LoRA or QLoRA, from how the tables write it."""
    written = row.text("method").casefold()
    if any(word in written for word in ("qlora", "q-lora", "nf4")):
        return "qlora"
    return "lora" if "lora" in written else "full"


def tokens_per_second(row: Row) -> float | None:
    """Measured tokens per second and GPU: as printed, or from seconds or FLOP/s."""
    printed = row.number("tokens_per_s_per_gpu")
    if printed is not None:
        return printed
    shape = shape_of(row)
    length = row.whole("seq_len", ALPACA_TOKENS)
    seconds, micro = row.number("sec_per_iter"), row.number("micro_batch")
    if seconds and micro and row.text("kind") == "throughput_finetune":
        return micro * length * row.whole("grad_accum", 1) / seconds
    flops = row.number("tflops_per_gpu")
    if shape is None or flops is None:
        return None
    hardware = row.text("tflops_kind").startswith("hardware")
    once = transformer.training(shape, 1, length, recompute=hardware)
    return flops * TERA * length / once.total


def pace(row: Row, speed: Speed = SPEED) -> Pair | None:
    """Tokens per second and GPU, in the steady state."""
    shape, measured = shape_of(row), tokens_per_second(row)
    if shape is None or measured is None or row.text("status") != "ok":
        return None
    plan = plan_of(row, shape)
    if plan is None:
        return None
    seconds = step_time(shape, card(row), plan, speed).total
    return Pair(plan.tokens_per_step(shape) / plan.gpus / seconds, measured)


def whole_run(row: Row) -> Pair | None:
    """GPU-hours of a whole pre-training run, planned as for anybody who names no layout."""
    tokens, measured = row.number("tokens_b"), row.number("gpu_hours")
    shape = shape_of(row)
    if shape is None and row.number("params_b"):
        shape = from_size(f"{row.text('params_b')}B")
    if shape is None or not tokens or not measured:
        return None
    gpus, length = row.whole("n_gpus", 8 * GPUS_PER_NODE), row.whole("seq_len", 2048)
    plan, _ = choose_plan(shape, card(row), gpus, "full", length)
    plan = replace(plan, fused_attention=not row.text("date") or row.text("date") >= FUSED_SINCE)
    seconds = step_time(shape, card(row), plan).total * RUN_OVERHEAD
    hours = tokens * GIGA / plan.tokens_per_step(shape) * seconds / SECONDS_PER_HOUR
    return Pair(hours * gpus, measured)


def memory(row: Row) -> Pair | None:
    """Peak bytes on the fullest GPU."""
    printed, predicted = row.number("peak_mem_gb"), need(row)
    if printed is None or predicted is None or row.text("status") != "ok":
        return None
    measured = printed * (GIB if "GiB" in row.text("mem_scope") else GIGA)
    if row.text("mem_scope").startswith("sum"):
        measured /= row.whole("n_gpus", 1)
    return Pair(predicted, measured)


def need(row: Row) -> float | None:
    """Bytes that a run needs on its fullest GPU, whether it went well or not."""
    shape = shape_of(row)
    if shape is None or row.text("framework") in UNMODELLED or "offload" in row.text("method"):
        return None
    plan = plan_of(row, shape)
    if plan is None:
        return None
    if longest := re.search(r"longest example (\d+) tokens", row.text("notes")):
        plan = replace(plan, length=int(longest[1]))
    return training_memory(shape, plan, trained(row, shape)).total_bytes


def trained(row: Row, shape: Shape) -> int | None:
    """Trained parameters: as printed, or adapters of the framework's rank; None = by the method."""
    if method_of(row) == "full":
        return None
    printed = row.number("trainable_params")
    if printed is not None:
        return int(printed)
    ranks = [rank for name, rank in LORA_RANKS.items() if row.text("framework").startswith(name)]
    adapters = lora_parameters(shape, ranks[0]) if ranks else lora_parameters(shape)
    counts = parameters(shape)
    return adapters + (counts.embedding + counts.head if "(emb)" in row.text("method") else 0)
