"""Steps of listed API prices; expected values read off the rows of api_prices.csv by hand."""

import math
from datetime import date

import pytest

from core.cost import price_history
from core.cost.price_history import (
    api_changes,
    api_drift_range,
    blended,
    cut_range,
    rise_range,
)
from core.cost.price_steps import FEW, believed, spanned
from core.errors import NotFound


def step(newer):
    return next(change for change in api_changes() if change.rows[1] == newer)


@pytest.mark.parametrize(
    ("row", "older", "day", "before", "after", "factor"),
    [
        ("A0289", "A0283", date(2025, 6, 11), (10, 40), (2, 8), 0.2),  # o3
        ("A0271", "A0255", date(2024, 11, 15), (5, 15), (2.5, 10), 4.375 / 7.5),  # gpt-4o
        ("A0267", "A0252", date(2024, 10, 13), (0.5, 1.5), (0.15, 0.6), 0.2625 / 0.75),  # command-r
        ("A0014", "A0013", date(2026, 9, 1), (2, 10), (3, 15), 1.5),  # claude-sonnet-5
        ("A0025", "A0026", date(2025, 2, 8), (0.14, 0.28), (0.27, 1.1), 0.4775 / 0.175),  # deepseek
    ],
)
def test_a_step_by_hand(row, older, day, before, after, factor):
    found = step(row)
    assert (found.rows, found.day) == ((older, row), day)
    assert (found.before, found.after) == (before, after)
    assert found.factor == pytest.approx(factor)
    assert found.source


def test_the_blend_is_three_in_for_one_out():
    assert blended(2, 10) == 4


def test_steps_that_are_no_change_of_a_price_are_left_out():
    newer = {change.rows[1] for change in api_changes()}
    assert "A0259" not in newer  # gemini-1.5-pro from zero: was not published
    assert "A0262" not in newer  # the same, 0.35 to 3.5: a unit
    assert "A0282" not in newer  # mistral-small-latest, 1 to 0.1: another model
    assert "A0278" not in newer  # deepseek/deepseek-chat: A0025 tells of it
    assert not newer & {"A0116", "A0120"}  # long context, beside the standard tier
    assert "A0087" not in {row for change in api_changes() for row in change.rows}  # doubted


def test_every_step_is_a_move_in_order_of_days():
    changes = api_changes()
    assert len(changes) == 15
    assert [change.day for change in changes] == sorted(change.day for change in changes)
    assert all(believed(change) and change.factor != 1 for change in changes)


def test_cuts_and_rises_span_what_the_rows_hold():
    """Least and greatest: o3 to a fifth, haiku to four fifths; sonnet-5 and deepseek-chat up."""
    assert cut_range() == (pytest.approx(0.2), pytest.approx(0.8), 13)
    assert rise_range() == (pytest.approx(1.5), pytest.approx(0.4775 / 0.175), 2)


def test_ranges_follow_the_rows(monkeypatch):
    only = (step("A0289"),)
    monkeypatch.setattr(price_history, "api_changes", lambda: only)
    assert cut_range() == (pytest.approx(0.2), pytest.approx(0.2), 1)
    with pytest.raises(NotFound, match="no dated rise of an API price"):
        rise_range()


def test_the_drift_of_a_year_counts_models_that_did_not_move():
    """From 24 models the 95th percentile is the 22.85th: one that did not move."""
    low, high, count = api_drift_range()
    assert (high, count) == (1.0, 24)
    assert 0 < low < 1


def test_a_drift_by_hand():
    """mistral-large-latest, 8/24 to 2/6: a quarter from 2024-03-25 to 2025-09-01, 525 days."""
    rows = next(rows for rows in price_history._histories() if rows[0].name == "A0250")
    assert price_history._yearly(rows) == pytest.approx(0.25 ** (365.25 / 525))


def test_many_factors_span_percentiles_and_few_their_ends():
    few = [1 + n / 100 for n in range(FEW - 1)]
    assert spanned(few, "x") == (1.0, max(few), 19)
    many = [float(n) for n in range(101)]
    assert spanned(many, "x") == (pytest.approx(5), pytest.approx(95), 101)
    assert math.isclose(sum(spanned(many, "x")[:2]), 100)
