"""Waiting, speed and money: quantiles against SciPy's binomial distribution."""

import numpy as np
import pytest
from scipy.stats import binom

from core.evaluate import operation


@pytest.mark.parametrize("n", [1, 7, 100, 5000])
@pytest.mark.parametrize("p", [0.5, 0.95])
def test_the_binomial_is_scipys(n: int, p: float) -> None:
    assert operation.binomial(n, p) == pytest.approx(binom.cdf(np.arange(n + 1), n, p), abs=1e-9)


def test_the_nearest_rank_is_one_of_the_values() -> None:
    values = [float(i) for i in range(1, 101)]
    assert operation.quantile(values, 0.5) == 50
    assert operation.quantile(values, 0.95) == 95
    assert operation.quantile([3.0], 0.95) == 3


@pytest.mark.parametrize(("q", "too_few"), [(0.5, 5), (0.95, 71)])
def test_too_few_values_have_no_interval(q: float, too_few: int) -> None:
    values = [float(i) for i in range(too_few + 1)]
    assert operation.quantile_interval(values[:-1], q) is None
    assert operation.quantile_interval(values, q) is not None


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_the_interval_covers_the_true_quantile_of_any_distribution(q: float) -> None:
    rng = np.random.default_rng(3)
    truth, covered = float(np.exp(-np.log1p(-q))), 0
    for _ in range(600):
        values = sorted(np.exp(rng.exponential(size=150)))  # a heavy tail: no mean
        low, high = operation.quantile_interval(values, q) or (np.inf, -np.inf)
        covered += low <= truth <= high
    assert covered / 600 == pytest.approx(0.96, abs=0.025)
