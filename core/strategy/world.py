"""Futures: requests, customers and revenue of each, and the shocks that hit them.

    requests(m)  = requests · (1 + growth)^(m − 1) · season(m) · shocks
    customers(m) = customers · Π (1 + growth − churn − shocks)
    earned(m)    = (customers(m) · price + requests(m) · days · price per request) · shocks

for months m = 1 … horizon: what is the same for every option, and computed once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.strategy.basis import Basis, Priced
from core.strategy.sections import Scenario
from core.units import DAYS_PER_MONTH, KILO, MONTHS_PER_YEAR

Array = NDArray[np.float64]
Values = Mapping[str, Array]
"""Path of an input -> one value for each future. What is not in it has its base."""


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
