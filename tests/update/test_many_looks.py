"""Many looks: what they may spend sums to 5 %, and unchanged data raise no more false alarms."""

import numpy as np
import pytest

from core.update.categories import mix
from core.update.many_looks import ALPHA, corrected, spent_at
from core.update.two_samples import shift


def test_all_looks_together_spend_five_percent():
    assert spent_at(1) == pytest.approx(0.025)
    assert sum(spent_at(k) for k in range(1, 10_000)) == pytest.approx(ALPHA, abs=1e-5)
    assert sum(spent_at(k) for k in range(1, 10_000)) < ALPHA


def test_both_corrections_on_paper():
    # Holm: 0.001 x 3, 0.02 x 2, 0.5; then the second look, x 6.
    assert corrected([0.02, 0.001, 0.5], 2) == pytest.approx([0.24, 0.018, 1.0])
    assert corrected([], 4) == []


def alarmed(rng, rows, changed):
    """Whether any of twelve looks is significant; significance alone, whatever the effect."""
    lengths = rng.lognormal(3, 0.6, rows).round()
    shares = rng.beta(8, 2, rows)
    kinds = rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])
    for look in range(1, 13):
        live = rng.lognormal(3 + changed, 0.6, 150).round()
        p_values = [
            shift(lengths, live).p_value,
            shift(shares, rng.beta(8, 2, 150)).p_value,
            shift(lengths * 1.3, rng.lognormal(3, 0.6, 150).round() * 1.3).p_value,
            mix(
                _counts(kinds), _counts(rng.choice(["a", "b", "c"], 150, p=[0.6, 0.3, 0.1]))
            ).p_value,
        ]
        if min(corrected(p_values, look)) < ALPHA:
            return True
    return False


def _counts(names):
    return {str(name): int((names == name).sum()) for name in set(names)}


def test_unchanged_data_raise_an_alarm_in_at_most_five_of_a_hundred_years():
    # The reference is the same at every look, so the looks depend on each other, as in life.
    rng = np.random.default_rng(2026)
    years = 300
    false = sum(alarmed(rng, 400, changed=0.0) for _ in range(years))
    assert false / years <= 0.05


def test_without_the_correction_for_looks_it_would_be_far_more():
    rng = np.random.default_rng(5)
    false = 0
    for _ in range(60):
        lengths = rng.normal(size=400)
        false += any(shift(lengths, rng.normal(size=150)).p_value < 0.05 for _ in range(12))
    assert false / 60 > 0.2


def test_changed_data_are_found():
    rng = np.random.default_rng(9)
    found = sum(alarmed(rng, 400, changed=0.35) for _ in range(20))
    assert found == 20
