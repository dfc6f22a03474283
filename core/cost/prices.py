"""What an A100 hour and a million tokens of an API cost: dated rows, and the rule that picks one.

The rule for a GPU hour: of the rows of that memory, form and way of paying that carry a full date,
those no more than a year older than the newest; their median. A provider narrows the rows first.
Where a form has no such row, undated rows serve, then those of the other form of that memory; the
price says so. No dated A100 price with a reservation was found: "reserved" takes
`RESERVED_DISCOUNT` off the on-demand price.
"""

import csv
import statistics
from dataclasses import dataclass
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


@dataclass(frozen=True)
class GpuPrice:
    """A published price of one A100 for one hour; `dated` is None where the source has no date."""

    name: str
    provider: str
    memory: str
    form: str
    pricing: str
    usd_per_gpu_hour: float
    as_of: str
    dated: date | None
    source: str


@dataclass(frozen=True)
class Price:
    """The price that an estimate uses, and where it comes from."""

    usd_per_gpu_hour: float
    pricing: str
    source: str
    as_of: str
    rows: tuple[GpuPrice, ...] = ()
    note: Note | None = None


@dataclass(frozen=True)
class ApiPrice:
    """A published price of an API, US$ per million tokens; None = not published."""

    name: str
    provider: str
    model: str
    family: str | None
    open_weights: bool
    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    usd_per_million_cached_input_tokens: float | None
    tier: str
    as_of: str
    source: str


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
        )
        for row in _rows("gpu_prices.csv")
        if (price := _number(row["usd_per_gpu_h"])) is not None
    )


@lru_cache(maxsize=1)
def api_prices() -> tuple[ApiPrice, ...]:
    """The rows of `api_prices.csv` that price both input and output; a row's name is its id."""
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
            as_of=row["as_of"],
            source=row["source"],
        )
        for row in _rows("api_prices.csv")
        if (into := _number(row["input_usd_per_mtok"])) is not None
        and (out := _number(row["output_usd_per_mtok"])) is not None
        and not row["to_date"]
    )


def own_price(usd_per_gpu_hour: float) -> Price:
    """A price that the user states.

    Raises:
        BadInput: It is not above zero.
    """
    if not 0 < usd_per_gpu_hour < float("inf"):
        raise BadInput(f"US$ {usd_per_gpu_hour:g} per GPU-hour cannot be; give a price above 0.")
    return Price(usd_per_gpu_hour, "stated", "stated by the user", "today")


@lru_cache(maxsize=256)
def price_of(gpu: Gpu, provider: str | None = None, pricing: Pricing = "on-demand") -> Price:
    """Pick a price by the rule above.

    Raises:
        NotFound: No published row is of that provider, card and way of paying; the message lists
            what there is.
    """
    if pricing not in PRICINGS:
        raise BadInput(f"There is no pricing {pricing!r}; known: {', '.join(PRICINGS)}.")
    if pricing == "reserved":
        base = price_of(gpu, provider, "on-demand")
        usd = base.usd_per_gpu_hour * (1 - RESERVED_DISCOUNT)
        why = note("price_reserved", share=round(100 * RESERVED_DISCOUNT))
        return Price(usd, pricing, base.source, base.as_of, base.rows, why)
    memory = gpu.name.rsplit("-", 1)[0]
    found = [row for row in gpu_prices() if row.memory == memory and row.pricing == pricing]
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
    whose = f"{provider} price" if provider else "price"
    memory = gpu.name.rsplit("-", 1)[0]
    known = sorted({f"{r.provider} {r.pricing}" for r in gpu_prices() if r.memory == memory})
    if not known:
        return f"There is no price on file for {gpu.name}; state your own with --usd-per-gpu-hour."
    return (
        f"There is no published {pricing} {whose} for {gpu.name}. Known: {', '.join(known)}; or "
        "state your own with --usd-per-gpu-hour."
    )


def _rows(file: str) -> list[dict[str, str]]:
    with (assets() / "facts" / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


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
