"""What can be asked of serving: each refusal names the number, what is possible, what to do."""

import math

from core import table
from core.cost.engines import Engine
from core.cost.frontier import Target
from core.cost.steps import PRECISIONS, Precision
from core.cost.traffic import MOST_MINUTES
from core.errors import BadInput
from core.models.shape import Shape
from core.units import KILO

MOST_TOKENS = 10_000_000
MOST_REQUESTS_PER_SECOND = 1_000_000.0
MOST_REQUESTS_PER_DAY = 10.0**11
MOST_IN_FLIGHT = 10_000_000.0
MOST_REPLICAS = 100_000
MOST_PER_STEP = 16.0
MACHINE_GPUS = 8


def can_share(shape: Shape, engine: Engine, gpus: int) -> bool:
    """Whether so many GPUs of one machine can share a model."""
    if not 1 <= gpus <= MACHINE_GPUS:
        return False
    return shape.all_layers >= gpus if engine.in_turn else shape.heads % gpus == 0


def check_gpus(shape: Shape, engine: Engine, gpus: int) -> None:
    """Refuse a number of GPUs that cannot share a model."""
    if can_share(shape, engine, gpus):
        return
    able = [str(n) for n in range(1, MACHINE_GPUS + 1) if can_share(shape, engine, n)]
    what = f"{shape.all_layers} layers" if engine.in_turn else f"{shape.heads} heads"
    raise BadInput(
        f"gpus: {gpus} GPUs cannot share the model's {what} within one machine; give "
        f"{', '.join(able[:-1])}{' or ' if able[1:] else ''}{able[-1]}."
    )


def precision_of(name: str, engine: Engine) -> Precision:
    """A precision that an engine has."""
    found = table.find(PRECISIONS, name, "precision")
    if found.name not in engine.precisions:
        raise BadInput(
            f"precision: {engine.name} does not store weights as {found.name}; give "
            f"{' or '.join(engine.precisions)}, or take another engine."
        )
    return found


def check_tokens(into: float, out: float) -> None:
    """Refuse requests that cannot be."""
    if not 1 <= into <= MOST_TOKENS:
        raise BadInput(f"input_tokens: {into:,} cannot be; give at least 1 and at most 10 million.")
    if not 0 <= out <= MOST_TOKENS:
        raise BadInput(f"output_tokens: {out:,} cannot be; give at least 1 and at most 10 million.")


def check_load(per_second: float | None, in_flight: float | None, per_day: float | None) -> None:
    """Refuse a load that cannot be; exactly one of the three must be given."""
    if sum(load is not None for load in (per_second, in_flight, per_day)) != 1:
        raise BadInput(
            "load: give requests_per_second, requests_per_day or concurrency, one of the three."
        )
    _within("requests_per_second", per_second, MOST_REQUESTS_PER_SECOND)
    _within("requests_per_day", per_day, MOST_REQUESTS_PER_DAY)
    if in_flight is not None and not 1 <= in_flight <= MOST_IN_FLIGHT:
        raise BadInput(
            f"concurrency: {in_flight:g} cannot be; give a number from 1 on, at most "
            f"{MOST_IN_FLIGHT:,.0f}."
        )


def check_target(shape: Shape, target: Target) -> None:
    """Refuse latency targets that cannot be."""
    for what, value in (("ttft_ms", target.first_seconds), ("tpot_ms", target.token_seconds)):
        if value is not None and not 0 < value < math.inf:
            raise BadInput(
                f"{what}: {KILO * value:g} cannot be; give milliseconds above 0, or leave it out."
            )
    if target.token_seconds is not None and not shape.generates:
        raise BadInput("tpot_ms: an encoder writes no tokens; leave it out and give ttft_ms.")


def check_scaling(least: int, minutes: float) -> None:
    """Refuse numbers of replicas and starting times that cannot be."""
    if not 0 <= least <= MOST_REPLICAS:
        raise BadInput(f"min_replicas: {least:,} cannot be; give 0 to {MOST_REPLICAS:,}.")
    if not 0 <= minutes <= MOST_MINUTES:
        raise BadInput(f"scale_up_minutes: {minutes:g} cannot be; give 0 to {MOST_MINUTES:,}.")


def check_factors(shape: Shape, prefix_cached: float, per_step: float) -> None:
    """Refuse a share of cached input, or a gain of a draft, that cannot be."""
    if not 0 <= prefix_cached < 1:
        raise BadInput(
            f"prefix_cached: {prefix_cached:g} cannot be; give a share from 0 to below 1, such as "
            "0.5."
        )
    if not 1 <= per_step <= MOST_PER_STEP:
        raise BadInput(
            f"speculative: {per_step:g} tokens a step cannot be; give 1 (no draft) to "
            f"{MOST_PER_STEP:g}."
        )
    if prefix_cached and shape.family != "decoder":
        raise BadInput(
            "prefix_cached: only a decoder can keep the beginning of an input; leave it out."
        )
    if per_step > 1 and not shape.generates:
        raise BadInput("speculative: an encoder writes no tokens; leave it out.")


def _within(what: str, value: float | None, most: float) -> None:
    if value is not None and not 0 < value <= most:
        raise BadInput(
            f"{what}: {value:g} cannot be; give a number above 0 and at most {most:,.0f}."
        )
