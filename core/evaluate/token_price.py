"""What an endpoint's tokens cost: a dated row of the published prices, or what the user states."""

import difflib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.cost.prices import ApiPrice, api_prices
from core.errors import BadInput, NotFound
from core.evaluate.answer import Answer
from core.units import MEGA


@dataclass(frozen=True)
class TokenPrice:
    """US$ for a million tokens in and out, who says so, and as of when."""

    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    source: str
    as_of: str

    def priced(self, answers: Sequence[Answer]) -> list[Answer]:
        """The answers with what each cost; one whose tokens are not known costs we know not what.

        A part of the input that the provider had cached is priced like the rest.
        """
        return [replace(answer, dollars=self._of(answer)) for answer in answers]

    def _of(self, answer: Answer) -> float | None:
        if answer.input_tokens is None or answer.output_tokens is None:
            return None
        return (
            answer.input_tokens * self.usd_per_million_input_tokens
            + answer.output_tokens * self.usd_per_million_output_tokens
        ) / MEGA

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def token_price(
    row: str | None, input_usd: float | None, output_usd: float | None, today: str
) -> TokenPrice | None:
    """The price that was asked for; None where none was.

    Args:
        row: The id of a published price ("A0078"), or a model's name.
        input_usd: What the user states instead, per million tokens that go in.
        output_usd: The same for those that come out.
        today: The day, for what is stated.

    Raises:
        NotFound: No published row is called so.
        BadInput: Both ways were used, one of the two prices is missing, or a price is negative.
    """
    stated = [usd for usd in (input_usd, output_usd) if usd is not None]
    if row is not None and stated:
        raise BadInput("Give a published price (--price) or your own (--input-price and "
                       "--output-price), not both.")  # fmt: skip
    if row is not None:
        found = listed(row)
        return TokenPrice(
            found.usd_per_million_input_tokens, found.usd_per_million_output_tokens,
            f"{found.name}: {found.provider} {found.model}, {found.source}", found.as_of,
        )  # fmt: skip
    if not stated:
        return None
    if input_usd is None or output_usd is None:
        raise BadInput("A price has two parts; give --input-price and --output-price, each in US$ "
                       "per million tokens.")  # fmt: skip
    if not all(0 <= usd < float("inf") for usd in stated):
        raise BadInput(f"US$ {input_usd:g} and {output_usd:g} per million tokens cannot be; give "
                       "prices of 0 or more.")  # fmt: skip
    return TokenPrice(input_usd, output_usd, "stated by the user", today)


def listed(name: str) -> ApiPrice:
    """The published price with that id, or the newest of the model of that name.

    Raises:
        NotFound: There is none; the message names near ones.
        BadInput: Several providers sell a model of that name.
    """
    wanted = name.casefold()
    rows = [row for row in api_prices() if wanted in (row.name.casefold(), row.model.casefold())]
    # What a provider asks for long inputs, or later, are further rows of the same model.
    rows = [row for row in rows if row.tier == "standard"] or rows
    if not rows:
        known = [row.model for row in api_prices()]
        near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise NotFound(f"There is no published price called {name!r}. {hint}Expected an id such as "
                       "A0078, or a model such as gpt-4o-mini; or state your own with "
                       "--input-price and --output-price.")  # fmt: skip
    if len({row.provider for row in rows}) > 1:
        ids = ", ".join(f"{row.name} ({row.provider})" for row in rows)
        raise BadInput(f"Several providers sell {name!r}; give the id of one: {ids}.")
    return max(rows, key=lambda row: row.as_of)
