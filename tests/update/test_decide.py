"""The gate: only a difference that is wholly above zero promotes."""

import pytest

from core.update.decide import judge


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
