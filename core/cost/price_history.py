"""How listed API prices changed: the dated rows of `api_prices.csv`, and the ranges they span.

A step is two successive dated rows of one provider and model; the newer row's `from_date` is its
day. A snapshot has no such date and does not say when a price began. Left out by rule:

- steps that `core.cost.price_steps.believed` refuses, and rows whose own note doubts them;
- the long-context tier, which moves with the standard one, on the same day;
- a step that another source tells too: one model after the last slash, the same prices, at most
  `DAYS_SAME` days apart.

An API has two prices; a step's factor is that of their blend, three tokens in for one out, the mix
in which published comparisons of API prices blend them. The ranges are computed at each call from
the rows: a new row moves them.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import pairwise

from core.cost.price_steps import (
    PriceChange,
    Range,
    believed,
    cuts,
    in_order,
    rises,
    spanned,
)
from core.cost.prices import ApiPrice, all_api_prices

DAYS_SAME = 31
BLEND_INPUT, BLEND_OUTPUT = 3, 1
DAYS_PER_YEAR = 365.25
LEAST_DAYS = 180
"""A history shorter than this says little of a year."""


def blended(input_usd: float, output_usd: float) -> float:
    """One price for both kinds of token, three in for one out."""
    both = BLEND_INPUT * input_usd + BLEND_OUTPUT * output_usd
    return both / (BLEND_INPUT + BLEND_OUTPUT)


@lru_cache(maxsize=1)
def api_changes() -> tuple[PriceChange, ...]:
    """Steps of listed API prices, the oldest first: 13 down and 2 up."""
    return _once(in_order([step for rows in _histories() for step in _steps(rows)]))


def cut_range() -> Range:
    """Factors of API prices that were cut; 13 changes lie behind, so the least to the greatest."""
    return spanned(cuts(api_changes()), "dated cut of an API price")


def rise_range() -> Range:
    """Factors of API prices that rose; only 2 changes lie behind."""
    return spanned(rises(api_changes()), "dated rise of an API price")


def api_drift_range() -> Range:
    """Factor a year of a listed API price; 24 models lie behind, of which 16 never moved.

    Of each model whose dated rows cover `LEAST_DAYS` or more, and hold no step that is not
    believed: newest ÷ oldest price, to the power of one over the years from the oldest row's first
    day to the last on which the newest was seen.
    """
    return spanned([f for rows in _histories() if (f := _yearly(rows))], "long history of an API")


def _yearly(rows: tuple[ApiPrice, ...]) -> float | None:
    first, newest = rows[0], rows[-1]
    if first.from_date is None or not all(_kept(step) for step in _steps(rows)):
        return None
    days = ((newest.to_date or date.fromisoformat(newest.as_of)) - first.from_date).days
    if days < LEAST_DAYS or min(_both(first)) <= 0:
        return None
    return float(_factor(first, newest) ** (DAYS_PER_YEAR / days))


def _kept(step: PriceChange) -> bool:
    return step.before == step.after or believed(step)


def _histories() -> tuple[tuple[ApiPrice, ...], ...]:
    """Dated rows of the standard tier, by provider and model, the oldest first."""
    found: dict[tuple[str, str], list[ApiPrice]] = defaultdict(list)
    for row in all_api_prices():
        if row.tier == "standard" and (row.from_date or row.to_date) and not row.doubted:
            found[row.provider.casefold(), row.model.casefold()].append(row)
    return tuple(
        tuple(sorted(rows, key=lambda row: row.from_date or date.min)) for rows in found.values()
    )


def _steps(rows: tuple[ApiPrice, ...]) -> list[PriceChange]:
    """Of rows in order; a row that does not say when it began starts no step."""
    return [
        PriceChange(
            provider=newer.provider,
            model=newer.model,
            day=newer.from_date,
            before=_both(older),
            after=_both(newer),
            factor=_factor(older, newer),
            rows=(older.name, newer.name),
            source=newer.source,
        )
        for older, newer in pairwise(rows)
        if newer.from_date
    ]


def _both(row: ApiPrice) -> tuple[float, float]:
    return row.usd_per_million_input_tokens, row.usd_per_million_output_tokens


def _factor(older: ApiPrice, newer: ApiPrice) -> float:
    """Newer ÷ older; 0, which nobody believes, where the older was not published."""
    before = blended(*_both(older))
    return blended(*_both(newer)) / before if before > 0 else 0.0


def _once(steps: Iterable[PriceChange]) -> tuple[PriceChange, ...]:
    """Each step as the first source tells it."""
    found: list[PriceChange] = []
    for step in steps:
        if not any(_same(step, other) for other in found):
            found.append(step)
    return tuple(found)


def _same(one: PriceChange, other: PriceChange) -> bool:
    models = {step.model.casefold().rsplit("/", 1)[-1] for step in (one, other)}
    prices = (one.before, one.after) == (other.before, other.after)
    return prices and len(models) == 1 and abs((one.day - other.day).days) <= DAYS_SAME
