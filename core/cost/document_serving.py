"""What serving costs, as JSON: units in the key names, None for unknown."""

from typing import Any

import numpy as np

from core.cost.document_parts import (
    interval,
    measured,
    memory_per_gpu,
    price_cells,
    quantiles,
)
from core.cost.scores import spread
from core.cost.served import ServingEstimate, kept_at_p95
from core.cost.serving_notes import reasons
from core.cost.traffic import Day
from core.models.shape import parameters
from core.units import HOURS_PER_MONTH, SECONDS_PER_HOUR

MOST_POINTS = 40
"""Of the frontier, how many are printed."""


def serving_document(model: str, estimate: ServingEstimate) -> dict[str, Any]:
    """What serving costs; `model` is the name that was asked for.

    Money and electricity are of a month. A plain number beside a `_range` is its middle.
    """
    counts = parameters(estimate.shape)
    copy, load, most = estimate.replica, estimate.load, estimate.capacity_requests_per_second
    written = most.times(copy.output_tokens, "tokens/s") if most else None
    return {
        "model": model,
        "parameters": counts.total,
        "parameters_active": counts.active,
        "gpu": estimate.gpu.name,
        "gpus": estimate.gpus,
        "engine": estimate.engine.name,
        "backtested": estimate.engine.backtested and estimate.gpu.backtested,
        "precision": copy.precision.name,
        "input_tokens": copy.input_tokens,
        "output_tokens": copy.output_tokens,
        "prefix_cached_share": copy.prefix_cached,
        "tokens_per_step": copy.per_step,
        "fits": estimate.fits,
        "advice": estimate.advice.say() if estimate.advice else None,
        "replicas": estimate.replicas,
        "requests_running": estimate.running,
        "requests_per_second": estimate.requests_per_second,
        "requests_per_month": None
        if estimate.requests_per_second is None
        else estimate.requests_per_second * SECONDS_PER_HOUR * HOURS_PER_MONTH,
        "capacity_requests_per_second": quantiles(estimate.capacity_requests_per_second),
        "capacity_output_tokens_per_second": quantiles(written) if copy.output_tokens else None,
        "utilisation": estimate.utilisation,
        "output_tokens_per_second": quantiles(estimate.output_tokens_per_second),
        "time_to_first_token_s": quantiles(estimate.time_to_first_token),
        "time_per_output_token_s": quantiles(estimate.time_per_output_token),
        "time_per_request_s": quantiles(estimate.time_per_request),
        "target": {
            "time_to_first_token_s": load.target.first_seconds,
            "time_per_output_token_s": load.target.token_seconds,
            "requests_running_at_most": estimate.crew.places if estimate.crew else None,
            "requests_over_target_share": estimate.late,
            "kept_at_p95": kept_at_p95(estimate),
        },
        "usd_per_month": quantiles(estimate.usd_per_month),
        **_plain("usd_per_million_input_tokens", estimate.usd_per_million_input_tokens),
        **_plain("usd_per_million_output_tokens", estimate.usd_per_million_output_tokens),
        **_plain(
            "usd_per_million_output_tokens_with_input",
            estimate.usd_per_million_output_tokens_with_input,
        ),
        **_plain("usd_per_request", estimate.usd_per_request),
        **_plain("usd_per_request_at_full_use", estimate.usd_per_request_at_full_use),
        "gpu_hours_per_month": quantiles(estimate.gpu_hours_per_month),
        **_plain("energy_kwh", estimate.energy_kwh),
        **_plain("co2_kg", estimate.co2_kg),
        **price_cells(estimate.price),
        "memory_bytes_per_gpu": _memory(estimate),
        "gpu_memory_bytes": estimate.gpu.memory_bytes,
        "pareto": _points(estimate),
        "traffic": _day(estimate, estimate.day) if estimate.day else None,
        "measured_here": measured(copy.calibrated),
        "assumptions": [note.say() for note in estimate.assumptions],
        "sources": _sources(estimate),
        "interval": _interval(estimate),
        "unlike": [note.say() for note in reasons(copy)],
    }


def _interval(estimate: ServingEstimate) -> dict[str, Any] | None:
    """What the ranges are a share of; `widened` where no published run is like this."""
    found = interval(estimate.usd_per_request)
    return None if found is None else {**found, "widened": reasons(estimate.replica) != ()}


def _plain(name: str, estimate: Any) -> dict[str, Any]:
    return {
        name: None if estimate is None else estimate.value,
        f"{name}_range": quantiles(estimate),
    }


def _points(estimate: ServingEstimate) -> list[dict[str, float | bool | None]] | None:
    """Latency against throughput and price of one replica, from nearly idle to full."""
    found, crew = estimate.points, estimate.crew
    if found is None or crew is None:
        return None
    out = estimate.replica.output_tokens
    hourly = estimate.gpus * estimate.price.usd_per_gpu_hour
    loads = np.geomspace(found.running[0], found.running[-1], MOST_POINTS)
    chosen = np.unique(np.searchsorted(found.running, loads * (1 - 1e-9)))
    return [
        {
            "requests_running": float(found.running[i]),
            "requests_per_second": float(found.requests_per_second[i]),
            "output_tokens_per_second": float(found.requests_per_second[i]) * out if out else None,
            "time_to_first_token_s": float(found.first[i]) if out else None,
            "time_per_output_token_s": float(found.token[i]) if out else None,
            "time_per_request_s": float(found.answer[i]),
            "usd_per_request": hourly / SECONDS_PER_HOUR / float(found.requests_per_second[i]),
            "within_target": bool(found.running[i] <= crew.places),
        }
        for i in chosen
    ]


def _day(estimate: ServingEstimate, day: Day) -> dict[str, Any]:
    """Replicas hour by hour, and what those of the busiest hour would cost all day."""
    late, hourly = day.state.late, estimate.gpus * estimate.price.usd_per_gpu_hour
    paid = day.replica_hours_per_month
    always = day.most * HOURS_PER_MONTH
    bears = always * (estimate.crew.rate if estimate.crew else 0.0)
    return {
        "shape": estimate.load.traffic.name,
        "shape_source": estimate.load.traffic.source,
        "hours": [
            {
                "hour": hour,
                "requests_per_second": float(rate),
                "replicas_needed": int(day.needed[hour]),
                "replicas_paid": float(day.paid[hour]),
                "utilisation": float(day.utilisation[hour]) if day.paid[hour] else None,
                "requests_over_target_share": None if late is None or not rate
                else float(late[hour]),
            }
            for hour, rate in enumerate(day.requests_per_second)
        ],
        "peak_all_day": {
            "replicas": day.most,
            "gpu_hours_per_month": always * estimate.gpus,
            "usd_per_month": always * hourly,
            "utilisation": float(day.requests_per_second.mean()) * HOURS_PER_MONTH / bears
            if bears else None,
        },
        "saved_share": 1 - paid / always if always else None,
    }  # fmt: skip


def _memory(estimate: ServingEstimate) -> dict[str, Any]:
    """Bytes of one GPU by part, their sum to the byte, and its range."""
    cells = memory_per_gpu(estimate.memory.parts())
    span = spread("serving-memory", unlike=reasons(estimate.replica) != ())
    return {
        **cells,
        "p5": round(cells["total"] * span.low),
        "p95": round(cells["total"] * span.high),
    }


def _sources(estimate: ServingEstimate) -> list[dict[str, str | None]]:
    """Where the numbers come from, each with its date where it has one."""
    card, price, shape = estimate.gpu, estimate.price, estimate.load.traffic
    found: list[dict[str, str | None]] = [
        {"what": "card", "source": card.source, "date": card.as_of},
        {"what": "price", "source": price.source, "date": price.as_of},
        {"what": "speed and memory", "source": "fitted to assets/facts/inference_runs.csv",
         "date": None},
        {"what": "power", "source": "Li et al. 2023 (arXiv:2305.06161): 280 W of 400 W",
         "date": "2023-05"},
        {"what": "power of a card that waits", "source": "Vadari 2026 (arXiv:2605.23918)",
         "date": "2026-04-15"},
        {"what": "waiting for a place", "source": "Erlang C (Allen 1990, chapter 5)",
         "date": None},
    ]  # fmt: skip
    found += [{"what": row.name, "source": row.source, "date": row.as_of} for row in price.rows]
    if estimate.load.requests_per_day is not None:
        source = shape.source or "an assumption, not a measurement"
        found.append({"what": f"traffic: {shape.name}", "source": source, "date": None})
    return found
