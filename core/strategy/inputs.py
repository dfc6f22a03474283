"""What a plan's answer hangs on: every input with its base, its range, and how the range is known.

    stated      the scenario's [ranges] say so
    measured    a score's interval
    estimated   of Cost: 90 % of published runs lie within
    published   the cheapest and the dearest published price
    tried       nobody says: moved by `TRIED`, to see what it would do; never drawn

A drawn input has a log-normal on each side of its base (a normal one where it may be zero or less):
5 % of draws lie below `low`, half below the base, 5 % above `high`.
"""

import zlib
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.cost.estimate import Z_95
from core.strategy.amount import Range
from core.strategy.basis import Basis, Priced, Training
from core.strategy.fields import Rule, rule
from core.strategy.sections import Scenario

Array = NDArray[np.float64]
How = Literal["stated", "measured", "estimated", "published", "tried"]

TRIED = 0.2
"""Share by which an input is moved whose range nobody states."""
TRIED_CHANGE = 0.2
"""Of a yearly price change: so much up and down."""
Z_975 = 1.959963984540054
COMPANY = (
    "cash_usd", "monthly_cost_usd", "people", "person_usd_per_month", "customers",
    "revenue_per_customer_usd",
    "revenue_per_1000_requests_usd", "growth_per_month", "churn_per_month",
)  # fmt: skip
DEMAND = ("requests_per_day", "growth_per_month", "input_tokens", "output_tokens",
          "cacheable_share")  # fmt: skip
QUALITY = ("revenue_per_point",)
OPTION = ("lead_months", "one_time_usd", "team_people", "retrain_usd", "prompt_tokens",
          "price_change_per_year", "usd_per_customer_month", "at_requests_per_day")  # fmt: skip


@dataclass(frozen=True)
class Input:
    """An input; `field` is the key of its label and unit, `option` whose it is.

    `least` and `most` are the limits of the field: a draw stays within.
    """

    path: str
    field: str
    option: str | None
    base: float
    low: float
    high: float
    how: How
    least: float = -np.inf
    most: float = np.inf

    @property
    def drawn(self) -> bool:
        """Whether its range is known, so that Monte-Carlo draws from it."""
        return self.how != "tried"

    def at(self, normal: Array) -> Array:
        """A value for each standard normal number."""
        if self.low > 0:
            down, up = np.log(self.base / self.low) / Z_95, np.log(self.high / self.base) / Z_95
            values = self.base * np.exp(normal * np.where(normal < 0, down, up))
        else:
            down, up = (self.base - self.low) / Z_95, (self.high - self.base) / Z_95
            values = self.base + normal * np.where(normal < 0, down, up)
        return np.asarray(np.clip(values, self.least, self.most))

    def draws(self, n: int, seed: int) -> Array:
        """`n` draws; those of one path and seed are the same in every plan."""
        return self.at(generator(self.path, seed).standard_normal(n))


def generator(path: str, seed: int) -> np.random.Generator:
    """Random numbers of their own for each path: adding one input changes no other's."""
    return np.random.default_rng([seed, zlib.crc32(path.encode())])


def inputs_of(scenario: Scenario, basis: Basis) -> tuple[Input, ...]:
    """Every input of a scenario that is a number and not zero, in the order of the file."""
    found: list[Input] = []
    for section, names in (("company", COMPANY), ("demand", DEMAND), ("quality", QUALITY)):
        found += [
            row for name in names if (row := _field(scenario, f"{section}.{name}", name, None))
        ]
    for option in basis.options:
        for name in OPTION:
            row = _field(scenario, f"option.{option.name}.{name}", name, option.name)
            if row is not None:
                found.append(row)
        found += _priced(scenario, option)
    found += [
        Input(market_path(row.name), "usd_per_gpu_hour", row.name, *_triple(row.usd_per_gpu_hour),
              "published", 0.0)
        if row.usd_per_gpu_hour.low < row.usd_per_gpu_hour.high
        else _tried(market_path(row.name), "usd_per_gpu_hour", row.name,
                    row.usd_per_gpu_hour.value, 0.0)
        for row in basis.markets
    ]  # fmt: skip
    return tuple(found)


def market_path(name: str) -> str:
    """Path of a market price of a GPU-hour."""
    return f"market.{name}"


def _triple(amount: Range) -> tuple[float, float, float]:
    return amount.value, amount.low, amount.high


def _field(scenario: Scenario, path: str, name: str, option: str | None) -> Input | None:
    """An input that is a field of the scenario; None where it has no such number."""
    part, attribute = scenario.part(path)
    value = getattr(part, attribute, None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    limits = next(rule(row) for row in fields(part) if row.name == attribute)  # type: ignore[arg-type]
    least, most = _limits(limits)
    if path in scenario.ranges:
        low, high = scenario.ranges[path]
        return Input(path, name, option, float(value), low, high, "stated", least, most)
    if name == "price_change_per_year":
        low, high = value - TRIED_CHANGE, value + TRIED_CHANGE
        return Input(path, name, option, float(value), low, high, "tried", least, most)
    return _tried(path, name, option, float(value), least, most) if value else None


def _limits(limits: Rule) -> tuple[float, float]:
    least = limits.low if limits.low is not None else limits.above
    return (
        -np.inf if least is None else float(least),
        np.inf if limits.high is None else float(limits.high),
    )


def _tried(
    path: str, field: str, option: str | None, base: float, least: float = -np.inf,
    most: float = np.inf,
) -> Input:  # fmt: skip
    ends = sorted((base * (1 - TRIED), base * (1 + TRIED)))
    return Input(path, field, option, base, max(least, ends[0]), min(most, ends[1]), "tried",
                 least, most)  # fmt: skip


def _priced(scenario: Scenario, option: Priced) -> list[Input]:
    """What prices, estimates and measurements say of an option."""
    found = []
    where = f"option.{option.name}"
    if option.tokens is not None:
        found.append(_tried(f"{where}.token_price", "token_price", option.name, 1.0, 0.0))
    if option.machines is not None:
        found.append(
            Input(f"{where}.rate", "rate", option.name, *_triple(option.machines.rate),
                  "estimated", 0.0)
        )  # fmt: skip
    if option.training is not None:
        found.append(
            Input(f"{where}.gpu_hours", _hours(option.training), option.name,
                  *_triple(option.training.gpu_hours),
                  "measured" if option.training.measured else "estimated", 0.0)
        )  # fmt: skip
    if option.quality is not None and option.kind != "staged":
        found.append(_quality(scenario, option))
    return found


def _hours(training: Training) -> str:
    """What its hours are of: the machine that retrained, else rented GPUs."""
    return "machine_hours" if training.measured else "gpu_hours"


def _quality(scenario: Scenario, option: Priced) -> Input:
    figure, path = option.quality, f"option.{option.name}.quality"
    if figure is None:
        raise ValueError(f"{path} is not known: a caller looks first")
    # What was measured since then counts more than the range of a guess.
    if path in scenario.ranges and figure.kind == "entered":
        return Input(path, "quality", option.name, figure.value, *scenario.ranges[path], "stated")
    if figure.low is not None and figure.high is not None:
        # The interval is of 95 %; a range here is of 90 %.
        low, high = (
            figure.value + (end - figure.value) * Z_95 / Z_975 for end in (figure.low, figure.high)
        )
        return Input(path, "quality", option.name, figure.value, low, high, "measured")
    return _tried(path, "quality", option.name, figure.value)
