"""A step of a listed price, which steps are believed, and the range that several span."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.errors import NotFound

MOST_FOLD = 7.0
"""More than this many times up or down is no change of a price, but a corrected unit or another
model under the old name. In proportion it lies halfway between 5, the greatest cut that was
announced, and 10, a shifted decimal point."""
FEW = 20
"""Of fewer factors than this a percentile says no more than the least and the greatest."""
Range = tuple[float, float, int]
"""Low, high, and how many factors lie behind."""


@dataclass(frozen=True)
class PriceChange:
    """A step of a listed price on a day; for a GPU, `model` is the card.

    `before` and `after` are US$: of an API (input, output) per million tokens, of a GPU (hour,).
    `rows` are the ids of the two rows, the older first; `factor` is after ÷ before.
    """

    provider: str
    model: str
    day: date
    before: tuple[float, ...]
    after: tuple[float, ...]
    factor: float
    rows: tuple[str, str]
    source: str


def believed(step: PriceChange) -> bool:
    """Whether a step is a change of a price.

    Not if a price is zero (nobody published it), if nothing changed, or beyond `MOST_FOLD`.
    """
    priced = min(*step.before, *step.after) > 0
    return priced and step.before != step.after and 1 / MOST_FOLD <= step.factor <= MOST_FOLD


def in_order(steps: Sequence[PriceChange]) -> tuple[PriceChange, ...]:
    """Those that are believed, the oldest first."""
    return tuple(sorted(filter(believed, steps), key=lambda step: (step.day, step.rows)))


def cuts(steps: Sequence[PriceChange]) -> list[float]:
    """Factors of the steps down."""
    return [step.factor for step in steps if step.factor < 1]


def rises(steps: Sequence[PriceChange]) -> list[float]:
    """Factors of the steps up."""
    return [step.factor for step in steps if step.factor > 1]


def spanned(factors: Sequence[float], what: str) -> Range:
    """From the 5th to the 95th percentile; of fewer than `FEW`, from the least to the greatest.

    Raises:
        NotFound: There is none; `what` says of what.
    """
    if not factors:
        raise NotFound(f"The price files hold no {what}: expected at least one; state a number.")
    if len(factors) < FEW:
        return min(factors), max(factors), len(factors)
    twentieths = statistics.quantiles(factors, n=20, method="inclusive")
    return twentieths[0], twentieths[-1], len(factors)
