"""The inputs that matter most, as controls: which fields they set, and the values they may take."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from core.strategy.fields import Rule, rule
from core.strategy.inputs import TRIED
from core.strategy.labels import UNITS
from core.strategy.sections import Hosted, Scenario, Span

Document = dict[str, Any]

MOST = 4
DECADE = 20
"""Stops from a value to ten times it: each is an eighth more than the one before."""
AROUND = 10.0
"""Volumes and prices may be moved to so many times, and to so small a part."""
REACH, STOPS = 3.0, 40
"""Others move by so many of their ranges, in so many steps."""
USUAL = (
    "demand.requests_per_day", "company.revenue_per_customer_usd",
    "company.revenue_per_1000_requests_usd", "company.growth_per_month",
    "company.monthly_cost_usd",
)  # fmt: skip
LOGARITHMIC = ("usd", "usd_hour", "requests", "tokens", "count")


@dataclass(frozen=True)
class Knob:
    """A control: the paths it sets, what it is called, its value in the file and its stops.

    `input`, `field` and `of` are what `labels.label` wants; `ends` is the range that the file
    states.
    """

    input: str
    field: str
    of: str | None
    paths: tuple[str, ...]
    base: float
    stops: tuple[float, ...]
    ends: Span | None
    limits: Rule

    def changes(self, value: float) -> dict[str, object]:
        """What to put into the text: the value at each path, and its range moved along."""
        found: dict[str, object] = dict.fromkeys(self.paths, value)
        if self.ends is not None:
            moved = carried(self.base, self.ends, value, self.limits)
            found |= {f"ranges.{path}": moved for path in self.paths}
        return found

    def with_stop(self, value: float) -> tuple[float, ...]:
        """The stops, and a value that somebody typed elsewhere."""
        return tuple(sorted({*self.stops, value}))


def knobs(document: Document, scenario: Scenario) -> tuple[Knob, ...]:
    """The first inputs of a tornado that are fields of the scenario; four with the `USUAL` ones.

    A market price sets the own price of a GPU-hour of every option that rents there; what is no
    field, such as an estimate, is passed over.
    """
    found: dict[tuple[str, ...], Knob] = {}
    for bar in (*document["tornado"], *_usual(scenario)):
        paths = tuple(_paths(document, scenario, bar["input"]))
        if paths and paths not in found:
            limits = _limits(scenario, paths[0])
            found[paths] = Knob(bar["input"], bar["field"], bar["option"], paths, bar["base"],
                                _stops(bar, limits), scenario.ranges.get(paths[0]),
                                limits)  # fmt: skip
    return tuple(found.values())[:MOST]


def _usual(scenario: Scenario) -> Iterator[Document]:
    """Rows as a tornado has them, of what moves the money where few inputs move the ranking."""
    for path in USUAL:
        base = scenario.value_of(path)
        if isinstance(base, int | float) and base:
            low, high = scenario.ranges.get(path, (base * (1 - TRIED), base * (1 + TRIED)))
            yield {"input": path, "field": path.partition(".")[2], "option": None, "base": base,
                   "low": low, "high": high}  # fmt: skip


def _paths(document: Document, scenario: Scenario, path: str) -> Iterator[str]:
    """The fields of the file that an input stands for; none for what is looked up or estimated."""
    section, _, name = path.partition(".")
    if section == "market":
        renting = {line["option"] for line in document["prices"] if line["item"] == name}
        for option in scenario.options:
            if option.name in renting and isinstance(option, Hosted):
                card, _, _ = name.partition(",")
                if option.gpu == card:
                    yield f"option.{option.name}.usd_per_gpu_hour"
        return
    value = scenario.value_of(path)
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def _limits(scenario: Scenario, path: str) -> Rule:
    part, attribute = scenario.part(path)
    return next(rule(row) for row in fields(part) if row.name == attribute)  # type: ignore[arg-type]


def _stops(bar: Document, limits: Rule) -> tuple[float, ...]:
    base, unit = bar["base"], UNITS[bar["field"]]
    if unit in LOGARITHMIC and base > 0:
        values = [base * AROUND ** (step / DECADE) for step in range(-DECADE, DECADE + 1)]
        digits = 3 if unit.startswith("usd") and base < 1000 else 2
        values = [float(f"{value:.{digits}g}") for value in values]
    else:
        values = _even(bar)
    allowed = {value for value in values if limits.problem(value) is None}
    return tuple(sorted({*allowed, base}))


def _even(bar: Document) -> list[float]:
    """Round steps around the base, as far as some of its ranges reach."""
    base = bar["base"]
    reach = REACH * max(bar["high"] - base, base - bar["low"])
    rough = 2 * reach / STOPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * size for size in (1, 2, 5, 10) if power * size >= rough)
    first, last = math.floor((base - reach) / step), math.ceil((base + reach) / step)
    return [float(f"{place * step:.10g}") for place in range(first, last + 1)]


def carried(base: float, ends: Span, value: float, limits: Rule) -> list[float]:
    """A range that keeps its shape around another value: by its factors, or by its distances."""
    low, high = ends
    if min(base, low, value) > 0:
        moved = (low * value / base, high * value / base)
    else:
        moved = (value - (base - low), value + (high - base))
    least = limits.low if limits.low is not None else limits.above
    kept = [float(f"{end:.6g}") for end in moved]
    if least is not None:
        kept[0] = max(kept[0], least if limits.low is not None else kept[0])
    if limits.high is not None:
        kept[1] = min(kept[1], limits.high)
    return [min(kept[0], value), max(kept[1], value)]
