"""Intervals of shares."""

import pytest

from core.evaluate import scoring
from core.evaluate.answer import of_texts
from core.evaluate.share import share


def test_wilson_interval_against_published_values():
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    for yes, n, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        found = share(yes, n)
        assert found.low == pytest.approx(low, abs=5e-5)
        assert found.high == pytest.approx(high, abs=5e-5)


def test_nobody_said_anything():
    assert share(0, 0) is None


def test_a_share_of_all_or_none_is_not_known_exactly():
    for text, low, high in (("a", 0.9630, 1.0), ("b", 0.0, 0.0370)):
        (score,) = scoring.score(["accuracy"], ["a"] * 100, of_texts([text] * 100), language=None)
        assert (score.low, score.high) == pytest.approx((low, high), abs=5e-5)
        assert "all_equal" not in score.warnings
    (mixed,) = scoring.score(["accuracy"], ["a", "b"] * 50, of_texts(["a"] * 100), language=None)
    assert (mixed.low, mixed.high) == pytest.approx((0.4, 0.6), abs=0.02)
