"""Estimates as JSON: units in the key names, None for unknown."""

from dataclasses import asdict
from typing import Any

from core.cost.backtest import Check, Score
from core.cost.document_parts import interval, memory_cells, price_cells, ranged
from core.cost.training import TrainingEstimate
from core.models.shape import parameters


def training_document(model: str, estimate: TrainingEstimate) -> dict[str, Any]:
    """What training costs; `model` is the name that was asked for."""
    counts = parameters(estimate.shape)
    return {
        "model": model,
        "parameters": counts.total,
        "parameters_active": counts.active,
        "method": estimate.method,
        "gpu": estimate.gpu.name,
        "gpus": estimate.gpus,
        "tokens": estimate.tokens,
        "sequence_length_tokens": estimate.plan.length,
        "sequences_per_gpu": estimate.plan.micro_batch * estimate.plan.micro_steps,
        **ranged("hours", estimate.hours),
        **ranged("gpu_hours", estimate.gpu_hours),
        **ranged("usd", estimate.usd),
        **price_cells(estimate.price),
        **memory_cells(estimate.memory.parts()),
        "memory_bytes_low": round(estimate.memory_bytes.low),
        "memory_bytes_high": round(estimate.memory_bytes.high),
        "gpu_memory_bytes": estimate.gpu.memory_bytes,
        "fits": estimate.fit != "no",
        "fit": estimate.fit,
        "advice": estimate.advice.say() if estimate.advice else None,
        "host_memory_bytes": round(estimate.host_memory_bytes),
        "flops": estimate.flops,
        "mfu": estimate.mfu,
        **ranged("energy_kwh", estimate.energy_kwh),
        **ranged("co2_kg", estimate.co2_kg),
        "extrapolated": estimate.extrapolated,
        "assumptions": [note.say() for note in estimate.assumptions],
        "interval": interval(estimate.hours),
        "memory_interval": interval(estimate.memory_bytes),
    }


def score_document(score: Score) -> dict[str, Any]:
    """The error of one kind of estimate."""
    return asdict(score)


def check_document(check: Check) -> dict[str, Any]:
    """One published run beside its prediction."""
    return {**asdict(check), "error": check.error}
