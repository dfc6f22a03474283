"""What an API's list said on a day."""

import difflib
from datetime import date

from core.cost.prices import ApiPrice, all_api_prices
from core.errors import NotFound


def api_price_at(provider: str, model: str, day: date) -> ApiPrice:
    """The listed price of a model on a day; provider and model exactly, but for case.

    A row that gives days is valid from its `from_date` to the day before its `to_date`; where it
    lacks the one or the other, it is open on that side. A row without days is a snapshot, valid
    from the day it was taken on (`as_of`). Of several valid rows:

    1. One whose own note says that it conflicts with another source serves if no other does.
    2. Else the one seen last on that day or before; if all were seen later, the earliest of them.

    Raises:
        NotFound: The model is not known, or no row of it is valid on that day.
    """
    rows = _rows_of(provider, model)
    valid = [row for row in rows if _valid(row, day)]
    if not valid:
        raise NotFound(
            f"{rows[0].provider} {rows[0].model} has no listed price on {day}: on file are "
            f"{'; '.join(map(_when, rows))}; choose such a day, or state your own prices."
        )
    return min(valid, key=lambda row: _rank(row, day))


def _valid(row: ApiPrice, day: date) -> bool:
    if row.from_date is None and row.to_date is None:
        return date.fromisoformat(row.as_of) <= day
    return (row.from_date or date.min) <= day < (row.to_date or date.max)


def _rank(row: ApiPrice, day: date) -> tuple[bool, bool, int]:
    """Undoubted rows first, then those seen by that day, then those seen nearest to it."""
    since = (day - date.fromisoformat(row.as_of)).days
    return row.doubted, since < 0, abs(since)


def _when(row: ApiPrice) -> str:
    if row.from_date is None and row.to_date is None:
        return f"{row.as_of} and later"
    ends = f" until before {row.to_date}" if row.to_date else " and later"
    return f"{row.from_date}{ends}" if row.from_date else ends.strip()


def _rows_of(provider: str, model: str) -> list[ApiPrice]:
    """All rows of a model, in the order of the file.

    Raises:
        NotFound: There is none; the message names near ones.
    """
    own = [row for row in all_api_prices() if row.provider.casefold() == provider.casefold()]
    rows = [row for row in own if row.model.casefold() == model.casefold()]
    if rows:
        return rows
    known = sorted({row.model for row in own} or {row.provider for row in all_api_prices()} - {""})
    what, value = ("model", model) if own else ("provider", provider)
    lower = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(value.casefold(), list(lower), n=3, cutoff=0.4)
    raise NotFound(
        f"{what} is {value!r}, which has no listed price: expected one such as "
        f"{', '.join([lower[name] for name in near] or known[:5])}, or your own "
        "input_usd_per_mtok and output_usd_per_mtok."
    )
