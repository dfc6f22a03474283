"""Renting: what an API bills for a token, and the listed price behind it."""

from datetime import date

from core.cost.api_prices import api_price_at
from core.cost.prices import ApiPrice
from core.errors import BadInput
from core.strategy.basis import PriceLine, TokenPrices
from core.strategy.sections import ApiOption
from core.units import MEGA


def token_prices(option: ApiOption, as_of: date) -> tuple[TokenPrices, tuple[PriceLine, ...]]:
    """The prices of an API's tokens, and where they come from.

    Cached input is billed at its own price where one is listed, else as any input.

    Raises:
        NotFound: No price is listed on the option's day, or on `as_of`.
        BadInput: The option has no price, or its day is none.
    """
    row = _listed(option, as_of)
    own = (option.input_usd_per_mtok, option.output_usd_per_mtok, option.cached_usd_per_mtok)
    listed = (
        row.usd_per_million_input_tokens,
        row.usd_per_million_output_tokens,
        row.usd_per_million_cached_input_tokens,
    ) if row else (None, None, None)  # fmt: skip
    into, out, cached = (
        mine if mine is not None else theirs for mine, theirs in zip(own, listed, strict=True)
    )
    if into is None or out is None:
        raise BadInput("it has no price; give both input_usd_per_mtok and output_usd_per_mtok.")
    lines = []
    for item, usd, mine in zip(("input", "output", "cached input"), (into, out, cached),
                               (own[0], own[1], own[2]), strict=True):  # fmt: skip
        if usd is None:
            continue
        stated = row is None or mine is not None
        where = "stated in the scenario" if stated else f"{row.provider} {row.model}, {row.source}"
        lines.append(PriceLine(option.name, item, usd, "US$ per million tokens", where,
                               None if stated else row.as_of))  # fmt: skip
    return (
        TokenPrices(into / MEGA, None if cached is None else cached / MEGA, out / MEGA),
        tuple(lines),
    )


def _listed(option: ApiOption, as_of: date) -> ApiPrice | None:
    if option.provider is None or option.model is None:
        return None
    day = as_of
    if option.price_date is not None:
        day = date.fromisoformat(option.price_date)
    return api_price_at(option.provider, option.model, day)
