"""The money of every option, month by month, for any number of futures at once.

    requests(m)  = requests · (1 + growth)^(m − 1) · season(m) · shocks
    customers(m) = customers · Π (1 + growth − churn − shocks)
    revenue(m)   = (customers(m) · price + requests(m) · days · price per request) · shocks
                   · max(0, 1 + revenue per point · (quality − reference)), and 0 below the floor
    model(m)     = tokens or GPU hours or devices + people + once + training
    cash(m)      = cash(m − 1) + revenue(m) − other costs − people − model(m)

for months m = 1 … horizon. What is paid once is paid at the start of a month, the rest over it. An
option answers from the first month that begins after its lead time; until then another one does, or
nothing is sold. This is the only model of the money: the plan, its draws, the tornado and the table
of regret all ask it, and differ only in the values that they put in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.strategy.basis import Basis, Machines, Priced
from core.strategy.inputs import market_path
from core.strategy.sections import Scenario
from core.units import DAYS_PER_MONTH, HOURS_PER_MONTH, KILO, MONTHS_PER_YEAR

Array = NDArray[np.float64]
Values = Mapping[str, Array]
"""Path of an input -> one value for each future. What is not in it has its base."""

PARTS = ("api_tokens", "gpu", "devices", "team", "retraining", "one_time")
"""What the model costs, by part; `one_time` holds the first training."""
MOST_EDGES = 400_000
"""Steps of a fleet that are told apart; beyond them its cost is taken as a straight line."""


@dataclass(frozen=True)
class Hit:
    """A shock in each future: from which month on (0 = the first), for how many; never = infinity.

    Factors and additions are those of the future, too.
    """

    begins: Array
    lasts: Array
    api_price: Array
    gpu_price: Array
    demand: Array
    revenue: Array
    churn_added: Array
    floor_added_share: Array
    extra_lead_months: Array
    forces_retrain: bool
    retrains: str

    def retrains_of(self, option: Priced) -> bool:
        """Whether it makes an option be trained, or moved to another model, once more."""
        owned = option.tokens is None
        return self.forces_retrain and self.retrains in ("all", "owned" if owned else "rented")

    def each(self, change: Callable[[Array], Array]) -> "Hit":
        """The same with every array changed: cut, or repeated."""
        arrays: dict[str, Any] = {
            row.name: change(getattr(self, row.name)) for row in fields(self) if row.type is Array
        }
        return replace(self, **arrays)


@dataclass(frozen=True)
class Path:
    """What becomes of the company with one option; arrays are futures × months.

    Attributes:
        revenue_usd: Earned in a month.
        parts_usd: What the model costs in a month, by the names of PARTS.
        other_usd: Everything else the company pays in a month.
        lumps_usd: Of the model's cost, what is paid at the start of the month.
        cash_usd: In the bank at the end of a month.
        quality: Score of the option in each future; None = not known.
        serves_from: Month (0 = the first) from which the option itself answers.
    """

    revenue_usd: Array
    parts_usd: dict[str, Array]
    other_usd: Array
    lumps_usd: Array
    cash_usd: Array
    quality: Array | None
    serves_from: Array

    @property
    def model_usd(self) -> Array:
        """What the model costs in a month."""
        return sum(self.parts_usd.values(), np.zeros_like(self.cash_usd))


@dataclass
class World:
    """One set of futures: what is the same for every option, computed once."""

    scenario: Scenario
    basis: Basis
    n: int
    first_month: int
    values: Values
    hits: tuple[Hit, ...] = ()
    months: int = field(init=False)

    def __post_init__(self) -> None:
        self.months = self.scenario.horizon_months
        self.month = np.arange(self.months, dtype=np.float64)[None, :]
        self.api_shock = self._product("api_price")
        self.gpu_shock = self._product("gpu_price")
        self.requests = self._requests()
        self.customers = self._customers()
        self.earned = self._earned()
        self.other = np.broadcast_to(
            self.of("company.monthly_cost_usd")
            + self.of("company.people") * self.of("company.person_usd_per_month"),
            (self.n, self.months),
        )
        floor = self.scenario.quality.floor
        raised = self._sum("floor_added_share")
        self.floor = None if floor is None else floor + abs(floor) * raised * (
            self.scenario.quality.direction
        )  # fmt: skip

    def of(self, path: str, base: float | None = None) -> Array:
        """An input as a column: one value for each future, or one for all."""
        if path in self.values:
            return self.values[path][:, None]
        value = self.scenario.value_of(path) if base is None else base
        return np.full((1, 1), float(value))  # type: ignore[arg-type]

    def active(self, hit: Hit) -> NDArray[np.bool_]:
        """Futures × months in which a shock is felt."""
        begins, ends = hit.begins[:, None], (hit.begins + hit.lasts)[:, None]
        return np.asarray((self.month >= begins) & (self.month < ends))

    def _product(self, name: str) -> Array:
        total = np.ones((1, 1))
        for hit in self.hits:
            factor = getattr(hit, name)
            if np.any(factor != 1):
                total = total * np.where(self.active(hit), factor[:, None], 1.0)
        return total

    def _sum(self, name: str) -> Array:
        total = np.zeros((1, 1))
        for hit in self.hits:
            added = getattr(hit, name)
            if np.any(added):
                total = total + np.where(self.active(hit), added[:, None], 0.0)
        return total

    def _requests(self) -> Array:
        demand = self.scenario.demand
        volume = self.of("demand.requests_per_day") * (
            (1 + self.of("demand.growth_per_month")) ** self.month
        )
        if demand.seasonality:
            season = np.array(demand.seasonality) / np.mean(demand.seasonality)
            at = (self.first_month - 1 + np.arange(self.months)) % MONTHS_PER_YEAR
            volume = volume * season[at][None, :]
        return np.asarray(np.broadcast_to(volume * self._product("demand"), (self.n, self.months)))

    def _customers(self) -> Array:
        net = 1 + self.of("company.growth_per_month") - self.of("company.churn_per_month")
        lost = self._sum("churn_added")
        if not np.any(lost):
            return np.asarray(self.of("company.customers") * np.maximum(net, 0.0) ** self.month)
        steps = np.maximum(0.0, net - np.broadcast_to(lost, (self.n, self.months)))
        # Month 1 has today's customers: what a month loses is missing in the next.
        grown = np.cumprod(
            np.concatenate([np.ones((len(steps), 1)), steps[:, :-1]], axis=1), axis=1
        )
        return np.asarray(self.of("company.customers") * grown)

    def _earned(self) -> Array:
        per_request = self.of("company.revenue_per_1000_requests_usd") / KILO
        revenue = self.customers * self.of("company.revenue_per_customer_usd")
        revenue = revenue + self.requests * DAYS_PER_MONTH * per_request
        return np.asarray(revenue * self._product("revenue"))


@dataclass
class _Running:
    """An option that answers: what its months cost, without what is paid once."""

    parts: dict[str, Array]
    quality: Array | None
    answer: Array


def simulate(world: World, option: Priced) -> Path:
    """Follow the company with one option."""
    if option.first is not None and option.then is not None:
        return _staged(world, option)
    lead = _lead(world, option)
    live = world.month >= lead
    own = _running(world, option)
    lumps = _lumps(world, option, np.zeros((1, 1)), lead)
    standing_in = world.basis.option(option.meanwhile) if option.meanwhile else None
    before = _running(world, standing_in) if standing_in else None
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
    early, late = _running(world, first), _running(world, then)
    lumps = _lumps(world, first, np.zeros((1, 1)), start, until=change)
    more = _lumps(world, then, begins, change)
    paid = {name: lumps[name] + more[name] for name in lumps}
    quality = None
    if early.quality is not None and late.quality is not None:
        worse = np.minimum if world.scenario.quality.direction > 0 else np.maximum
        quality = np.asarray(worse(early.quality, late.quality))
    ready = world.month >= start
    meanwhile = world.basis.option(first.meanwhile) if first.meanwhile else None
    before = _running(world, meanwhile) if meanwhile else None
    return _path(
        world, [(before, ~ready & ~live), (early, ready & ~live), (late, live)], paid, quality,
        start,
    )  # fmt: skip


def _path(
    world: World, stages: list[tuple[_Running | None, NDArray[np.bool_]]],
    lumps: dict[str, Array], quality: Array | None, serves_from: Array,
) -> Path:  # fmt: skip
    """Put stages one after the other: each answers in its months."""
    shape = (world.n, world.months)
    answers = np.zeros(shape)
    parts = {name: np.zeros(shape) for name in PARTS}
    for running, months in stages:
        if running is None or not months.any():
            continue
        everywhere = bool(months.all())
        answers = answers + (running.answer if everywhere else running.answer * months)
        for name, usd in running.parts.items():
            parts[name] = parts[name] + (usd if everywhere else usd * months)
    paid = np.zeros(shape)
    for name, usd in lumps.items():
        parts[name] = parts[name] + usd
        paid = paid + usd
    revenue = world.earned * answers
    model = sum(parts.values(), np.zeros(shape))
    change = revenue - world.other - model
    cash = world.of("company.cash_usd") + np.cumsum(change, axis=1)
    from_month = np.broadcast_to(serves_from[:, 0], (world.n,))
    spread = None if quality is None else np.broadcast_to(quality[:, 0], (world.n,))
    return Path(revenue, parts, world.other, paid, cash, spread, from_month)


def _running(world: World, option: Priced) -> _Running:
    where = f"option.{option.name}"
    team = world.of(f"{where}.team_people") * world.of("company.person_usd_per_month")
    parts: dict[str, Array] = {"team": team}
    years = world.month / MONTHS_PER_YEAR
    moved = (1 + world.of(f"{where}.price_change_per_year", option.price_change_per_year)) ** years
    if option.tokens is not None:
        parts["api_tokens"] = _tokens(world, option) * moved * world.api_shock
    if option.machines is not None:
        hours = _gpu_hours(world, option, option.machines)
        price = _gpu_price(world, option.machines.price)
        parts["gpu"] = hours * price * moved * world.gpu_shock
    if option.usd_per_customer_month is not None:
        parts["devices"] = world.customers * world.of(f"{where}.usd_per_customer_month")
    quality = None
    if option.quality is not None:
        quality = world.of(f"{where}.quality", option.quality.value)
    return _Running(parts, quality, _answer(world, quality))


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


def _interpolated(at: Array, points: tuple[tuple[float, float], ...]) -> Array:
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


def _gpu_price(world: World, name: str) -> Array:
    market = next(row for row in world.basis.markets if row.name == name)
    return world.of(market_path(name), market.usd_per_gpu_hour.value)


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
        due = due + (running & (since > 0) & (np.mod(since, every) == 0))
    for hit in world.hits if rounds else ():
        if hit.retrains_of(option):
            due = due + (running & (world.month == np.ceil(hit.begins)[:, None]))
    return {"one_time": np.asarray(first), "retraining": np.asarray(due * round_usd)}


def _round_usd(world: World, option: Priced) -> Array:
    """US$ of GPUs for one training."""
    if option.training is None:
        return np.zeros((1, 1))
    hours = world.of(f"option.{option.name}.gpu_hours", option.training.gpu_hours.value)
    return hours * _gpu_price(world, option.training.price)
