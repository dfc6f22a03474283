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

from dataclasses import replace

from core.cost.calibrate import Machine
from core.cost.calibrate_serving import regime_of, shrink_served
from core.cost.crew import crew_of
from core.cost.energy import SITE, Site
from core.cost.engines import DEFAULT_ENGINE, Engine
from core.cost.engines import engine as find_engine
from core.cost.estimate import Shrunk
from core.cost.frontier import NO_TARGET, Target, frontier
from core.cost.hardware import DEFAULT_GPU, Gpu
from core.cost.hardware import gpu as find_gpu
from core.cost.load import SCALE_UP_MINUTES, Load
from core.cost.prices import Price, price_of
from core.cost.replica import Replica
from core.cost.served import ServingEstimate
from core.cost.serving_checks import (
    check_factors,
    check_gpus,
    check_load,
    check_scaling,
    check_target,
    check_tokens,
    precision_of,
)
from core.cost.serving_notes import advice, assumptions
from core.cost.serving_work import by_the_hour, in_flight
from core.cost.traffic import FLAT, Traffic
from core.models.shape import Shape

CORRECTIONS = 2
"""Of an estimate by what was measured: one for each regime."""


def estimate_serving(
    shape: Shape,
    gpu: str | Gpu = DEFAULT_GPU,
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
    machine: Machine | None = None,
) -> ServingEstimate:
    """Estimate what serving costs.

    Args:
        shape: The model.
        gpu: The GPU, or its name.
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
        machine: What was measured of the machine: load tests of the same engine, in the regime of
            the busiest hour, correct the estimate and narrow its ranges.

    Raises:
        NotFound: There is no such GPU, engine or precision, or no price on file for the card.
        BadInput: A number is out of range, not one of the three loads is given, the GPUs cannot
            share the model, or the target cannot be reached.
    """
    card = gpu if isinstance(gpu, Gpu) else find_gpu(gpu)
    software = find_engine(engine)
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
    filled = _filled(base)
    for _ in range(CORRECTIONS if machine is not None else 0):
        # What is measured makes it slower or faster, which may put it into the other regime.
        held = _held(machine, software, filled.running)
        if held == filled.replica.calibrated:
            break
        filled = _filled(replace(base, replica=replace(copy, calibrated=held)))
    notes = assumptions(filled.replica, load, base.price, filled.running)
    return replace(filled, assumptions=notes)


def _filled(base: ServingEstimate) -> ServingEstimate:
    """An estimate of a replica that fits, with all that is to be said of it."""
    copy, load = base.replica, base.load
    points = frontier(copy)
    crew = crew_of(copy, load.target, points)
    base = replace(base, points=points, crew=crew)
    return (in_flight if load.concurrency is not None else by_the_hour)(base, crew)


def _held(machine: Machine | None, engine: Engine, running: float | None) -> Shrunk | None:
    """What was measured of an engine on a machine, where it says something of such a load."""
    if machine is None or running is None:
        return None
    found = shrink_served(machine, engine.name, regime_of(running))
    return found if found.n else None
