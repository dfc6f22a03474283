"""Cells that the documents of training and of serving share."""

from datetime import date
from typing import Any

from core.cost.estimate import Estimate, Shrunk
from core.cost.prices import Price
from core.cost.scores import COVERAGE


def quantiles(estimate: Estimate | None) -> dict[str, float] | None:
    """A value with its range: 5 %, 50 % and 95 %; None where there is none."""
    if estimate is None:
        return None
    return {"p5": estimate.low, "p50": estimate.value, "p95": estimate.high}


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


def memory_per_gpu(parts: dict[str, float]) -> dict[str, Any]:
    """The parts, and their sum to the byte."""
    whole = {name: round(value) for name, value in parts.items()}
    return {"total": sum(whole.values()), "parts": whole}


def price_cells(price: Price | None) -> dict[str, Any]:
    """A price, where it comes from, and how old it is; None where none is on file."""
    if price is None:
        cells = ("usd_per_gpu_hour", "pricing", "source", "date", "days", "old")
        return {**{f"price_{name}": None for name in cells}, "price_rows": []}
    today = date.today()
    return {
        "price_usd_per_gpu_hour": price.usd_per_gpu_hour,
        "price_pricing": price.pricing,
        "price_source": price.source,
        "price_date": price.as_of,
        "price_days": price.days_old(today),
        "price_old": price.old(today),
        "price_rows": [row.name for row in price.rows],
    }


def measured(found: Shrunk | None) -> dict[str, Any] | None:
    """What was measured on the machine did to the estimate; None = nothing was of the kind."""
    if found is None:
        return None
    return {
        "machine": found.machine,
        "date": found.date,
        "n": found.n,
        "measured_over_predicted": found.ratio,
        "width_after_over_before": found.left,
    }
