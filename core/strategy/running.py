"""What a month of an option costs to run in each future, and how its answers sell.

answer to quality = max(0, 1 + revenue per point · (quality − reference)), and 0 below the floor
"""

from dataclasses import dataclass

import numpy as np

from core.strategy.basis import Machines, Priced, Response
from core.strategy.inputs import market_path
from core.strategy.world import Array, World
from core.units import DAYS_PER_MONTH, HOURS_PER_MONTH, MONTHS_PER_YEAR

MOST_EDGES = 400_000
"""Steps of a fleet that are told apart; beyond them its cost is taken as a straight line."""


@dataclass(frozen=True)
class Running:
    """An option that answers: what its months cost, without what is paid once."""

    parts: dict[str, Array]
    quality: Array | None
    answer: Array


def running(world: World, option: Priced) -> Running:
    """An option that is not staged, as it runs in each month."""
    where = f"option.{option.name}"
    team = world.of(f"{where}.team_people") * world.of("company.person_usd_per_month")
    parts: dict[str, Array] = {"team": team}
    years = world.month / MONTHS_PER_YEAR
    moved = (1 + world.of(f"{where}.price_change_per_year", option.price_change_per_year)) ** years
    if option.tokens is not None:
        parts["api_tokens"] = _tokens(world, option) * moved * world.api_shock
    if option.machines is not None:
        hours = _gpu_hours(world, option, option.machines)
        price = gpu_price(world, option.machines.price)
        parts["gpu"] = hours * price * moved * world.gpu_shock
    if option.usd_per_customer_month is not None:
        parts["devices"] = world.customers * world.of(f"{where}.usd_per_customer_month")
    quality = None
    if option.quality is not None:
        quality = world.of(f"{where}.quality", option.quality.value)
    return Running(parts, quality, _answer(world, quality))


def _answer(world: World, quality: Array | None) -> Array:
    """How revenue answers to quality: 1 at the reference, 0 below the floor, 1 if not known."""
    asked = world.scenario.quality
    if quality is None:
        return np.ones((1, 1))
    factor = np.ones((1, 1))
    if asked.reference is not None and asked.revenue_per_point:
        better = (quality - asked.reference) * asked.direction
        factor = np.maximum(0.0, 1 + world.of("quality.revenue_per_point") * better)
    if world.floor is None:
        return factor
    return np.asarray(factor * ((quality - world.floor) * asked.direction >= 0))


def _tokens(world: World, option: Priced) -> Array:
    """US$ of an API's tokens in each month, at the price of today."""
    prices = option.tokens
    if prices is None:
        raise ValueError(f"{option.name} pays no tokens")
    where = f"option.{option.name}"
    share = world.of("demand.cacheable_share") if prices.cached is not None else 0.0
    into = share * (prices.cached or 0.0) + (1 - share) * prices.input
    read = world.of("demand.input_tokens") + world.of(f"{where}.prompt_tokens")
    request = read * into + world.of("demand.output_tokens") * prices.output
    request = request * world.of(f"{where}.token_price", 1.0)
    return np.asarray(world.requests * DAYS_PER_MONTH * request)


def _gpu_hours(world: World, option: Priced, machines: Machines) -> Array:
    """GPU-hours of each month."""
    rate = world.of(f"option.{option.name}.rate", machines.rate.value)
    scenario = world.scenario.demand
    prompt = world.of(f"option.{option.name}.prompt_tokens")
    read = np.log((world.of("demand.input_tokens") + prompt)
                  / (scenario.input_tokens + option.prompt_tokens))  # fmt: skip
    rate = rate * np.exp(_interpolated(read, machines.input_response))
    if scenario.output_tokens:
        written = np.log(world.of("demand.output_tokens") / scenario.output_tokens)
        rate = rate * np.exp(_interpolated(written, machines.output_response))
    replicas = _replicas(machines, world.requests / rate)
    return replicas * (machines.gpus * HOURS_PER_MONTH)


def _interpolated(at: Array, points: Response) -> Array:
    if not np.any(at):
        return np.zeros((1, 1))
    xs, ys = zip(*points, strict=True)
    return np.asarray(np.interp(at, xs, ys))


def _replicas(machines: Machines, load: Array) -> Array:
    """Replicas that are paid for, on average over the day, at requests a day per unit of rate.

    A sum of steps: looked up in the list of all their edges, which gives what counting them gives.
    """
    least = machines.least
    edges = sum(float(load.max()) / bears for _, bears in machines.steps)
    if edges > MOST_EDGES:
        level = sum(share * np.maximum(least, load / bears) for share, bears in machines.steps)
        return np.asarray(level + machines.spare)
    ends, shares = [], []
    for share, bears in machines.steps:
        count = int(np.ceil(load.max() / bears)) + 1
        ends.append(np.arange(least, max(count, least + 1)) * bears)
        shares.append(np.full(len(ends[-1]), share))
    at = np.concatenate(ends) * (1 + 1e-12)
    order = np.argsort(at, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(np.concatenate(shares)[order])])
    level = total[np.searchsorted(at[order], load, side="left")]
    base = least * sum(share for share, _ in machines.steps)
    return np.asarray(level + base + machines.spare)


def gpu_price(world: World, name: str) -> Array:
    """US$ of a GPU-hour of a market, before its changes over the years."""
    market = next(row for row in world.basis.markets if row.name == name)
    return world.of(market_path(name), market.usd_per_gpu_hour.value)
