"""How on-demand A100 prices changed, and how far they lie apart: the rows of `gpu_prices.csv`.

A date that is a month, a quarter or a year is read as the middle of it, and two rows of one
provider and card make a step only where the older period ends before the newer begins. Rows whose
own note doubts them are left out, and steps that `core.cost.price_steps.believed` refuses.
"""

import re
from collections import defaultdict
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from core.cost.hardware import GPUS
from core.cost.price_history import DAYS_PER_YEAR
from core.cost.price_steps import PriceChange, Range, cuts, in_order, rises, spanned
from core.cost.prices import GpuPrice, gpu_prices, known_price

PERIOD = re.compile(
    r"(?P<year>\d{4})(?:-Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>\d\d))?)?"
    r"(?: \(.*\))?"
)
"""A day, a month, a quarter or a year, and perhaps a remark in brackets."""
Dated = tuple[date, date, GpuPrice]
"""First and last day of a row's date, and the row."""


def period(as_of: str) -> tuple[date, date] | None:
    """First and last day of what a row calls its date; None where it is none."""
    found = PERIOD.fullmatch(as_of)
    if found is None:
        return None
    part = {name: int(text) for name, text in found.groupdict().items() if text}
    first = date(
        part["year"], part.get("month") or 3 * part.get("quarter", 1) - 2, part.get("day", 1)
    )
    if "day" in part:
        return first, first
    after = 12 * first.year + first.month - 1
    after += 1 if "month" in part else 3 if "quarter" in part else 12
    return first, date(after // 12, after % 12 + 1, 1) - timedelta(days=1)


@lru_cache(maxsize=1)
def gpu_changes() -> tuple[PriceChange, ...]:
    """Steps of on-demand prices, the oldest first: 1 down (AWS) and 1 up (Lambda)."""
    cards: dict[tuple[str, str, str], list[Dated]] = defaultdict(list)
    for row in gpu_prices():
        when = period(row.as_of)
        if when and row.pricing == "on-demand" and not row.doubted:
            cards[row.provider.casefold(), row.memory, row.form].append((*when, row))
    return in_order([step for rows in cards.values() for step in _steps(rows)])


def _steps(rows: list[Dated]) -> list[PriceChange]:
    ordered = sorted(rows, key=lambda dated: (dated[0], dated[1], dated[2].name))
    return [
        PriceChange(
            provider=new.provider,
            model="-".join(filter(None, (new.memory, new.form))),
            day=begins + (ends - begins) / 2,
            before=(old.usd_per_gpu_hour,),
            after=(new.usd_per_gpu_hour,),
            factor=new.usd_per_gpu_hour / old.usd_per_gpu_hour,
            rows=(old.name, new.name),
            source=new.source,
        )
        for (_, past, old), (begins, ends, new) in pairwise(ordered)
        if past < begins
    ]


def gpu_cut_range() -> Range:
    """Factors of A100 prices that were cut; 1 change lies behind, so both ends are the same."""
    return spanned(cuts(gpu_changes()), "dated cut of a GPU price")


def gpu_rise_range() -> Range:
    """Factors of A100 prices that rose; 1 change lies behind, so both ends are the same."""
    return spanned(rises(gpu_changes()), "dated rise of a GPU price")


def gpu_drift_range() -> Range:
    """Factor a year of an A100 price; the 2 changes lie behind, spread over the days they took."""
    return spanned([f for step in gpu_changes() if (f := _yearly(step))], "dated GPU price")


def _yearly(step: PriceChange) -> float | None:
    row = next(row for row in gpu_prices() if row.name == step.rows[0])
    when = period(row.as_of)
    if when is None:
        return None
    days = (step.day - (when[0] + (when[1] - when[0]) / 2)).days
    return float(step.factor ** (DAYS_PER_YEAR / days))


def gpu_spread_range() -> Range:
    """What providers ask on demand, as shares of the price that a plan uses; 10 rows lie behind."""
    return spanned(_spread(), "dated GPU price")


def gpu_dearer_range() -> Range:
    """The same of the rows above that price, as when the cheap are sold out; 4 rows lie behind."""
    return spanned([share for share in _spread() if share > 1], "GPU price above the median")


def _spread() -> list[float]:
    """Each current row of a card and form ÷ the median of them, `price_of`."""
    return [
        row.usd_per_gpu_hour / price.usd_per_gpu_hour
        for card in GPUS
        if (price := known_price(card)) is not None
        for row in price.rows
        if row.form == card.form
    ]
