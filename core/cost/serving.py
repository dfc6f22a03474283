"""What answering requests costs: replicas, latency, dollars.

    shape = core.models.catalog.model("mistral-7b").shape
    estimate = estimate_serving(shape, "A100-80-SXM", 1, 1000, 200, requests_per_second=3)
    estimate.usd_per_million_output_tokens.value, .low, .high
    estimate.usd_per_month.value, estimate.replicas

A replica is the model on `gpus` GPUs. There are as many as the traffic needs with each at most
`TARGET_LOAD` of what it can bear. Dollars are for rented hours, busy or not: at low traffic a
request pays for the idle hours too. A request's dollars are shared between input and output tokens
as its GPU time is.
"""

import math
from dataclasses import dataclass, replace

from core import table
from core.cost.backtest import spread
from core.cost.estimate import Estimate, Note, note
from core.cost.hardware import DEFAULT_GPU, GPUS, Gpu
from core.cost.hardware import gpu as find_gpu
from core.cost.prices import Price, price_of
from core.cost.replica import Replica, ServingMemory
from core.cost.steps import PRECISIONS
from core.errors import BadInput
from core.models.shape import Shape
from core.units import HOURS_PER_MONTH, MEGA, SECONDS_PER_HOUR

TARGET_LOAD = 0.8
"""Of what a replica can bear, what is planned for: the rest absorbs uneven arrivals."""


@dataclass(frozen=True)
class ServingEstimate:
    """Serving a model at some traffic.

    None: the model does not fit, or the quantity does not apply (an encoder writes no tokens).
    `running` is the mean number of requests in work on one replica; `capacity` is what all
    replicas could bear; `memory` is of one GPU.
    """

    shape: Shape
    gpu: Gpu
    gpus: int
    precision: str
    input_tokens: int
    output_tokens: int
    price: Price
    fits: bool
    memory: ServingMemory
    assumptions: tuple[Note, ...]
    advice: Note | None = None
    replicas: int | None = None
    running: float | None = None
    requests_per_second: float | None = None
    utilisation: float | None = None
    capacity_requests_per_second: Estimate | None = None
    tokens_per_second: Estimate | None = None
    time_to_first_token_seconds: Estimate | None = None
    time_between_tokens_seconds: Estimate | None = None
    usd_per_million_input_tokens: Estimate | None = None
    usd_per_million_output_tokens: Estimate | None = None
    usd_per_request: Estimate | None = None
    usd_per_month: Estimate | None = None


@dataclass(frozen=True)
class _Load:
    """Replicas, requests in work on each, and the rate at which each answers and could."""

    replicas: int
    running: float
    rate: float
    capacity: float


def estimate_serving(
    shape: Shape,
    gpu: str = DEFAULT_GPU,
    gpus: int = 1,
    input_tokens: int = 512,
    output_tokens: int = 128,
    *,
    requests_per_second: float | None = None,
    concurrency: float | None = None,
    precision: str = "fp16",
    price: Price | None = None,
) -> ServingEstimate:
    """Estimate what serving costs.

    Args:
        shape: The model.
        gpu: Name of the GPU.
        gpus: GPUs of one replica (tensor parallel).
        input_tokens: Tokens of a prompt.
        output_tokens: Tokens of an answer; ignored for an encoder, which writes none.
        requests_per_second: Requests that arrive, on average over the hours paid for. Or:
        concurrency: Requests in flight at any time, each followed by the next.
        precision: "fp16", "int8" or "int4" weights.
        price: None = the published price by the rule of `core.cost.prices`.

    Raises:
        NotFound: There is no such GPU or precision.
        BadInput: A number is out of range, or neither or both of the loads are given.
    """
    _check(gpus, input_tokens, output_tokens, requests_per_second, concurrency)
    card = find_gpu(gpu)
    stored = table.find(PRECISIONS, precision, "precision")
    written = output_tokens if shape.generates else 0
    copy = Replica(shape, card, gpus, stored, input_tokens, written)
    base = ServingEstimate(
        shape, card, gpus, stored.name, input_tokens, written, price or price_of(card),
        copy.largest_batch >= 1, copy.memory(1), (), None,
    )  # fmt: skip
    base = replace(base, assumptions=_assumptions(base))
    if not base.fits:
        return replace(base, advice=_advice(copy))
    load = _load(copy, requests_per_second, concurrency)
    timed = _timed(base, copy, load, uncertain=requests_per_second is None)
    return _priced(timed, copy, load, requests_per_second)


def _check(gpus: int, into: int, out: int, rate: float | None, concurrency: float | None) -> None:
    if gpus not in (1, 2, 4, 8):
        raise BadInput(f"{gpus} GPUs cannot share a model; give 1, 2, 4 or 8.")
    if into < 1 or out < 0:
        raise BadInput(f"{into} input and {out} output tokens cannot be; give at least 1 and 0.")
    if (rate is None) == (concurrency is None):
        raise BadInput("Give either requests per second or concurrency, one of the two.")
    if rate is not None and not 0 < rate < math.inf:
        raise BadInput(f"{rate:g} requests per second cannot be; give a number above 0.")
    if concurrency is not None and not 1 <= concurrency < math.inf:
        raise BadInput(f"A concurrency of {concurrency:g} cannot be; give a number from 1 on.")


def _load(copy: Replica, rate: float | None, concurrency: float | None) -> _Load:
    capacity = 1 / copy.request_seconds(copy.largest_batch)
    if rate is not None:
        replicas = math.ceil(rate / (TARGET_LOAD * capacity))
        return _Load(replicas, copy.batch_at(rate / replicas), rate / replicas, capacity)
    flying = concurrency or 1.0
    replicas = math.ceil(flying / copy.largest_batch)
    running = flying / replicas
    return _Load(replicas, running, 1 / copy.request_seconds(running), capacity)


def _timed(base: ServingEstimate, copy: Replica, load: _Load, uncertain: bool) -> ServingEstimate:
    """Add traffic and latency: steps are held up by the prompts that are read in between.

    The traffic is `uncertain` where requests in flight are given, not requests per second.
    """
    reading = min(0.95, load.rate * copy.prefill_share_seconds(load.running))
    step = copy.step_seconds(max(1.0, load.running)) if copy.output_tokens else 0.0
    first = copy.prompt_seconds() / (1 - reading) + step
    total = load.replicas * load.rate
    tokens = total * copy.output_tokens
    span = spread("serving")
    written = (
        Estimate.of(tokens, "tokens/s", span)
        if uncertain
        else Estimate(tokens, tokens, tokens, "tokens/s", span.n, span.kind)
    )
    return replace(
        base,
        memory=copy.memory(load.running),
        replicas=load.replicas,
        running=load.running,
        requests_per_second=total,
        utilisation=min(1.0, load.rate / load.capacity),
        capacity_requests_per_second=Estimate.of(load.replicas * load.capacity, "requests/s", span),
        tokens_per_second=written if copy.output_tokens else None,
        time_to_first_token_seconds=Estimate.of(first, "s", spread("first-token")),
        time_between_tokens_seconds=(
            Estimate.of(step / (1 - reading), "s", spread("batch"), inverse=True)
            if copy.output_tokens
            else None
        ),
    )


def _priced(
    base: ServingEstimate, copy: Replica, load: _Load, rate: float | None
) -> ServingEstimate:
    """Add dollars: at a given rate the replicas are uncertain, else the requests they answer."""
    hourly = base.gpus * base.price.usd_per_gpu_hour
    total = load.replicas * load.rate
    per_request = load.replicas * hourly / (SECONDS_PER_HOUR * total)
    if rate is None:
        request = Estimate.of(per_request, "US$", spread("serving"), inverse=True)
        month = load.replicas * hourly * HOURS_PER_MONTH
        monthly = Estimate(month, month, month, "US$", request.n, request.kind)
    else:
        span = spread("serving")
        fewest, most = (
            math.ceil(rate / (TARGET_LOAD * load.capacity * factor))
            for factor in (span.high, span.low)
        )
        scale = per_request / load.replicas
        request = Estimate(per_request, scale * fewest, scale * most, "US$", span.n, span.kind)
        monthly = request.times(rate * SECONDS_PER_HOUR * HOURS_PER_MONTH, "US$")
    busy = copy.request_seconds(max(1.0, load.running))
    reading = copy.prefill_share_seconds(max(1.0, load.running)) / busy
    into = request.times(reading / copy.input_tokens * MEGA, "US$")
    out = request.times((1 - reading) / max(1, copy.output_tokens) * MEGA, "US$")
    return replace(
        base,
        usd_per_request=request,
        usd_per_month=monthly,
        usd_per_million_input_tokens=into,
        usd_per_million_output_tokens=out if copy.output_tokens else None,
    )


def _assumptions(base: ServingEstimate) -> tuple[Note, ...]:
    notes = [
        note("price", usd=f"{base.price.usd_per_gpu_hour:.2f}", source=base.price.source,
             date=base.price.as_of),
        note("engine"),
        note("target_load", share=round(100 * TARGET_LOAD)),
    ]  # fmt: skip
    if base.price.note is not None:
        notes.append(base.price.note)
    if base.gpu.form == "PCIe":
        notes.append(note("pcie"))
    if base.shape.family != "decoder":
        notes.append(note("other_family"))
    return tuple(notes)


def _advice(copy: Replica) -> Note:
    """The one change that makes a model fit: fewer bits, a larger card, more GPUs."""
    small = [row for row in PRECISIONS if row.weight_bytes < copy.precision.weight_bytes]
    for row in small:
        if replace(copy, precision=row).largest_batch >= 1:
            return note("serve_precision", precision=row.name)
    for gpus in (2, 4, 8):
        if gpus > copy.gpus and replace(copy, gpus=gpus).largest_batch >= 1:
            return note("serve_gpus", gpus=gpus)
    larger = max(GPUS, key=lambda row: row.memory_bytes)
    if copy.gpu.memory_bytes < larger.memory_bytes:
        return note("serve_card", gpu=larger.name)
    return note("serve_nothing")
