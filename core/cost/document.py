"""Estimates as JSON: units in the key names, None for unknown."""

from dataclasses import asdict
from typing import Any

from core.cost.backtest import COVERAGE, Check, Score
from core.cost.estimate import Estimate
from core.cost.prices import Price
from core.cost.serving import ServingEstimate
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
        **_range("hours", estimate.hours),
        **_range("gpu_hours", estimate.gpu_hours),
        **_range("usd", estimate.usd),
        **_price(estimate.price),
        **_memory(estimate.memory.parts()),
        "memory_bytes_low": round(estimate.memory_bytes.low),
        "memory_bytes_high": round(estimate.memory_bytes.high),
        "gpu_memory_bytes": estimate.gpu.memory_bytes,
        "fits": estimate.fit != "no",
        "fit": estimate.fit,
        "advice": estimate.advice.say() if estimate.advice else None,
        "host_memory_bytes": round(estimate.host_memory_bytes),
        "flops": estimate.flops,
        "mfu": estimate.mfu,
        **_range("energy_kwh", estimate.energy_kwh),
        **_range("co2_kg", estimate.co2_kg),
        "extrapolated": estimate.extrapolated,
        "assumptions": [note.say() for note in estimate.assumptions],
        "interval": interval(estimate.hours),
        "memory_interval": interval(estimate.memory_bytes),
    }


def serving_document(model: str, estimate: ServingEstimate) -> dict[str, Any]:
    """What serving costs; `model` is the name that was asked for."""
    counts = parameters(estimate.shape)
    return {
        "model": model,
        "parameters": counts.total,
        "parameters_active": counts.active,
        "gpu": estimate.gpu.name,
        "gpus": estimate.gpus,
        "precision": estimate.precision,
        "input_tokens": estimate.input_tokens,
        "output_tokens": estimate.output_tokens,
        "fits": estimate.fits,
        "advice": estimate.advice.say() if estimate.advice else None,
        "replicas": estimate.replicas,
        "requests_running": estimate.running,
        "requests_per_second": estimate.requests_per_second,
        **_range("capacity_requests_per_second", estimate.capacity_requests_per_second),
        "utilisation": estimate.utilisation,
        **_range("tokens_per_second", estimate.tokens_per_second),
        **_range("time_to_first_token_seconds", estimate.time_to_first_token_seconds),
        **_range("time_between_tokens_seconds", estimate.time_between_tokens_seconds),
        **_range("usd_per_million_input_tokens", estimate.usd_per_million_input_tokens),
        **_range("usd_per_million_output_tokens", estimate.usd_per_million_output_tokens),
        **_range("usd_per_request", estimate.usd_per_request),
        **_range("usd_per_month", estimate.usd_per_month),
        **_price(estimate.price),
        **_memory(estimate.memory.parts()),
        "gpu_memory_bytes": estimate.gpu.memory_bytes,
        "assumptions": [note.say() for note in estimate.assumptions],
        "interval": interval(estimate.usd_per_request),
    }


def score_document(score: Score) -> dict[str, Any]:
    """The error of one kind of estimate."""
    return asdict(score)


def check_document(check: Check) -> dict[str, Any]:
    """One published run beside its prediction."""
    return {**asdict(check), "error": check.error}


def interval(estimate: Estimate | None) -> dict[str, Any] | None:
    """What a range is a share of."""
    if estimate is None:
        return None
    return {
        "coverage": COVERAGE,
        "runs": estimate.n,
        "kind": estimate.kind,
        "meaning": f"{100 * COVERAGE:.0f} % of {estimate.n} published runs",
    }


def _range(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    if estimate is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _memory(parts: dict[str, float]) -> dict[str, Any]:
    """The parts, and their sum to the byte."""
    whole = {name: round(value) for name, value in parts.items()}
    return {"memory_parts_bytes": whole, "memory_bytes": sum(whole.values())}


def _price(price: Price) -> dict[str, Any]:
    return {
        "price_usd_per_gpu_hour": price.usd_per_gpu_hour,
        "price_pricing": price.pricing,
        "price_source": price.source,
        "price_date": price.as_of,
        "price_rows": [row.name for row in price.rows],
    }
