"""What serving costs, as JSON: units in the key names, None for unknown."""

from typing import Any

from core.cost.document_parts import interval, memory_cells, price_cells, ranged
from core.cost.serving import ServingEstimate
from core.models.shape import parameters


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
        **ranged("capacity_requests_per_second", estimate.capacity_requests_per_second),
        "utilisation": estimate.utilisation,
        **ranged("tokens_per_second", estimate.tokens_per_second),
        **ranged("time_to_first_token_seconds", estimate.time_to_first_token_seconds),
        **ranged("time_between_tokens_seconds", estimate.time_between_tokens_seconds),
        **ranged("usd_per_million_input_tokens", estimate.usd_per_million_input_tokens),
        **ranged("usd_per_million_output_tokens", estimate.usd_per_million_output_tokens),
        **ranged("usd_per_request", estimate.usd_per_request),
        **ranged("usd_per_month", estimate.usd_per_month),
        **price_cells(estimate.price),
        **memory_cells(estimate.memory.parts()),
        "gpu_memory_bytes": estimate.gpu.memory_bytes,
        "assumptions": [note.say() for note in estimate.assumptions],
        "interval": interval(estimate.usd_per_request),
    }
