"""The gate: only a difference that is wholly above zero promotes."""

import pytest

from core.update.decide import judge, share


@pytest.mark.parametrize(
    ("low", "high", "name", "promote"),
    [(0.1, 2.0, "better", True), (-0.1, 2.0, "tie", False), (-2.0, -0.1, "worse", False)],
)
def test_the_interval_decides(low, high, name, promote):
    verdict = judge((low + high) / 2, low, high)
    assert (verdict.name, verdict.promote) == (name, promote)


def test_a_metric_where_less_is_better_is_turned():
    verdict = judge(-3.0, -4.0, -2.0, higher_is_better=False)
    assert (verdict.name, verdict.difference, verdict.low, verdict.high) == (
        "better",
        3.0,
        2.0,
        4.0,
    )


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
