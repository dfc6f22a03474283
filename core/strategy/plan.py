"""A plan: the options of a scenario, priced, followed over time, and compared two by two.

plan = make(load(Path("translation-desk.toml")), workspace)
plan.outcomes[0].monthly.value, plan.break_even[0].requests_per_day
"""

from dataclasses import dataclass
from itertools import combinations

from core.strategy.amount import Range
from core.strategy.cashflow import Cash, cash, pays_back, volumes
from core.strategy.curve import break_even
from core.strategy.options import Priced, price_options
from core.strategy.sections import Scenario
from core.workspace import Workspace


@dataclass(frozen=True)
class Outcome:
    """What becomes of the company with an option.

    `cash_low` is the dear end of the estimate, `cash_high` the cheap one. `total` is over the
    horizon, what is paid once included. `meets_floor` is None where the quality is not known.
    """

    priced: Priced
    monthly: Range
    total: Range
    cash: Cash
    cash_low: Cash
    cash_high: Cash
    meets_floor: bool | None

    @property
    def name(self) -> str:
        """What the user calls the option."""
        return self.priced.name

    @property
    def eligible(self) -> bool:
        """Whether it can serve, and is known to be good enough."""
        return self.priced.problem is None and self.meets_floor is True


@dataclass(frozen=True)
class BreakEven:
    """Requests a day from which `b` costs no more a month than `a`; None = never.

    Of the two, `a` is the cheaper one at the lowest volume. `low` and `high` take both estimates
    at the ends that favour and disfavour `b`. Once-paid costs are left out: `month` counts them,
    with today's volume and its growth, and is the first month at whose end the option that is
    cheaper in the long run has cost no more; None = not within the horizon.
    """

    a: str
    b: str
    requests_per_day: float | None
    low: float | None
    high: float | None
    month: int | None


@dataclass(frozen=True)
class Plan:
    """A scenario with all that follows from it, before the decision."""

    scenario: Scenario
    outcomes: tuple[Outcome, ...]
    break_even: tuple[BreakEven, ...]

    @property
    def growth(self) -> list[float]:
        """Requests per day in each month, as multiples of today's."""
        return volumes(self.scenario.demand, self.scenario.horizon_months)


def make(scenario: Scenario, workspace: Workspace | None) -> Plan:
    """Price the options and compare them.

    Raises:
        NotFound: A model, run, evaluation, GPU or price that an option names is not known.
    """
    outcomes = tuple(_outcome(scenario, p) for p in price_options(scenario, workspace))
    able = [o for o in outcomes if o.priced.problem is None]
    pairs = tuple(_break_even(x, y) for x, y in combinations(able, 2))
    return Plan(scenario, outcomes, pairs)


def _outcome(scenario: Scenario, priced: Priced) -> Outcome:
    volume, months = scenario.demand.requests_per_day, scenario.horizon_months
    growth = volumes(scenario.demand, months)
    followed = {
        end: cash(scenario.company, scenario.demand, priced.spending(end), months)
        for end in ("value", "low", "high")
    }
    known = priced.quality
    good = None if known is None else scenario.quality.good_enough(known.value)
    return Outcome(
        priced=priced,
        monthly=Range(*(priced.monthly(end).at(volume) for end in ("value", "low", "high"))),
        total=Range(
            *(priced.spending(end).total(growth).at(volume) for end in ("value", "low", "high"))
        ),
        cash=followed["value"],
        cash_low=followed["high"],
        cash_high=followed["low"],
        meets_floor=True if scenario.quality.floor is None else good,
    )


def _break_even(x: Outcome, y: Outcome) -> BreakEven:
    a, b = (x, y) if x.priced.monthly().at(0.0) <= y.priced.monthly().at(0.0) else (y, x)
    return BreakEven(
        a=a.name,
        b=b.name,
        requests_per_day=break_even(a.priced.monthly(), b.priced.monthly()),
        low=break_even(a.priced.monthly("high"), b.priced.monthly("low")),
        high=break_even(a.priced.monthly("low"), b.priced.monthly("high")),
        month=pays_back(a.cash, b.cash),
    )
