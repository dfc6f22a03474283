"""Renting: what an API bills for a token, and the listed price behind it."""

from datetime import date

from core.cost.api_prices import api_price_at
from core.cost.prices import ApiPrice
from core.errors import BadInput
from core.strategy.basis import PriceLine, TokenPrices
from core.strategy.sections import ApiOption
from core.units import MEGA

ITEMS = ("input", "output", "cached input")


def token_prices(option: ApiOption, as_of: date) -> tuple[TokenPrices, tuple[PriceLine, ...]]:
    """The prices of an API's tokens, and where they come from.

    Cached input is billed at its own price where one is listed, else as any input.

    Raises:
        NotFound: No price is listed on the option's day, or on `as_of`.
        BadInput: The option has no price, or its day is none.
    """
    row = _listed(option, as_of)
    own = (option.input_usd_per_mtok, option.output_usd_per_mtok, option.cached_usd_per_mtok)
    lines = tuple(
        line
        for item, usd in zip(ITEMS, own, strict=True)
        if (line := _line(option, item, usd, row))
    )
    usd = {line.item: line.usd / MEGA for line in lines}
    if not {"input", "output"} <= usd.keys():
        raise BadInput("it has no price; give both input_usd_per_mtok and output_usd_per_mtok.")
    return TokenPrices(usd["input"], usd.get("cached input"), usd["output"]), lines


def _line(
    option: ApiOption, item: str, own: float | None, row: ApiPrice | None
) -> PriceLine | None:  # fmt: skip
    """The user's own price, else the listed one; None where there is neither."""
    unit = "US$ per million tokens"
    if own is not None:
        return PriceLine(option.name, item, own, unit, "stated in the scenario", None)
    listed = {
        "input": row.usd_per_million_input_tokens,
        "output": row.usd_per_million_output_tokens,
        "cached input": row.usd_per_million_cached_input_tokens,
    }[item] if row else None  # fmt: skip
    if row is None or listed is None:
        return None
    source = f"{row.provider} {row.model}, {row.source} ({row.name})"
    return PriceLine(option.name, item, listed, unit, source, row.as_of)


def _listed(option: ApiOption, as_of: date) -> ApiPrice | None:
    if option.provider is None or option.model is None:
        return None
    day = as_of
    if option.price_date is not None:
        day = date.fromisoformat(option.price_date)
    return api_price_at(option.provider, option.model, day)
