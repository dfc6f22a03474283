"""`assay cost serve`: what answering takes."""

from typing import Any

import click

from core import calibration
from core.cli.amounts import (
    COUNT,
    percent,
    price_asked,
    price_options,
    pricing_named,
    ranged,
    site_options,
)
from core.cli.common import emit, json_option, rows, workspace_option
from core.cost import traffic as shapes
from core.cost.calibrate import HERE, Machine
from core.cost.document_serving import serving_document
from core.cost.energy import checked_site
from core.cost.engines import DEFAULT_ENGINE, ENGINES
from core.cost.estimate import Estimate
from core.cost.frontier import Target
from core.cost.hardware import DEFAULT_GPU, Gpu
from core.cost.hardware import gpu as find_gpu
from core.cost.load import SCALE_UP_MINUTES
from core.cost.prices import price_of
from core.cost.served import ServingEstimate, kept_at_p95
from core.cost.serving import estimate_serving
from core.cost.steps import PRECISIONS
from core.cost.subject import shape_for
from core.errors import BadInput
from core.text.format import duration, number, size, usd
from core.units import KILO
from core.workspace import Workspace

_SHAPES = ", ".join(row.name for row in shapes.TRAFFIC)


@click.command()
@click.option("--model", required=True, help="Catalogue name, size like 7B, run, or config.json.")
@click.option(
    "--gpu",
    default=DEFAULT_GPU,
    show_default=True,
    help=f"Name of the GPU, or {HERE} once a load test or `assay cost calibrate` measured it.",
)
@click.option("--gpus", type=COUNT, default=1, show_default=True, help="GPUs of one replica.")
@click.option("--input-tokens", type=COUNT, required=True, help="Tokens of a prompt.")
@click.option("--output-tokens", type=COUNT, help="Tokens of an answer; an encoder has none.")
@click.option("--requests-per-second", type=float, help="Requests that arrive all day. Or:")
@click.option("--concurrency", type=float, help="Requests in flight at any time. Or:")
@click.option("--requests-per-day", type=float, help="Requests of a day, spread by --traffic.")
@click.option("--traffic", help=f"Shape of the day: {_SHAPES}; or 24 numbers with commas.")
@click.option("--ttft-ms", type=float, help="Longest time to the first token.")
@click.option("--tpot-ms", type=float, help="Longest time of each further token.")
@click.option("--min-replicas", type=int, default=1, show_default=True, help="That always run.")
@click.option(
    "--scale-up-minutes",
    type=float,
    default=SCALE_UP_MINUTES,
    show_default=True,
    help="Until a new replica answers.",
)
@click.option(
    "--precision",
    type=click.Choice([row.name for row in PRECISIONS]),
    default="fp16",
    show_default=True,
    help="How the weights are stored.",
)
@click.option(
    "--engine",
    default=DEFAULT_ENGINE.name,
    show_default=True,
    help=f"One of {', '.join(row.name for row in ENGINES)}.",
)
@click.option(
    "--prefix-cached",
    type=float,
    default=0.0,
    show_default=True,
    help="Share of the input that is not computed again.",
)
@click.option(
    "--speculative",
    type=float,
    default=1.0,
    show_default=True,
    help="Tokens that a step writes of each request, with a draft.",
)
@price_options
@site_options
@workspace_option
@json_option
def serve(
    model: str,
    gpu: str,
    gpus: int,
    input_tokens: int,
    output_tokens: int | None,
    requests_per_second: float | None,
    concurrency: float | None,
    requests_per_day: float | None,
    traffic: str | None,
    ttft_ms: float | None,
    tpot_ms: float | None,
    min_replicas: int,
    scale_up_minutes: float,
    precision: str,
    engine: str,
    prefix_cached: float,
    speculative: float,
    provider: str | None,
    pricing: str,
    reserved_discount: float | None,
    usd_per_gpu_hour: float | None,
    price_rows: tuple[str, ...],
    pue: float,
    grid_kg_per_kwh: float,
    workspace: Workspace,
    as_json: bool,
) -> None:
    """What answering takes: replicas, latency, dollars per request, token and month."""
    if traffic is not None and requests_per_day is None:
        raise BadInput("traffic: it spreads the requests of a day; give --requests-per-day too.")
    shape = shape_for(workspace, model)
    if output_tokens is None and shape.generates:
        raise BadInput("output_tokens: this model writes answers; give --output-tokens.")
    machine = calibration.here(workspace)
    card = _card(gpu, machine, usd_per_gpu_hour)
    price = price_asked(card, provider, pricing, reserved_discount, usd_per_gpu_hour, price_rows)
    estimate = estimate_serving(
        shape,
        card,
        gpus,
        input_tokens,
        output_tokens or 0,
        precision=precision,
        engine=engine,
        prefix_cached=prefix_cached,
        speculative=speculative,
        price=price or price_of(card, None, pricing_named(pricing)),
        requests_per_second=requests_per_second,
        concurrency=concurrency,
        requests_per_day=requests_per_day,
        traffic=shapes.traffic(traffic) if traffic else shapes.FLAT,
        target=Target(_seconds(ttft_ms), _seconds(tpot_ms)),
        min_replicas=min_replicas,
        scale_up_minutes=scale_up_minutes,
        site=checked_site(pue, grid_kg_per_kwh),
        machine=machine if machine and machine.card.name == card.name else None,
    )
    found = serving_document(model, estimate)
    emit(found, as_json, _text(found, estimate))


def _card(gpu: str, machine: Machine | None, usd_per_gpu_hour: float | None) -> Gpu:
    if gpu != HERE:
        return find_gpu(gpu)
    if machine is None:
        raise BadInput(
            f"gpu: {HERE} was not measured yet; run `assay loadtest URL` against a server on it, "
            "or `assay cost calibrate`."
        )
    if machine.card.name == HERE and usd_per_gpu_hour is None:
        raise BadInput(
            f"gpu: {HERE} has no listed price; give what an hour of it costs with "
            "--usd-per-gpu-hour."
        )
    return machine.card


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / KILO


def _text(found: dict[str, Any], estimate: ServingEstimate) -> str:
    notes = [*found["assumptions"]]
    if not estimate.fits:
        needs = size(estimate.memory.total_bytes)
        first = f"Does not fit: ≈ {needs} on each GPU with one request. {found['advice']}"
        return "\n".join([first, *notes])
    shown: list[tuple[str, Estimate | None, Any]] = [
        ("per month", estimate.usd_per_month, usd),
        ("per request", estimate.usd_per_request, usd),
        ("per million input tokens", estimate.usd_per_million_input_tokens, usd),
        ("per million output tokens", estimate.usd_per_million_output_tokens, usd),
        ("  the input paid with it", estimate.usd_per_million_output_tokens_with_input, usd),
        ("per request at full use", estimate.usd_per_request_at_full_use, usd),
        ("output tokens a second", estimate.output_tokens_per_second, number),
        ("requests a second, at most", estimate.capacity_requests_per_second, number),
        ("time to the first token", estimate.time_to_first_token, duration),
        ("time of each further token", estimate.time_per_output_token, duration),
        ("time of a request", estimate.time_per_request, duration),
        ("GPU-hours a month", estimate.gpu_hours_per_month, number),
        ("kWh a month", estimate.energy_kwh, number),
        ("kg CO2e a month", estimate.co2_kg, number),
    ]
    lines: list[tuple[object, ...]] = [
        (name, ranged(value, show)) for name, value, show in shown if value is not None
    ]
    lines.append(("replicas", _replicas(found)))
    if estimate.late is not None:
        late = "< 0.01 %" if estimate.late < 1e-4 else f"≈ {percent(estimate.late)}"
        lines.append(("over the target", f"{late} of the requests"))
    if kept_at_p95(estimate) is False:
        lines.append(("", "The target is kept in the middle of the range, not at its slow end."))
    lines.append(("GPU memory", f"≈ {size(estimate.memory.total_bytes)} on each"))
    lines += [(f"  {part}", f"≈ {size(n)}") for part, n in estimate.memory.parts().items()]
    wider = "wider than " if found["interval"]["widened"] else ""
    kind = found["interval"]["kind"]
    meaning = f"Ranges: {wider}{found['interval']['meaning']} of the kind {kind!r}."
    return "\n".join([rows(("", ""), lines).strip(), *_hours(found), meaning, *notes])


def _replicas(found: dict[str, Any]) -> str:
    busy = f"busy ≈ {percent(found['utilisation'])}"
    if found["traffic"] is None or found["traffic"]["shape"] == shapes.FLAT.name:
        return f"{found['replicas']}, {busy}"
    fewest = min(hour["replicas_needed"] for hour in found["traffic"]["hours"])
    span = "" if fewest == found["replicas"] else f"{fewest} to "
    return f"{span}{found['replicas']} by the hour, {busy}"


def _hours(found: dict[str, Any]) -> list[str]:
    """A line of replicas for each hour, where they differ, and what it saves."""
    day = found["traffic"]
    if day is None or not day["saved_share"]:
        return []
    hours = " ".join(str(hour["replicas_needed"]) for hour in day["hours"])
    always = day["peak_all_day"]
    return [
        f"Replicas from midnight on, by the hour: {hours}.",
        f"{always['replicas']} all day would cost {usd(always['usd_per_month'])} a month and be "
        f"busy ≈ {percent(always['utilisation'])}.",
    ]
