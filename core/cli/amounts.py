"""What the cost commands read and print alike: counts, prices, ranges."""

import re
from typing import Any

import click

from core.cli.common import Command
from core.cost.energy import DEFAULT_GRID_KG_PER_KWH, DEFAULT_PUE
from core.cost.estimate import Estimate
from core.cost.hardware import Gpu
from core.cost.prices import PRICINGS, Price, Pricing, known_price, own_price, price_of
from core.errors import BadInput
from core.text.format import number
from core.units import GIGA, KILO, MEGA, TERA

_COUNT = re.compile(r"(\d+(?:\.\d+)?(?:e\+?\d{1,3})?)([KMBGT]?)", re.IGNORECASE)
MOST = 10**18
_SCALES = {"": 1, "K": KILO, "M": MEGA, "B": GIGA, "G": GIGA, "T": TERA}


class Count(click.ParamType[int]):
    """A whole number above 0, also written 60M, 1.5B or 2e9."""

    name = "number"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Parse what was typed."""
        if isinstance(value, int):
            return value
        match = _COUNT.fullmatch(str(value).replace(",", "").replace("_", ""))
        found = float(match[1]) * _SCALES[match[2].upper()] if match else 0.0
        if not 1 <= round(min(found, MOST)) < MOST:
            self.fail(
                f"{value!r} is no number above 0 and below 10^18; write it like 60000000, 60M, "
                "1.5B or 2e9."
            )
        return round(found)


COUNT = Count()


def price_options(command: Command) -> Command:
    """Add the options that choose a price; the function gets what `price_asked` wants."""
    for option in (
        click.option(
            "--price-row",
            "price_rows",
            multiple=True,
            help="Another price for a row on file, such as G002=3.1; as often as needed.",
        ),
        click.option("--usd-per-gpu-hour", type=float, help="Your own price."),
        click.option(
            "--reserved-discount",
            type=float,
            help="Share off the on-demand price, such as 0.3, with --pricing reserved.",
        ),
        click.option(
            "--pricing", type=click.Choice(PRICINGS), default="on-demand", show_default=True
        ),
        click.option(
            "--provider", help="Whose price, such as AWS; the median of all where none is given."
        ),
    ):
        command = option(command)
    return command


def price_asked(
    card: Gpu,
    provider: str | None,
    pricing: str,
    discount: float | None,
    own: float | None,
    price_rows: tuple[str, ...],
) -> Price | None:
    """The user's own price of a GPU-hour, else the one on file; None where there is none.

    Raises:
        NotFound: No price is on file for what was named: a provider, a discount, a row.
        BadInput: A number is out of range.
    """
    if own is not None:
        return own_price(own)
    rows = tuple(_override(row) for row in price_rows)
    if provider or discount is not None or rows:
        return price_of(card, provider, pricing_named(pricing), discount, rows)
    return known_price(card, None, pricing_named(pricing))


def pricing_named(name: str) -> Pricing:
    """A way of paying by its name, which the option has checked."""
    return next(known for known in PRICINGS if known == name)


def _override(written: str) -> tuple[str, float]:
    name, _, amount = written.partition("=")
    try:
        return name, float(amount)
    except ValueError:
        raise BadInput(
            f"price_row: {written!r} is not understood; write it like G002=3.1."
        ) from None


def site_options(command: Command) -> Command:
    """Add the options of the data centre; the function gets `pue` and `grid_kg_per_kwh`."""
    for option in (
        click.option(
            "--grid-kg-per-kwh",
            type=float,
            default=DEFAULT_GRID_KG_PER_KWH,
            show_default=True,
            help="CO2 of the electricity.",
        ),
        click.option(
            "--pue",
            type=float,
            default=DEFAULT_PUE,
            show_default=True,
            help="Power usage effectiveness of the data centre.",
        ),
    ):
        command = option(command)
    return command


def ranged(estimate: Estimate, show: Any = number) -> str:
    """A value with its range: "≈ 5.0 (4.1 to 6.2)"."""
    if estimate.low == estimate.high:
        return str(show(estimate.value))
    return f"≈ {show(estimate.value)} ({show(estimate.low)} to {show(estimate.high)})"


def percent(share: float | None) -> str:
    """A share of one: "38 %"."""
    return f"{number(None if share is None else 100 * share, 2)} %"
