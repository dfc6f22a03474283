"""The money of every option, month by month, for any number of futures at once.

    revenue(m) = earned(m) · answer to quality
    model(m)   = tokens or GPU hours or devices + people + once + training
    cash(m)    = cash(m − 1) + revenue(m) − other costs − people − model(m)

What is paid once is paid at the start of a month, the rest over it. An option answers from the
first month that begins after its lead time; until then another one does, or nothing is sold. This
is the only model of the money: the plan, its draws, the tornado and the table of regret all ask it,
and differ only in the values that they put in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.strategy.basis import Priced
from core.strategy.running import Running, gpu_price, running
from core.strategy.world import Array, World

PARTS = ("api_tokens", "gpu", "devices", "team", "retraining", "one_time")
"""What the model costs, by part; `one_time` holds the first training."""
NOTHING = np.zeros((1, 1))


@dataclass(frozen=True)
class Path:
    """What becomes of the company with one option; arrays are futures × months.

    Attributes:
        revenue_usd: Earned in a month.
        parts_usd: What the model costs in a month, by the names of PARTS.
        model_usd: All of its parts.
        other_usd: Everything else the company pays in a month.
        lumps_usd: Of the model's cost, what is paid at the start of the month.
        cash_usd: In the bank at the end of a month.
        quality: Score of the option in each future; None = not known.
        serves_from: Month (0 = the first) from which the option itself answers.
    """

    revenue_usd: Array
    parts_usd: dict[str, Array]
    model_usd: Array
    other_usd: Array
    lumps_usd: Array
    cash_usd: Array
    quality: Array | None
    serves_from: Array


def simulate(world: World, option: Priced) -> Path:
    """Follow the company with one option."""
    if option.first is not None and option.then is not None:
        return _staged(world, option)
    lead = _lead(world, option)
    live = world.month >= lead
    own = running(world, option)
    lumps = _lumps(world, option, np.zeros((1, 1)), lead)
    standing_in = world.basis.option(option.meanwhile) if option.meanwhile else None
    before = running(world, standing_in) if standing_in else None
    paid = dict(lumps)
    if standing_in is not None:
        first = _lumps(world, standing_in, np.zeros((1, 1)), np.zeros((1, 1)), rounds=False)
        paid = {name: paid[name] + first[name] for name in paid}
    return _path(world, [(before, ~live), (own, live)], paid, own.quality, lead)


def _staged(world: World, option: Priced) -> Path:
    """First one option; once the volume is there the next is made ready, and takes over."""
    first, then = world.basis.option(option.first or ""), world.basis.option(option.then or "")
    reached = world.requests >= world.of(
        f"option.{option.name}.at_requests_per_day", option.at_requests_per_day
    )
    ever = reached.any(axis=1)
    begins = np.where(ever, reached.argmax(axis=1), np.inf)[:, None]
    change = begins + _lead(world, then)
    start = _lead(world, first)
    live = world.month >= change
    early, late = running(world, first), running(world, then)
    lumps = _lumps(world, first, np.zeros((1, 1)), start, until=change)
    more = _lumps(world, then, begins, change)
    paid = {name: lumps[name] + more[name] for name in lumps}
    quality = None
    if early.quality is not None and late.quality is not None:
        worse = np.minimum if world.scenario.quality.direction > 0 else np.maximum
        quality = np.asarray(worse(early.quality, late.quality))
    ready = world.month >= start
    meanwhile = world.basis.option(first.meanwhile) if first.meanwhile else None
    before = running(world, meanwhile) if meanwhile else None
    return _path(
        world, [(before, ~ready & ~live), (early, ready & ~live), (late, live)], paid, quality,
        start,
    )  # fmt: skip


def _path(
    world: World, stages: list[tuple[Running | None, NDArray[np.bool_]]],
    lumps: dict[str, Array], quality: Array | None, serves_from: Array,
) -> Path:  # fmt: skip
    """Put stages one after the other: each answers in its months."""
    shape = (world.n, world.months)
    answers = NOTHING
    parts: dict[str, Array] = {}
    for stage, months in stages:
        if stage is None or not months.any():
            continue
        everywhere = bool(months.all())
        answers = answers + (stage.answer if everywhere else stage.answer * months)
        for name, usd in stage.parts.items():
            parts[name] = parts.get(name, NOTHING) + (usd if everywhere else usd * months)
    for name, usd in lumps.items():
        parts[name] = parts.get(name, NOTHING) + usd
    paid = sum(lumps.values(), NOTHING)
    revenue = world.earned * answers
    model = sum(parts.values(), NOTHING)
    change = np.broadcast_to(revenue - world.other - model, shape)
    cash = world.of("company.cash_usd") + np.cumsum(change, axis=1)
    return Path(
        revenue_usd=np.broadcast_to(revenue, shape),
        parts_usd={name: np.broadcast_to(parts.get(name, NOTHING), shape) for name in PARTS},
        model_usd=np.broadcast_to(model, shape),
        other_usd=world.other,
        lumps_usd=np.broadcast_to(paid, shape),
        cash_usd=cash,
        quality=None if quality is None else np.broadcast_to(quality[:, 0], (world.n,)),
        serves_from=np.broadcast_to(serves_from[:, 0], (world.n,)),
    )


def _lead(world: World, option: Priced) -> Array:
    """Month from which it answers; a shortage that comes before adds to it."""
    own = world.scenario.value_of(f"option.{option.name}.lead_months")
    more = option.lead_months - float(own or 0.0)  # type: ignore[arg-type]
    lead = world.of(f"option.{option.name}.lead_months") + more
    for hit in world.hits:
        if option.machines is not None and np.any(hit.extra_lead_months):
            waits = hit.begins[:, None] < lead
            lead = lead + np.where(waits, hit.extra_lead_months[:, None], 0.0)
    return np.asarray(lead)


def _lumps(
    world: World, option: Priced, begins: Array, live: Array, *, until: Array | None = None,
    rounds: bool = True,
) -> dict[str, Array]:  # fmt: skip
    """US$ paid at the start of months: once, and for each round of retraining.

    Args:
        world: The futures.
        option: Whose.
        begins: Month in which the once-paid part is due; infinite = never.
        live: Month from which it answers: rounds are counted from there.
        until: Month in which it stops to answer; None = never.
        rounds: Whether there are rounds of retraining at all.
    """
    where = f"option.{option.name}"
    training = _round_usd(world, option)
    once = world.of(f"{where}.one_time_usd") + training
    first = (world.month == begins) * once
    again = training * (1 if option.kind != "pretrained" else 0)
    round_usd = world.of(f"{where}.retrain_usd") + again
    due = np.zeros((1, world.months))
    every = option.retrain_every_months
    since = world.month - np.ceil(live)
    running = since >= 0 if until is None else (since >= 0) & (world.month < until)
    if rounds and every:
        # An option that never answers has no months since: infinity is no whole number of rounds.
        months = np.where(running, since, 0.0)
        due = due + (running & (months > 0) & (np.mod(months, every) == 0))
    for hit in world.hits if rounds else ():
        if hit.retrains_of(option):
            due = due + (running & (world.month == np.ceil(hit.begins)[:, None]))
    return {"one_time": np.asarray(first), "retraining": np.asarray(due * round_usd)}


def _round_usd(world: World, option: Priced) -> Array:
    """US$ of GPUs for one training."""
    if option.training is None:
        return np.zeros((1, 1))
    hours = world.of(f"option.{option.name}.gpu_hours", option.training.gpu_hours.value)
    return hours * gpu_price(world, option.training.price)
