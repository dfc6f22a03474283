"""The listed price on a day; expected values read off the rows of api_prices.csv by hand."""

from datetime import date

import pytest

from core.cost.api_prices import api_price_at
from core.cost.prices import all_api_prices, api_prices
from core.errors import NotFound


@pytest.mark.parametrize(
    ("provider", "model", "day", "name", "into", "out"),
    [
        # Two dated rows: the day of change belongs to the newer.
        ("openai", "o3", date(2025, 6, 10), "A0283", 10, 40),
        ("openai", "o3", date(2025, 6, 11), "A0289", 2, 8),
        # The first row has no beginning, the second no end.
        ("deepseek", "deepseek-chat", date(2025, 2, 7), "A0026", 0.14, 0.28),
        ("deepseek", "deepseek-chat", date(2025, 2, 8), "A0025", 0.27, 1.1),
        # A price announced for later, seen before it held.
        ("anthropic", "claude-sonnet-5", date(2026, 8, 31), "A0013", 2, 10),
        ("anthropic", "claude-sonnet-5", date(2026, 9, 1), "A0014", 3, 15),
        # A dated row and a snapshot are both valid: the one seen last by that day.
        ("openai", "gpt-4o", date(2026, 8, 4), "A0271", 2.5, 10),
        ("openai", "gpt-4o", date(2026, 8, 5), "A0077", 2.5, 10),
        # Neither was seen by that day: the earliest seen.
        ("openai", "gpt-4o", date(2025, 1, 1), "A0271", 2.5, 10),
        # The snapshot A0087 (10/40) is newer, but its note calls it stale.
        ("openai", "o3", date(2026, 11, 26), "A0289", 2, 8),
        # Case does not matter; a snapshot alone serves from its day on.
        ("OpenAI", "GPT-5.4", date(2026, 8, 5), "A0101", 2.5, 15),
    ],
)
def test_the_row_that_holds_on_a_day(provider, model, day, name, into, out):
    row = api_price_at(provider, model, day)
    assert row.name == name
    assert (row.usd_per_million_input_tokens, row.usd_per_million_output_tokens) == (into, out)


def test_another_spelling_is_another_model():
    assert api_price_at("google", "gemini-1.5-pro", date(2026, 9, 1)).name == "A0036"
    assert api_price_at("gemini", "gemini/gemini-1.5-pro", date(2026, 9, 1)).name == "A0262"
    with pytest.raises(NotFound, match=r"gemini/gemini-1\.5-pro"):
        api_price_at("gemini", "gemini-1.5-pro", date(2026, 9, 1))


@pytest.mark.parametrize(
    ("model", "day", "words"),
    [
        ("gpt-5.4", date(2026, 8, 4), ["openai gpt-5.4", "2026-08-04", "2026-08-05 and later"]),
        (
            "o3",
            date(2025, 5, 6),
            ["openai o3", "2025-05-06", "2025-05-07 until before 2025-06-11", "2025-06-11 and"],
        ),
    ],
)
def test_a_day_before_all_rows_is_refused_with_the_days_on_file(model, day, words):
    with pytest.raises(NotFound) as raised:
        api_price_at("openai", model, day)
    assert [word for word in words if word not in str(raised.value)] == []


def test_current_prices_are_those_that_have_not_ended():
    ended = [row for row in all_api_prices() if row.to_date]
    assert {row.name for row in ended} & {row.name for row in api_prices()} == set()
    assert len(ended) + len(api_prices()) == len(all_api_prices())


@pytest.mark.parametrize(
    ("provider", "model", "words"),
    [
        ("openai", "GPT-4.1-minni", ["model is 'GPT-4.1-minni'", "gpt-4.1-mini"]),
        ("opnai", "o3", ["provider is 'opnai'", "openai"]),
    ],
)
def test_an_unknown_name_gets_near_ones(provider, model, words):
    with pytest.raises(NotFound) as raised:
        api_price_at(provider, model, date(2026, 9, 1))
    assert [word for word in words if word not in str(raised.value)] == []
