"""What answering requests costs: replicas, latency, dollars.

    shape = core.models.catalog.model("mistral-7b").shape
    estimate = estimate_serving(shape, "A100-80-SXM", 1, 1000, 200, requests_per_second=3)
    estimate.usd_per_million_output_tokens.value, .low, .high
    estimate.usd_per_month.value, estimate.replicas

A replica is the model on `gpus` GPUs. There are as many as the traffic needs, hour by hour
(`core.cost.crew`, `core.cost.traffic`). Dollars are for rented hours, busy or not: at low traffic a
request pays for the idle hours too. A request's dollars are shared between input and output tokens
as its GPU time is.
"""

from dataclasses import dataclass, replace

from core.cost.crew import Crew, State, crew_of, replicas_for
from core.cost.energy import SITE, Site, co2_kg, energy_kwh
from core.cost.engines import DEFAULT_ENGINE, Engine
from core.cost.engines import engine as find_engine
from core.cost.estimate import Estimate, Note, Spread
from core.cost.frontier import NO_TARGET, Pace, Target, frontier
from core.cost.hardware import DEFAULT_GPU, Gpu
from core.cost.hardware import gpu as find_gpu
from core.cost.load import SCALE_UP_MINUTES, Load
from core.cost.prices import Price, price_of
from core.cost.replica import Replica, ServingMemory
from core.cost.serving_checks import (
    check_factors,
    check_gpus,
    check_load,
    check_scaling,
    check_target,
    check_tokens,
    precision_of,
)
from core.cost.serving_notes import advice, assumptions, ranges
from core.cost.traffic import FLAT, Day, Traffic, plan_day
from core.models.shape import Shape
from core.units import HOURS_PER_MONTH, MEGA, SECONDS_PER_DAY, SECONDS_PER_HOUR


@dataclass(frozen=True)
class ServingEstimate:
    """Serving a model at some traffic.

    None: the model does not fit, or the quantity does not apply (an encoder writes no tokens; with
    requests in flight there are no hours of a `day`). Of a day, replicas, requests in work, memory
    and times are those of its busiest hour, the rest is of the whole day. `running` is the mean
    number of requests in work on one replica; `capacity` is what all replicas of the busiest hour
    could bear; `memory` is of one GPU; `late` is the share of requests over the target. A million
    output tokens `with_input` is all the money over the output: what makers of benchmarks print. At
    full use the replicas work all the time: over the real price, it is how busy they are.
    """

    replica: Replica
    load: Load
    price: Price
    fits: bool
    memory: ServingMemory
    assumptions: tuple[Note, ...]
    advice: Note | None = None
    crew: Crew | None = None
    points: Pace | None = None
    day: Day | None = None
    replicas: int | None = None
    running: float | None = None
    requests_per_second: float | None = None
    utilisation: float | None = None
    late: float | None = None
    capacity_requests_per_second: Estimate | None = None
    output_tokens_per_second: Estimate | None = None
    time_to_first_token: Estimate | None = None
    time_per_output_token: Estimate | None = None
    time_per_request: Estimate | None = None
    usd_per_million_input_tokens: Estimate | None = None
    usd_per_million_output_tokens: Estimate | None = None
    usd_per_million_output_tokens_with_input: Estimate | None = None
    usd_per_request: Estimate | None = None
    usd_per_request_at_full_use: Estimate | None = None
    usd_per_month: Estimate | None = None
    gpu_hours_per_month: Estimate | None = None
    energy_kwh: Estimate | None = None
    co2_kg: Estimate | None = None

    @property
    def shape(self) -> Shape:
        """The model."""
        return self.replica.shape

    @property
    def gpu(self) -> Gpu:
        """The card."""
        return self.replica.gpu

    @property
    def gpus(self) -> int:
        """GPUs of one replica."""
        return self.replica.gpus

    @property
    def engine(self) -> Engine:
        """The engine."""
        return self.replica.engine


def estimate_serving(
    shape: Shape,
    gpu: str = DEFAULT_GPU,
    gpus: int = 1,
    input_tokens: int = 512,
    output_tokens: int = 128,
    *,
    precision: str = "fp16",
    engine: str = DEFAULT_ENGINE.name,
    prefix_cached: float = 0.0,
    speculative: float = 1.0,
    price: Price | None = None,
    requests_per_second: float | None = None,
    concurrency: float | None = None,
    requests_per_day: float | None = None,
    traffic: Traffic = FLAT,
    target: Target = NO_TARGET,
    min_replicas: int = 1,
    scale_up_minutes: float = SCALE_UP_MINUTES,
    site: Site = SITE,
) -> ServingEstimate:
    """Estimate what serving costs.

    Args:
        shape: The model.
        gpu: Name of the GPU.
        gpus: GPUs of one replica (tensor parallel).
        input_tokens: Tokens of a prompt.
        output_tokens: Tokens of an answer; ignored for an encoder, which writes none.
        precision: How weights are stored, one that the engine has.
        engine: Name of the engine.
        prefix_cached: Share of the input that need not be computed again.
        speculative: Tokens that a step writes of each request, its draft's own time paid.
        price: None = the published price by the rule of `core.cost.prices`.
        requests_per_second: Requests that arrive, the same all day. Or:
        concurrency: Requests in flight at any time, each followed by the next. Or:
        requests_per_day: Requests of a day,
        traffic: and how they are spread over it.
        target: Longest times allowed.
        min_replicas: Replicas that always run.
        scale_up_minutes: Until a replica that is asked for answers.
        site: PUE and CO2 of the electricity.

    Raises:
        NotFound: There is no such GPU, engine or precision, or no price on file for the card.
        BadInput: A number is out of range, not one of the three loads is given, the GPUs cannot
            share the model, or the target cannot be reached.
    """
    card, software = find_gpu(gpu), find_engine(engine)
    load = Load(requests_per_second, concurrency, requests_per_day, traffic, target, min_replicas,
                scale_up_minutes, site)  # fmt: skip
    check_tokens(input_tokens, output_tokens)
    check_load(requests_per_second, concurrency, requests_per_day)
    check_target(shape, target)
    check_scaling(min_replicas, scale_up_minutes)
    check_factors(shape, prefix_cached, speculative)
    stored = precision_of(precision, software)
    check_gpus(shape, software, gpus)
    copy = Replica(
        shape, card, gpus, stored, input_tokens, output_tokens if shape.generates else 0, software,
        prefix_cached=prefix_cached, per_step=speculative,
    )  # fmt: skip
    base = ServingEstimate(
        copy, load, price or price_of(card), copy.largest_batch >= 1, copy.memory(1), ()
    )
    if not base.fits:
        return replace(base, advice=advice(copy), assumptions=assumptions(copy, load, base.price))
    points = frontier(copy)
    crew = crew_of(copy, target, points)
    base = replace(base, points=points, crew=crew)
    filled = (_in_flight if concurrency is not None else _by_the_hour)(base, crew)
    return replace(filled, assumptions=assumptions(copy, load, base.price))


def _by_the_hour(base: ServingEstimate, crew: Crew) -> ServingEstimate:
    """Requests that come by themselves: replicas for each hour, times of the busiest."""
    load = base.load
    daily = load.requests_per_day or (load.requests_per_second or 0.0) * SECONDS_PER_DAY
    rates = load.traffic.rates(daily)
    day = plan_day(crew, rates, load.min_replicas, load.scale_up_minutes)
    span = ranges(base.replica, float(day.state.pace.running[day.peak])).rate
    months = []
    for factor in (1.0, span.high, span.low):
        other = plan_day(crew, rates / factor, load.min_replicas, load.scale_up_minutes)
        paid = float(other.paid.mean())
        months.append((paid, rates.mean() / factor / max(paid * crew.rate, 1e-300)))
    base = replace(
        base,
        day=day,
        requests_per_second=float(rates.mean()),
        utilisation=months[0][1],
        late=day.late,
        output_tokens_per_second=_ends(
            [float(rates.mean()) * base.replica.output_tokens] * 3, "tokens/s", span
        ),
    )
    timed = _timed(base, crew, day.state, day.peak, day.most)
    return _priced(timed, crew, months, span, float(rates.mean()))


def _in_flight(base: ServingEstimate, crew: Crew) -> ServingEstimate:
    """Requests each followed by the next: the replicas are given, what they answer is not."""
    load = base.load
    replicas = replicas_for(crew, load.concurrency or 1.0, load.min_replicas)
    running = (load.concurrency or 1.0) / replicas
    each = crew.at(running)
    span = ranges(base.replica, running).rate
    rate = replicas * float(each.pace.requests_per_second)
    use = min(1.0, rate / (replicas * crew.rate))
    base = replace(
        base,
        requests_per_second=rate,
        utilisation=use,
        late=None if each.late is None else float(each.late),
        output_tokens_per_second=Estimate.of(rate * base.replica.output_tokens, "tokens/s", span),
    )
    timed = _timed(base, crew, each, (), replicas)
    return _priced(timed, crew, [(float(replicas), use)] * 3, span, rate, given=False)


def _ends(values: list[float], unit: str, span: Spread) -> Estimate:
    """An estimate of three values: as estimated, at the low and at the high end."""
    value, low, high = values
    return Estimate(value, low, high, unit, span.n, span.kind)


def _timed(
    base: ServingEstimate, crew: Crew, state: State, hour: int | tuple[()], replicas: int
) -> ServingEstimate:
    """Add replicas, memory and times of one hour."""
    pace, copy = state.pace, base.replica
    running = float(pace.running[hour])
    spans, wait = ranges(copy, running), float(state.wait_seconds[hour])
    token = Estimate.of(float(pace.token[hour]), "s", spans.token, inverse=True)
    first = Estimate.of(float(pace.first[hour]) + wait, "s", spans.first)
    whole = first
    if copy.output_tokens:
        rest = max(0.0, copy.output_tokens - copy.per_step)
        whole = Estimate(
            first.value + rest * token.value, first.low + rest * token.low,
            first.high + rest * token.high, "s", token.n, token.kind,
        )  # fmt: skip
    return replace(
        base,
        memory=copy.held(running),
        replicas=replicas,
        running=running,
        capacity_requests_per_second=Estimate.of(replicas * crew.rate, "requests/s", spans.rate),
        output_tokens_per_second=base.output_tokens_per_second if copy.output_tokens else None,
        time_to_first_token=first if copy.output_tokens else None,
        time_per_output_token=token if copy.output_tokens else None,
        time_per_request=whole,
    )


def _priced(
    base: ServingEstimate,
    crew: Crew,
    months: list[tuple[float, float]],
    span: Spread,
    rate: float,
    given: bool = True,
) -> ServingEstimate:
    """Add money and electricity.

    Args:
        base: With replicas and times.
        crew: The replicas.
        months: Mean replicas and how busy they are: as estimated, at the low and the high end.
        span: The range of what a replica bears.
        rate: Requests per second, on average.
        given: They are given; else they are what the replicas answer, and uncertain instead.
    """
    gpus, site, busy = base.gpus, base.load.site, max(1.0, base.running or 0.0)
    hours = [paid * gpus * HOURS_PER_MONTH for paid, _ in months]
    power = [
        energy_kwh(base.gpu, spent, site, min(1.0, use))
        for spent, (_, use) in zip(hours, months, strict=True)
    ]
    gpu_hours = _ends(hours, "GPU-hours", span)
    energy = _ends(power, "kWh", span)
    month = gpu_hours.times(base.price.usd_per_gpu_hour, "US$")
    requests = rate * SECONDS_PER_HOUR * HOURS_PER_MONTH
    request = (
        month.times(1 / requests, "US$")
        if given
        else Estimate.of(month.value / requests, "US$", span, inverse=True)
    )
    copy = base.replica
    share = float(copy.prefill_share_seconds(busy) / copy.request_seconds(busy))
    out = request.times((1 - share) / max(1, copy.output_tokens) * MEGA, "US$")
    return replace(
        base,
        usd_per_request=request,
        usd_per_request_at_full_use=Estimate.of(
            gpus * base.price.usd_per_gpu_hour / (SECONDS_PER_HOUR * crew.rate),
            "US$",
            span,
            inverse=True,
        ),
        usd_per_month=month,
        usd_per_million_input_tokens=request.times(share / copy.input_tokens * MEGA, "US$"),
        usd_per_million_output_tokens=out if copy.output_tokens else None,
        usd_per_million_output_tokens_with_input=request.times(MEGA / copy.output_tokens, "US$")
        if copy.output_tokens
        else None,
        gpu_hours_per_month=gpu_hours,
        energy_kwh=energy,
        co2_kg=energy.times(co2_kg(1, site), "kg"),
    )


def kept_at_p95(estimate: ServingEstimate) -> bool | None:
    """Whether the targets are kept at the slow end of the ranges too; None = there are none."""
    target = estimate.load.target
    first = estimate.time_to_first_token or estimate.time_per_request
    pairs = (
        (target.first_seconds, first), (target.token_seconds, estimate.time_per_output_token),
    )  # fmt: skip
    asked = [(most, found) for most, found in pairs if most is not None and found is not None]
    return all(found.high <= most for most, found in asked) if asked else None
