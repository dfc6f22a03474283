"""Numbers as people read them."""

import pytest

from core.text import format as f


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (0.01234, "0.0123"), (4.556, "4.56"), (78.94, "78.9"), (12_345, "12,300"),
        (-3.14159, "−3.14"), (999.6, "1,000"), (9.996, "10.0"), (None, "not known"),
    ],
)  # fmt: skip
def test_significant_digits(value, text):
    assert f.number(value) == text


def test_signs_and_ranges():
    assert f.fixed(3.14, sign=True) == "+3.1"
    assert f.fixed(-0.04) == "0.0"
    assert f.interval(28.1, 30.8) == "28.1–30.8"
    assert f.interval(2.2, 4.0, sign=True) == "+2.2 to +4.0"
    assert f.interval(-0.6, 1.4, sign=True, language="zh") == "−0.6 至 +1.4"
    assert f.interval(None, 1.0) == "not known"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0213, "US$ 0.021"), (9.0, "US$ 9.0"), (1234.5, "US$ 1,230"), (-5, "−US$ 5.0")],
)
def test_dollars(value, text):
    assert f.usd(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5.2, "5.2 s"), (99, "99 s"), (180, "3.0 min"), (18_000, "5.0 h"), (864_000, "10 days")],
)
def test_durations(seconds, text):
    assert f.duration(seconds) == text


def test_sizes_and_counts():
    assert f.size(36.2e9) == "36.2 GB"
    assert f.size(512) == "512 B"
    assert f.count(48_000_000) == "48.0 million"
    assert f.count(48_000_000, "zh") == "4,800 万"
    assert f.count(1_234) == "1,234"
    assert f.count(None, "zh") == "未知"


@pytest.mark.parametrize(
    ("value", "end"), [(0, 1), (0.994, 1), (1, 1), (1.1, 2), (442.5, 500), (5_001, 10_000)]
)
def test_where_a_scale_ends(value, end):
    assert f.round_up(value) == pytest.approx(end)
