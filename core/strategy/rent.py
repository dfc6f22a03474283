"""Renting: what an API bills for a month of requests, and the listed price behind it."""

import difflib
from dataclasses import dataclass

from core.cost.prices import ApiPrice, api_prices
from core.errors import BadInput, NotFound
from core.strategy.curve import Curve
from core.strategy.sections import ApiOption, Demand
from core.units import DAYS_PER_MONTH, MEGA


@dataclass(frozen=True)
class PriceLine:
    """A price that the plan uses, where it comes from, and its date (None = the user's own)."""

    option: str
    item: str
    usd: float
    unit: str
    source: str
    date: str | None


def tokens_curve(option: ApiOption, demand: Demand) -> tuple[Curve, tuple[PriceLine, ...]]:
    """The straight line of an API: US$ a month by requests a day.

    Cached input is billed at its own price where one is listed, else as any input.
    """
    row = listed(option) if option.provider and option.model else None
    own = (option.input_usd_per_mtok, option.output_usd_per_mtok, option.cached_usd_per_mtok)
    rates = (
        row.usd_per_million_input_tokens,
        row.usd_per_million_output_tokens,
        row.usd_per_million_cached_input_tokens,
    ) if row else (None, None, None)  # fmt: skip
    into, out, cached = (
        mine if mine is not None else theirs for mine, theirs in zip(own, rates, strict=True)
    )
    if into is None or out is None:
        raise BadInput("it has no price; give both input_usd_per_mtok and output_usd_per_mtok.")
    share = demand.cacheable_share if cached is not None else 0.0
    tokens = demand.input_tokens + option.prompt_tokens
    billed = tokens * (share * (cached or 0.0) + (1 - share) * into) + demand.output_tokens * out
    lines = [("input", into), ("output", out)]
    if cached is not None and share:
        lines.append(("cached input", cached))
    where = f"{row.provider} {row.model}, {row.source}" if row else "stated in the scenario"
    return Curve(option.team_usd_per_month, billed / MEGA * DAYS_PER_MONTH), tuple(
        PriceLine(
            option.name, item, usd, "US$ per million tokens", where, row.as_of if row else None
        )
        for item, usd in lines
    )


def listed(option: ApiOption) -> ApiPrice:
    """The newest listed price of an API model.

    Raises:
        NotFound: None is listed; the message names near ones.
    """
    provider, model = (option.provider or "").casefold(), (option.model or "").casefold()
    own = [row for row in api_prices() if row.provider.casefold() == provider]
    rows = [row for row in own if row.model.casefold() == model]
    if rows:
        return max(rows, key=lambda row: row.as_of)
    known = sorted({row.model for row in own} or {row.provider for row in api_prices()})
    near = difflib.get_close_matches(model if own else provider, known, n=3, cutoff=0.4)
    what, value = ("model", option.model) if own else ("provider", option.provider)
    raise NotFound(
        f"{what} is {value!r}, which has no listed price: expected one such as "
        f"{', '.join(near or known[:5])}, or your own input_usd_per_mtok and output_usd_per_mtok."
    )
