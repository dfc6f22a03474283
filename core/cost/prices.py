"""What an A100 hour and a million tokens of an API cost: dated rows, and the rule that picks one.

The rule for a GPU hour: of the rows of that memory, form and way of paying that carry a full date,
those no more than a year older than the newest; their median. A provider narrows the rows first.
Where a form has no such row, undated rows serve, then those of the other form of that memory; the
price says so. No dated A100 price with a reservation was found: "reserved" takes the user's
discount off the on-demand price, else `RESERVED_DISCOUNT`. A price whose newest row is more than
`DAYS_OLD` days old is old. Any row can be given another price for one call.
"""

import csv
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from core.cost.estimate import Note, note
from core.cost.hardware import Gpu
from core.errors import BadInput, NotFound
from core.workspace import assets

Pricing = Literal["on-demand", "spot", "reserved"]
PRICINGS: tuple[Pricing, ...] = ("on-demand", "spot", "reserved")
RESERVED_DISCOUNT = 0.20
"""CoreWeave's H100 for one year against on demand (row G030, 2026): an assumption for the A100."""
DAYS_CURRENT = 365
DAYS_OLD = 180
Overrides = tuple[tuple[str, float], ...]
"""Names of rows, and the price that each is to have."""


@dataclass(frozen=True)
class GpuPrice:
    """A published price of one A100 for one hour; `dated` is None where the source has no date.

    `doubted` = the row's own note says that it conflicts with another source.
    """

    name: str
    provider: str
    memory: str
    form: str
    pricing: str
    usd_per_gpu_hour: float
    as_of: str
    dated: date | None
    source: str
    doubted: bool


@dataclass(frozen=True)
class Price:
    """The price that an estimate uses, and where it comes from."""

    usd_per_gpu_hour: float
    pricing: str
    source: str
    as_of: str
    rows: tuple[GpuPrice, ...] = ()
    note: Note | None = None

    @property
    def dated(self) -> date | None:
        """Of its newest row; None where no row has a full date, or the user states the price."""
        return max((row.dated for row in self.rows if row.dated is not None), default=None)

    def days_old(self, today: date) -> int | None:
        """Age on a day; None = not known."""
        return None if self.dated is None else (today - self.dated).days

    def old(self, today: date) -> bool | None:
        """Whether it is more than `DAYS_OLD` days old; None = not known."""
        age = self.days_old(today)
        return None if age is None else age > DAYS_OLD


@dataclass(frozen=True)
class ApiPrice:
    """A published price of an API, US$ per million tokens; None = not published.

    It held from `from_date` until the day before `to_date`, where the source knows them. `doubted`
    = the row's own note says that it conflicts with another source.
    """

    name: str
    provider: str
    model: str
    family: str | None
    open_weights: bool
    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    usd_per_million_cached_input_tokens: float | None
    tier: str
    from_date: date | None
    to_date: date | None
    as_of: str
    source: str
    doubted: bool


@lru_cache(maxsize=1)
def gpu_prices() -> tuple[GpuPrice, ...]:
    """The rows of `gpu_prices.csv` with one price; ranges and purchase prices are left out."""
    return tuple(
        GpuPrice(
            name=row["id"],
            provider=row["provider"],
            memory=row["gpu"],
            form=row["form"],
            pricing=row["pricing"].replace("_", "-"),
            usd_per_gpu_hour=price,
            as_of=row["as_of"],
            dated=_date(row["as_of"]),
            source=row["source"],
            doubted=_doubted(row),
        )
        for row in _rows("gpu_prices.csv")
        if (price := _number(row["usd_per_gpu_h"])) is not None
    )


@lru_cache(maxsize=1)
def api_prices() -> tuple[ApiPrice, ...]:
    """The prices of APIs that have not ended; a row's name is its id."""
    return tuple(row for row in all_api_prices() if row.to_date is None)


@lru_cache(maxsize=1)
def all_api_prices() -> tuple[ApiPrice, ...]:
    """The rows of `api_prices.csv` that price both input and output, those that ended as well."""
    return tuple(
        ApiPrice(
            name=row["id"],
            provider=row["provider"],
            model=row["model"],
            family=row["model_family"] or None,
            open_weights=row["open_weights"] == "yes",
            usd_per_million_input_tokens=into,
            usd_per_million_output_tokens=out,
            usd_per_million_cached_input_tokens=_number(row["cached_input_usd_per_mtok"]),
            tier=row["tier"],
            from_date=_date(row["from_date"]),
            to_date=_date(row["to_date"]),
            as_of=row["as_of"],
            source=row["source"],
            doubted=_doubted(row),
        )
        for row in _rows("api_prices.csv")
        if (into := _number(row["input_usd_per_mtok"])) is not None
        and (out := _number(row["output_usd_per_mtok"])) is not None
    )


def own_price(usd_per_gpu_hour: float) -> Price:
    """A price that the user states.

    Raises:
        BadInput: It is not above zero.
    """
    _check_usd("usd_per_gpu_hour", usd_per_gpu_hour)
    return Price(usd_per_gpu_hour, "stated", "stated by the user", "today")


def _check_usd(field: str, usd: float) -> None:
    if not 0 < usd <= MOST_USD:
        raise BadInput(
            f"{field}: US$ {usd:g} per GPU-hour cannot be; give a price above 0, at most "
            f"{MOST_USD:,.0f}."
        )


MOST_USD = 10_000.0


def known_price(
    gpu: Gpu, provider: str | None = None, pricing: Pricing = "on-demand"
) -> Price | None:
    """The published price of a card, or None where nobody published one and nobody was named."""
    try:
        return price_of(gpu, provider, pricing)
    except NotFound:
        if provider is not None:
            raise
        return None


@lru_cache(maxsize=256)
def price_of(
    gpu: Gpu,
    provider: str | None = None,
    pricing: Pricing = "on-demand",
    discount: float | None = None,
    overrides: Overrides = (),
) -> Price:
    """Pick a price by the rule above.

    Args:
        gpu: The card.
        provider: Whose; None = the median of all.
        pricing: How it is paid.
        discount: Of a reservation, a share of the on-demand price; None = `RESERVED_DISCOUNT`.
        overrides: Prices that some rows are to have, by name.

    Raises:
        NotFound: No price is on file for that provider, card and way of paying, or no row has that
            name; the message lists what there is.
        BadInput: The way of paying is not known, or a number is out of range.
    """
    if pricing not in PRICINGS:
        raise BadInput(f"pricing: there is no {pricing!r}; known: {', '.join(PRICINGS)}.")
    if discount is not None and (pricing != "reserved" or not 0 <= discount < 1):
        raise BadInput(
            f"reserved_discount: {discount:g} cannot be; give a share from 0 to below 1, such as "
            "0.3, with pricing reserved."
        )
    if pricing == "reserved":
        base = price_of(gpu, provider, "on-demand", None, overrides)
        share = RESERVED_DISCOUNT if discount is None else discount
        why = "price_reserved" if discount is None else "price_discount"
        return Price(
            base.usd_per_gpu_hour * (1 - share), pricing, base.source, base.as_of, base.rows,
            note(why, share=f"{100 * share:.3g}"),
        )  # fmt: skip
    memory = gpu.name.rsplit("-", 1)[0]
    rows = _overridden(dict(overrides))
    found = [row for row in rows if row.memory == memory and row.pricing == pricing]
    if provider is not None:
        found = [row for row in found if row.provider.casefold() == provider.casefold()]
    if not found:
        raise NotFound(_missing(gpu, provider, pricing))
    chosen, why_other = _current([row for row in found if row.form in (gpu.form, "")]), None
    if not chosen:
        chosen, why_other = _current(found), note("price_other_form", form=gpu.form)
    if chosen[0].dated is None:
        why_other = note("price_undated")
    names = sorted({row.provider for row in chosen})
    return Price(
        usd_per_gpu_hour=statistics.median(row.usd_per_gpu_hour for row in chosen),
        pricing=pricing,
        source=", ".join(names),
        as_of=max(row.as_of for row in chosen),
        rows=tuple(chosen),
        note=why_other,
    )


def _overridden(prices: Mapping[str, float]) -> tuple[GpuPrice, ...]:
    """All rows, some with the price that the user gives them."""
    known = {row.name for row in gpu_prices()}
    for name, usd in prices.items():
        if name not in known:
            raise NotFound(
                f"price_row: there is no price row {name!r}; rows with one price are "
                f"{', '.join(sorted(known))}."
            )
        _check_usd(f"price_row {name}", usd)
    return tuple(
        replace(row, usd_per_gpu_hour=prices[row.name]) if row.name in prices else row
        for row in gpu_prices()
    )


def _current(found: list[GpuPrice]) -> list[GpuPrice]:
    """Dated rows no more than a year older than the newest; the undated if none is dated."""
    dates = [row.dated for row in found if row.dated is not None]
    if not dates:
        return found
    newest = max(dates)
    return [row for row in found if row.dated and (newest - row.dated).days <= DAYS_CURRENT]


def providers(gpu: Gpu, pricing: Pricing = "on-demand") -> list[str]:
    """Providers with a published price for a card, in the order of the alphabet."""
    memory = gpu.name.rsplit("-", 1)[0]
    wanted = "on-demand" if pricing == "reserved" else pricing
    return sorted({r.provider for r in gpu_prices() if r.memory == memory and r.pricing == wanted})


def _missing(gpu: Gpu, provider: str | None, pricing: str) -> str:
    whose = f" of {provider}" if provider else ""
    memory = gpu.name.rsplit("-", 1)[0]
    known = sorted({f"{r.provider} {r.pricing}" for r in gpu_prices() if r.memory == memory})
    there = f"On file: {', '.join(known)}; or state" if known else "State"
    return (
        f"There is no price on file for {gpu.name}, {pricing}{whose}. {there} your own with "
        "--usd-per-gpu-hour."
    )


def _rows(file: str) -> list[dict[str, str]]:
    with (assets() / "facts" / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _doubted(row: dict[str, str]) -> bool:
    return row["notes"].startswith("CONFLICT")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
