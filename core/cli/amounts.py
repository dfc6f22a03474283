"""What the cost commands read and print alike: counts, prices, ranges."""

import re
from typing import Any

import click

from core.cost.estimate import Estimate
from core.cost.hardware import gpu as find_gpu
from core.cost.prices import PRICINGS, Price, own_price, price_of
from core.text.format import number
from core.units import GIGA, KILO, MEGA, TERA

_COUNT = re.compile(r"(\d+(?:\.\d+)?)([KMBGT]?)", re.IGNORECASE)
MOST = 10**18
_SCALES = {"": 1, "K": KILO, "M": MEGA, "B": GIGA, "G": GIGA, "T": TERA}


class Count(click.ParamType[int]):
    """A whole number above 0, also written 60M or 1.5B."""

    name = "number"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Parse what was typed."""
        if isinstance(value, int):
            return value
        match = _COUNT.fullmatch(str(value).replace(",", "").replace("_", ""))
        found = float(match[1]) * _SCALES[match[2].upper()] if match else 0.0
        if not 1 <= round(min(found, MOST)) < MOST:
            self.fail(
                f"{value!r} is no number above 0 and below 10^18; write it like 60000000, 60M or "
                "1.5B."
            )
        return round(found)


COUNT = Count()


def stated_or_published(gpu: str, provider: str | None, pricing: str, own: float | None) -> Price:
    """The user's own price of a GPU-hour, else the published one.

    Raises:
        NotFound: No price is on file for the card, the provider and the way of paying.
        BadInput: A number is out of range.
    """
    if own is not None:
        return own_price(own)
    way = next(known for known in PRICINGS if known == pricing)
    return price_of(find_gpu(gpu), provider, way)


def ranged(estimate: Estimate, show: Any = number) -> str:
    """A value with its range: "≈ 5.0 (4.1 to 6.2)"."""
    if estimate.low == estimate.high:
        return str(show(estimate.value))
    return f"≈ {show(estimate.value)} ({show(estimate.low)} to {show(estimate.high)})"


def percent(share: float | None) -> str:
    """A share of one: "38 %"."""
    return f"{number(None if share is None else 100 * share, 2)} %"
