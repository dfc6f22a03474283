"""Shocks: what may happen within the horizon, to prices, demand, revenue, quality and time.

The rows that come along are in `assets/facts/shocks.toml`, under their ids. A scenario takes one
with `use` and overrides what it likes, or writes a shock of its own. Where a price factor is a word
such as "history-cut", its range is computed from the dated rows of the price files.
"""

import difflib
import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, Literal

from core.cost.gpu_price_history import gpu_cut_range, gpu_dearer_range, gpu_rise_range
from core.cost.price_history import cut_range, rise_range
from core.cost.price_steps import Range
from core.errors import BadInput
from core.strategy.fields import given, read, shown, write
from core.text.catalog import t
from core.workspace import assets

How = Literal["history", "assumption", "stated"]
"""From dated prices; from a row that comes along; from the scenario."""
RANGES: dict[str, dict[str, Callable[[], Range]]] = {
    "api_price_factor": {
        "history-cut": cut_range,
        "history-rise": rise_range,
    },
    "gpu_price_factor": {
        "history-cut": gpu_cut_range,
        "history-rise": gpu_rise_range,
        "history-spread": gpu_dearer_range,
    },
}
"""What each word means, by field."""
EFFECTS = {
    "api_price_factor": 1.0,
    "gpu_price_factor": 1.0,
    "demand_factor": 1.0,
    "revenue_factor": 1.0,
    "churn_added_per_month": 0.0,
    "floor_added_share": 0.0,
    "extra_lead_months": 0.0,
}
"""Fields that are numbers, and the value that changes nothing."""
HIT = ("all", "rented", "owned")


@dataclass(frozen=True)
class Effect:
    """How much, with its 90 % range, and how that is known."""

    low: float
    value: float
    high: float
    how: How


@dataclass(frozen=True, kw_only=True)
class Shock:
    """One shock; a factor may be a number, a 90 % range, or a word of `RANGES`."""

    use: str | None = given("Id of a shock that comes along.", None, example="api-price-war")
    name: str = given("What you call it.")
    probability: float = given("That it happens within the horizon.", low=0, high=1)
    month: int | None = given(
        "Month it begins; not set = any, drawn.", None, low=1, high=120, example=6
    )
    duration_months: int | None = given(
        "Months it lasts; not set = it stays.", None, low=1, high=120, example=6
    )
    api_price_factor: float | tuple[float, float] | str = given(
        "API prices times this.", 1.0, above=0, high=100, words=tuple(RANGES["api_price_factor"])
    )
    gpu_price_factor: float | tuple[float, float] | str = given(
        "GPU prices times this.", 1.0, above=0, high=100, words=tuple(RANGES["gpu_price_factor"])
    )
    demand_factor: float | tuple[float, float] = given(
        "Requests times this.", 1.0, above=0, high=1000
    )
    revenue_factor: float | tuple[float, float] = given(
        "Revenue times this.", 1.0, above=0, high=100
    )
    churn_added_per_month: float = given("Added to the churn of a month.", 0.0, low=-1, high=1)
    floor_added_share: float = given(
        "The floor rises by this share of itself.", 0.0, low=-1, high=10
    )
    extra_lead_months: int = given("Options take longer to be ready.", 0, low=0, high=60)
    forces_retrain: bool = given("Models must be trained or moved once more.", False)
    retrains: str = given(
        "all, rented or owned: whose models are trained or moved.", "all", choices=HIT
    )
    source: str = given("Where the numbers come from.", "stated")

    def effect(self, field: str) -> Effect:
        """What the shock does to one of `EFFECTS`; the middle of a range is the geometric one."""
        given_as = getattr(self, field)
        if isinstance(given_as, str):
            low, high, _ = RANGES[field][given_as]()
        else:
            low, high = given_as if isinstance(given_as, tuple) else (given_as, given_as)
        middle = float(low) if low == high else math.sqrt(low * high)
        return Effect(float(low), middle, float(high), self.how(field))

    def effects(self) -> dict[str, Effect]:
        """Those that change something."""
        return {
            field: self.effect(field)
            for field, nothing in EFFECTS.items()
            if getattr(self, field) != nothing
        }

    def how(self, field: str) -> How:
        """How a field is known: "probability", "forces_retrain", or one of `EFFECTS`."""
        value = getattr(self, field)
        if isinstance(value, str):
            return "history"
        row = _row(self.use)
        return "assumption" if row and getattr(row, field) == value else "stated"

    @property
    def assumed(self) -> bool:
        """Whether any of its effects is an assumption that came along."""
        return "assumption" in map(self.how, self.changed())

    def changed(self) -> tuple[str, ...]:
        """Fields through which it changes anything: of `EFFECTS`, and "forces_retrain"."""
        return (*self.effects(), *(("forces_retrain",) if self.forces_retrain else ()))

    def label(self, language: str = "en") -> str:
        """Its name; the translated one where it is the id of a shock that comes along."""
        return t(f"shocks.name.{self.name}", language) if _row(self.name) else self.name


@lru_cache(maxsize=1)
def shipped() -> tuple[Shock, ...]:
    """The shocks that come along; the name of each is its id."""
    with (assets() / "facts" / "shocks.toml").open("rb") as file:
        tables = tomllib.load(file)
    return tuple(
        read(Shock, {"use": row, "name": row, **table}, f"shocks.toml: {row}")
        for row, table in tables.items()
    )


def _row(name: str | None) -> Shock | None:
    return next((shock for shock in shipped() if shock.name == name), None)


def resolve(rows: object) -> tuple[Shock, ...]:
    """The shocks of a scenario's [[shock]] sections: rows that come along, with what it overrides.

    Raises:
        BadInput: A field is not what it must be, `use` names no row, or two have one name.
    """
    if not isinstance(rows, list | tuple):
        raise BadInput(f"shock is {shown(rows)}: expected sections [[shock]].")
    found: list[Shock] = []
    for number, row in enumerate(rows, start=1):
        shock, where = _resolved(row, number)
        if any(shock.name == other.name for other in found):
            raise BadInput(f"{where}.name is used twice: expected a name of its own.")
        found.append(shock)
    return tuple(found)


def _resolved(row: object, number: int) -> tuple[Shock, str]:
    """One shock, and how messages call it."""
    where = f"shock {number}"
    if not isinstance(row, dict):
        return read(Shock, row, where), where
    use = row.get("use")
    called = row.get("name", use)
    where += f" ({called})" if isinstance(called, str) else ""
    if not isinstance(use, str):
        return read(Shock, row, where), where
    return read(Shock, {**_given(_used(use, where)), **_stated(row), **row}, where), where


def _used(use: str, where: str) -> Shock:
    row = _row(use)
    if row is None:
        known = [shock.name for shock in shipped()]
        near = difflib.get_close_matches(use, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise BadInput(
            f"{where}.use is {shown(use)}, which no shock that comes along is called: {hint}"
            f"Known: {', '.join(known)}."
        )
    return row


def _given(shock: Shock) -> dict[str, Any]:
    values = {row.name: getattr(shock, row.name) for row in fields(shock)}
    return {name: value for name, value in values.items() if value is not None}


def _stated(row: dict[str, Any]) -> dict[str, str]:
    """A scenario that gives an effect another size is its source, unless it names one."""
    return {"source": "stated"} if {*EFFECTS, "forces_retrain"} & row.keys() else {}


def dump(shock: Shock) -> list[str]:
    """Lines of a [[shock]] section; `resolve` makes an equal shock of them.

    Only what differs from the row it uses is written; without one, what differs from the default. A
    shock that has unset what its row sets can't say so in TOML, and is written as one of its own.
    """
    row = _row(shock.use)
    if row and any(getattr(shock, name) is None for name in _given(row)):
        shock, row = replace(shock, use=None), None
    lines = zip(fields(shock), write(shock), strict=True)
    return ["[[shock]]", *(line for field, line in lines if _differs(shock, row, field.name))]


def _differs(shock: Shock, row: Shock | None, name: str) -> bool:
    value = getattr(shock, name)
    if name == "use" or row is None:
        return bool(value != next(f.default for f in fields(Shock) if f.name == name))
    return bool(value != getattr(row, name))
