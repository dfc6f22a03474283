"""Medians, their intervals, percentiles."""

import numpy as np
import pytest

from core.deploy.latency import quantile, summarise


def test_quantiles_as_numpy_has_them():
    values = sorted(np.random.default_rng(0).exponential(size=37))
    for share in (0.0, 0.05, 0.5, 0.95, 1.0):
        assert quantile(values, share) == pytest.approx(np.quantile(values, share))


def test_the_interval_covers_the_true_median_about_95_times_in_100():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(1_000):
        found = summarise(list(rng.exponential(size=60)))
        covered += found.low <= np.log(2) <= found.high
    assert 0.93 <= covered / 1_000 <= 0.99


def test_too_few_to_say():
    assert summarise([]) is None
    few = summarise([1.0, 2.0, 3.0])
    assert (few.p50, few.low, few.high, few.p95) == (2.0, None, None, None)
