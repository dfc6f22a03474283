"""Serving at some traffic: replicas, times and money, added to an estimate of a model that fits."""

from dataclasses import replace

from core.cost.crew import Crew, State, replicas_for
from core.cost.energy import co2_kg, energy_kwh
from core.cost.estimate import Estimate, Spread
from core.cost.replica import Replica
from core.cost.served import ServingEstimate
from core.cost.serving_notes import Ranges, ranges, spot_share
from core.cost.traffic import ahead, plan_day
from core.units import HOURS_PER_MONTH, MEGA, MINUTES_PER_HOUR, SECONDS_PER_DAY, SECONDS_PER_HOUR


def by_the_hour(base: ServingEstimate, crew: Crew) -> ServingEstimate:
    """Requests that come by themselves: replicas for each hour, times of the busiest."""
    load = base.load
    daily = load.requests_per_day or (load.requests_per_second or 0.0) * SECONDS_PER_DAY
    rates = load.traffic.rates(daily)
    day = plan_day(crew, rates, load.min_replicas, load.scale_up_minutes)
    span = ranges(base.replica, float(day.state.pace.running[day.peak])).rate
    months = []
    for factor in (1.0, span.high, span.low):
        needed = crew.replicas(rates / factor, load.min_replicas)
        paid = float(ahead(needed, load.scale_up_minutes / MINUTES_PER_HOUR).mean())
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


def in_flight(base: ServingEstimate, crew: Crew) -> ServingEstimate:
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
    first = _first(copy, float(pace.first[hour]), running, wait, spans)
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


def _first(copy: Replica, seconds: float, running: float, wait: float, spans: Ranges) -> Estimate:
    """Time to the first token: its prompt ranges as single prompts do, the rest as steps do."""
    read = float(copy.prompt_seconds(1.0 if copy.engine.paged else max(1.0, running)))
    read = min(seconds, read)
    rest = seconds - read
    return Estimate(
        seconds + wait,
        read * spans.first.low + rest / spans.token.high + wait,
        read * spans.first.high + rest / spans.token.low + wait,
        "s", spans.first.n, spans.first.kind,
    )  # fmt: skip


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
    again = 1 + spot_share(base.load, base.price)
    hours = [paid * gpus * again * HOURS_PER_MONTH for paid, _ in months]
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
