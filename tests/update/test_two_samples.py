"""The test of numbers against SciPy and by hand; the effect and its interval by definition."""

import numpy as np
import pytest
from scipy import stats

from core.update.two_samples import cliff, ks_p, shift

RNG = np.random.default_rng(7)


def by_hand(a, b):
    """Cliff's delta and its variance from the whole dominance matrix (Cliff 1993)."""
    matrix = np.sign(b[:, None] - a[None, :]).astype(float)
    n, m = matrix.shape
    delta = matrix.mean()
    variance = (
        m**2 * ((matrix.mean(1) - delta) ** 2).sum() + n**2 * ((matrix.mean(0) - delta) ** 2).sum()
        - ((matrix - delta) ** 2).sum()
    ) / (n * m * (n - 1) * (m - 1))  # fmt: skip
    return delta, variance


@pytest.mark.parametrize("ties", [False, True])
def test_the_distance_is_scipys_and_delta_is_that_of_the_matrix(ties):
    a, b = RNG.normal(size=120), RNG.normal(0.4, 1.5, size=80)
    if ties:
        a, b = a.round(), b.round()
    found = shift(a, b)
    assert found.distance == pytest.approx(stats.ks_2samp(a, b).statistic)
    delta, variance = by_hand(a, b)
    assert found.delta == pytest.approx(delta)
    s = np.sqrt(variance)
    half = 1.96 * s * np.sqrt((1 - delta**2) ** 2 + 1.96**2 * s**2)
    scale = 1 - delta**2 + 1.96**2 * s**2
    assert found.low == pytest.approx((delta - delta**3 - half) / scale, abs=1e-4)
    assert found.high == pytest.approx((delta - delta**3 + half) / scale, abs=1e-4)


def test_delta_on_paper():
    # Of nine pairs, b is larger in 6, smaller in 2, equal in 1.
    assert cliff(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.5, 3.6]))[0] == pytest.approx(
        (1 + 3 + 3 - 1) / 9
    )


def test_samples_that_lie_apart_have_an_interval_all_the_same():
    found = shift(np.arange(50.0), np.arange(100.0, 140.0))
    assert (found.delta, found.high, found.distance) == (1.0, 1.0, 1.0)
    assert 0.8 < found.low < 1
    assert shift(np.arange(100.0, 140.0), np.arange(50.0)).delta == -1


def test_equal_samples_are_no_shift():
    found = shift(np.ones(40), np.ones(60))
    assert (found.distance, found.p_value, found.delta) == (0.0, 1.0, 0.0)
    assert found.low <= 0 <= found.high


def test_the_p_value_is_near_the_exact_one():
    # D = 0.19 of 100 and 100: SciPy's exact p-value is 0.0541.
    a, b = np.arange(100.0), np.arange(100.0) + 19
    exact = stats.ks_2samp(a, b, method="exact").pvalue
    assert ks_p(0.19, 100, 100) == pytest.approx(exact, abs=0.01)


def test_the_interval_covers_as_often_as_it_says():
    rng, inside = np.random.default_rng(1), 0
    true = 2 * stats.norm.cdf(0.5 / np.sqrt(2)) - 1
    for _ in range(400):
        _, low, high = cliff(np.sort(rng.normal(size=50)), np.sort(rng.normal(0.5, 1, size=60)))
        inside += low <= true <= high
    assert 0.92 <= inside / 400 <= 0.98
