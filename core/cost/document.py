"""Estimates as JSON: units in the key names, None for unknown."""

from dataclasses import asdict
from typing import Any

from core.cost.backtest import Check
from core.cost.document_parts import (
    interval,
    measured,
    memory_per_gpu,
    price_cells,
    quantiles,
)
from core.cost.layout import zero_stage
from core.cost.scores import Score
from core.cost.training import TrainingEstimate
from core.models.shape import parameters


def training_document(model: str, estimate: TrainingEstimate) -> dict[str, Any]:
    """What training costs; `model` is the name that was asked for.

    A plain number beside a `_range` is its middle.
    """
    counts, plan, stops = parameters(estimate.shape), estimate.plan, estimate.stops
    return {
        "model": model,
        "parameters": counts.total,
        "parameters_active": counts.active,
        "method": estimate.method,
        "gpu": estimate.gpu.name,
        "gpus": estimate.gpus,
        "tokens": estimate.tokens,
        "sequence_length_tokens": plan.length,
        "sequences_per_gpu": plan.micro_batch * plan.micro_steps / (plan.tensor * plan.pipeline),
        "parallel": {
            "tp": plan.tensor, "pp": plan.pipeline, "dp": plan.data, "zero": zero_stage(plan),
            "sequence_parallel": bool(plan.sequence_parallel),
        },
        "micro_batch_sequences": plan.micro_batch,
        "micro_steps": plan.micro_steps,
        "checkpointing": "full" if plan.recompute else "none",
        "optimizer": plan.optimizer,
        "network_bytes_per_second_per_gpu": plan.network_bytes_per_second,
        "fits": estimate.fit != "no",
        "fit": estimate.fit,
        "advice": estimate.advice.say() if estimate.advice else None,
        "gpu_hours": quantiles(estimate.gpu_hours),
        "wall_days": quantiles(estimate.wall_days),
        "usd": quantiles(estimate.usd),
        "usd_parts": {
            "gpus": _gpu_usd(estimate), "storage": estimate.storage_usd,
            "egress": estimate.egress_usd,
        },
        **price_cells(estimate.price),
        "tokens_per_second_per_gpu": quantiles(estimate.rate),
        "model_flops_utilization": estimate.mfu,
        "flops": estimate.flops,
        "gpu_hours_parts": {
            name: hours * estimate.gpus for name, hours in estimate.time.parts().items()
        },
        "goodput": estimate.goodput.value,
        "goodput_range": quantiles(estimate.goodput),
        "stops": stops.stops,
        "checkpoint_every_hours": stops.checkpoint_every_hours,
        "memory_bytes_per_gpu": _memory(estimate),
        "gpu_memory_bytes": estimate.gpu.memory_bytes,
        "host_memory_bytes": round(estimate.host_memory_bytes),
        "energy_kwh": estimate.energy_kwh.value,
        "energy_kwh_range": quantiles(estimate.energy_kwh),
        "co2_kg": estimate.co2_kg.value,
        "co2_kg_range": quantiles(estimate.co2_kg),
        "extrapolated": estimate.extrapolated,
        "measured_here": measured(estimate.calibrated),
        "assumptions": [note.say() for note in estimate.assumptions],
        "sources": sources(estimate),
        "interval": interval(estimate.hours),
        "memory_interval": interval(estimate.memory_bytes),
    }  # fmt: skip


def _gpu_usd(estimate: TrainingEstimate) -> float | None:
    if estimate.usd is None:
        return None
    return estimate.usd.value - estimate.storage_usd - estimate.egress_usd


def _memory(estimate: TrainingEstimate) -> dict[str, Any]:
    """Bytes of the fullest GPU by part, their sum to the byte, and its range."""
    found = estimate.memory_bytes
    ends = {"p5": round(found.low), "p95": round(found.high)}
    return {**memory_per_gpu(estimate.memory.parts()), **ends}


def sources(estimate: TrainingEstimate) -> list[dict[str, str | None]]:
    """Where the numbers come from, each with its date where it has one."""
    price, card = estimate.price, estimate.gpu
    found: list[dict[str, str | None]] = [
        {"what": "card", "source": card.source, "date": card.as_of},
        {"what": "speed and memory", "source": "Korthikanti et al. 2022 (arXiv:2205.05198), "
         "fitted to assets/facts/training_runs.csv", "date": None},
        {"what": "failures", "source": "assets/facts/goodput.csv", "date": "2021-11 to 2022-07"},
        {"what": "power", "source": "Li et al. 2023 (arXiv:2305.06161): 280 W of 400 W",
         "date": "2023-05"},
    ]  # fmt: skip
    if price is not None:
        found.append({"what": "price", "source": price.source, "date": price.as_of})
        found += [{"what": row.name, "source": row.source, "date": row.as_of} for row in price.rows]
    return found


def score_document(score: Score) -> dict[str, Any]:
    """The error of one kind of estimate."""
    return asdict(score)


def check_document(check: Check) -> dict[str, Any]:
    """One published run beside its prediction."""
    return {**asdict(check), "error": check.error}
