"""Cash, month by month, and how long it lasts.

    customers(m) = customers · (1 + growth − churn)^m
    cash(m) = cash(m − 1) + customers(m) · revenue − other costs − model(m) − retraining(m)

for months m = 1 … horizon; volume and customers of month 1 are today's, and grow from month 2.
What is paid once is paid at the start of month 1, a round of retraining at the start of its month.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.strategy.curve import Curve
from core.strategy.sections import Company, Demand


@dataclass(frozen=True)
class Spending:
    """What an option costs over time: `monthly` by volume, `once_usd`, rounds of retraining."""

    monthly: Curve
    once_usd: float = 0.0
    retrain_usd: float = 0.0
    retrain_every_months: int | None = None

    def lumps(self, months: int) -> list[float]:
        """US$ paid at the start of months 1 … `months`, all at once."""
        every = self.retrain_every_months
        rounds = [
            self.retrain_usd if every and month > 1 and (month - 1) % every == 0 else 0.0
            for month in range(1, months + 1)
        ]
        rounds[0] += self.once_usd
        return rounds

    def total(self, growth: Sequence[float]) -> Curve:
        """US$ over all months, by today's volume."""
        return self.monthly.over(growth, sum(self.lumps(len(growth))))


@dataclass(frozen=True)
class Cash:
    """Month by month: `balance_usd[m]` at the end of month m, 0 = today.

    `spent_usd[m]` is what the model has cost until then.
    """

    balance_usd: tuple[float, ...]
    spent_usd: tuple[float, ...]
    runway_months: float | None


def volumes(demand: Demand, months: int) -> list[float]:
    """Requests per day in months 1 … `months`, as multiples of today's."""
    return [(1 + demand.growth_per_month) ** month for month in range(months)]


def cash(company: Company, demand: Demand, spending: Spending, months: int) -> Cash:
    """Follow the cash for some months.

    The runway is the time until the balance first falls below zero, spread evenly within that
    month; None if it does not within `months`.
    """
    balance, spent = [company.cash_usd], [0.0]
    runway: float | None = None
    net_growth = 1 + company.growth_per_month - company.churn_per_month
    lumps = spending.lumps(months)
    for index, multiple in enumerate(volumes(demand, months)):
        model = spending.monthly.at(demand.requests_per_day * multiple)
        customers = company.customers * net_growth**index
        change = customers * company.revenue_per_customer_usd - company.monthly_cost_usd - model
        start = balance[-1] - lumps[index]
        end = start + change
        if runway is None and (start < 0 or end < 0):
            runway = float(index) if start < 0 else index + start / -change
        balance.append(end)
        spent.append(spent[-1] + lumps[index] + model)
    return Cash(tuple(balance), tuple(spent), runway)


def pays_back(a: Cash, b: Cash) -> int | None:
    """The month at whose end `b` has cost no more than `a`, and stays so to the horizon.

    0 = from the start; None = not within the horizon.
    """
    behind = [m for m, (x, y) in enumerate(zip(a.spent_usd, b.spent_usd, strict=True)) if y > x]
    if not behind:
        return 0
    month = behind[-1] + 1
    return month if month < len(b.spent_usd) else None
