"""`assay cost serve`: what answering takes."""

from typing import Any

import click

from core.cli.amounts import COUNT, percent, ranged, stated_or_published
from core.cli.common import emit, json_option, rows, workspace_option
from core.cost.document_serving import serving_document
from core.cost.estimate import Estimate
from core.cost.hardware import DEFAULT_GPU
from core.cost.prices import PRICINGS
from core.cost.serving import ServingEstimate, estimate_serving
from core.cost.steps import PRECISIONS
from core.cost.subject import shape_for
from core.text.format import duration, number, size, usd
from core.workspace import Workspace


@click.command()
@click.option("--model", required=True, help="Catalogue name, size like 7B, run, or config.json.")
@click.option("--gpu", default=DEFAULT_GPU, show_default=True, help="Name of the GPU.")
@click.option("--gpus", type=COUNT, default=1, show_default=True, help="GPUs of one replica.")
@click.option("--input-tokens", type=COUNT, required=True, help="Tokens of a prompt.")
@click.option("--output-tokens", type=COUNT, required=True, help="Tokens of an answer.")
@click.option("--requests-per-second", type=float, help="Requests that arrive, on average. Or:")
@click.option("--concurrency", type=float, help="Requests in flight at any time.")
@click.option(
    "--precision",
    type=click.Choice([row.name for row in PRECISIONS]),
    default="fp16",
    show_default=True,
    help="How the weights are stored.",
)
@click.option("--provider", help="Whose price, such as AWS; the median of all where none is given.")
@click.option("--pricing", type=click.Choice(PRICINGS), default="on-demand", show_default=True)
@click.option("--usd-per-gpu-hour", type=float, help="Your own price.")
@workspace_option
@json_option
def serve(
    model: str,
    gpu: str,
    gpus: int,
    input_tokens: int,
    output_tokens: int,
    requests_per_second: float | None,
    concurrency: float | None,
    precision: str,
    provider: str | None,
    pricing: str,
    usd_per_gpu_hour: float | None,
    workspace: Workspace,
    as_json: bool,
) -> None:
    """What answering takes: replicas, latency, dollars per request, token and month."""
    estimate = estimate_serving(
        shape_for(workspace, model),
        gpu,
        gpus,
        input_tokens,
        output_tokens,
        requests_per_second=requests_per_second,
        concurrency=concurrency,
        precision=precision,
        price=stated_or_published(gpu, provider, pricing, usd_per_gpu_hour),
    )
    found = serving_document(model, estimate)
    emit(found, as_json, _serving_text(found, estimate))


def _serving_text(found: dict[str, Any], estimate: ServingEstimate) -> str:
    if estimate.usd_per_request is None:
        needs = size(estimate.memory.total_bytes)
        return f"Does not fit: ≈ {needs} on each GPU with one request. {found['advice']}"
    shown: list[tuple[str, Estimate | None, Any]] = [
        ("per request", estimate.usd_per_request, usd),
        ("per million input tokens", estimate.usd_per_million_input_tokens, usd),
        ("per million output tokens", estimate.usd_per_million_output_tokens, usd),
        ("per month", estimate.usd_per_month, usd),
        ("output tokens a second", estimate.tokens_per_second, number),
        ("time to the first token", estimate.time_to_first_token_seconds, duration),
        ("time between tokens", estimate.time_between_tokens_seconds, duration),
    ]
    lines: list[tuple[object, ...]] = [
        (name, ranged(value, show)) for name, value, show in shown if value is not None
    ]
    lines.append(("replicas", f"{estimate.replicas}, each busy ≈ {percent(estimate.utilisation)}"))
    lines.append(("GPU memory", f"≈ {size(estimate.memory.total_bytes)} on each"))
    meaning = f"Ranges: {found['interval']['meaning']} of the kind {found['interval']['kind']!r}."
    return "\n".join([rows(("", ""), lines).strip(), meaning, *found["assumptions"]])
