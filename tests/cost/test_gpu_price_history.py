"""Steps and spread of A100 prices; expected values read off gpu_prices.csv by hand."""

from datetime import date

import pytest

from core.cost.gpu_price_history import (
    gpu_changes,
    gpu_cut_range,
    gpu_dearer_range,
    gpu_drift_range,
    gpu_rise_range,
    gpu_spread_range,
    period,
)


@pytest.mark.parametrize(
    ("as_of", "first", "last"),
    [
        ("2026-11-09", date(2026, 11, 9), date(2026, 11, 9)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-Q2", date(2024, 4, 1), date(2024, 6, 30)),
        ("2024-Q4", date(2024, 10, 1), date(2024, 12, 31)),
        ("2026 (catalog v8)", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_partial_date_is_a_period(as_of, first, last):
    assert period(as_of) == (first, last)


@pytest.mark.parametrize("as_of", ["undated", "", "valid until 2025-01-01", "2024-13", "2024-Q5"])
def test_what_is_no_date_is_none(as_of):
    assert period(as_of) is None


def test_aws_fell_and_lambda_rose():
    """AWS p4d 4.10 (2024-Q2) to 2.7447; Lambda 1.75 (2024-05) to 2.79 (2026: middle 2 July)."""
    lambda_, aws = gpu_changes()
    assert (aws.provider, aws.model, aws.rows) == ("AWS", "A100-40-SXM", ("G015", "G001"))
    assert (aws.day, aws.before, aws.after) == (date(2026, 11, 9), (4.1,), (2.7447,))
    assert aws.factor == pytest.approx(2.7447 / 4.1)
    assert (lambda_.day, lambda_.rows) == (date(2026, 7, 2), ("G027", "G012"))
    assert gpu_cut_range() == (aws.factor, aws.factor, 1)
    assert gpu_rise_range() == (pytest.approx(2.79 / 1.75), pytest.approx(2.79 / 1.75), 1)


def test_rows_whose_periods_overlap_make_no_step():
    """RunPod's row of 2026 and that of 2026-11-09: nobody knows which is the older."""
    assert "G013" not in {row for change in gpu_changes() for row in change.rows}


def test_the_drift_of_a_year_spreads_a_step_over_its_days():
    """AWS from 2024-05-16 (the middle of the quarter) to 2026-11-09: 907 days; Lambda 777."""
    low, high, count = gpu_drift_range()
    assert count == 2
    assert low == pytest.approx((2.7447 / 4.1) ** (365.25 / 907))
    assert high == pytest.approx((2.79 / 1.75) ** (365.25 / 777))


def test_the_spread_is_against_the_price_that_a_plan_uses():
    """Least: RunPod PCIe 1.19 of (3.673 + 1.79) / 2; greatest: AWS SXM 3.4309 of 1.79."""
    assert gpu_spread_range() == (
        pytest.approx(1.19 / 2.7315),
        pytest.approx(3.4309 / 1.79),
        10,
    )


def test_the_dearer_half_is_above_the_median():
    """Least: Azure 3.3996 of 2.7447 on the 40 GB card."""
    low, high, count = gpu_dearer_range()
    assert (low, high) == (pytest.approx(3.3996 / 2.7447), pytest.approx(3.4309 / 1.79))
    assert count == 4
