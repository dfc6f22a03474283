"""Categories: the test against SciPy and by hand, the effect and its interval on paper."""

import math

import pytest
from scipy import stats

from core.update.categories import homogeneity, mix, variation


def test_chi_square_is_scipys():
    table = [[60, 30, 10], [40, 35, 25]]
    first, second = (dict(zip("abc", row, strict=True)) for row in table)
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert homogeneity(first, second) == ("chi-square", pytest.approx(expected))


def test_rare_categories_are_put_together():
    first = {"a": 50, "b": 47, "c": 1, "d": 1, "e": 1}
    second = {"a": 50, "b": 40, "c": 3, "f": 3, "g": 4}
    together = [[50, 47, 3], [50, 40, 10]]
    expected = stats.chi2_contingency(together, correction=False).pvalue
    assert homogeneity(first, second) == ("chi-square", pytest.approx(expected))


def test_a_thin_table_of_two_by_two_is_fishers():
    first, second = {"no": 40, "yes": 0}, {"no": 30, "yes": 5}
    expected = stats.fisher_exact([[0, 40], [5, 30]]).pvalue
    assert homogeneity(first, second) == ("fisher", pytest.approx(expected))


def test_one_category_is_no_difference():
    found = mix({"a": 40}, {"a": 900})
    assert (found.p_value, found.distance, found.low, found.high) == (1.0, 0.0, 0.0, 0.0)


def test_the_distance_of_two_shares_is_their_difference_with_walds_interval():
    distance, low, high = variation({"yes": 20, "no": 80}, {"yes": 90, "no": 110})
    assert distance == pytest.approx(0.25)
    half = 1.96 * math.sqrt(0.2 * 0.8 / 100 + 0.45 * 0.55 / 200)
    assert low == pytest.approx(0.25 - half, abs=1e-4)
    assert high == pytest.approx(0.25 + half, abs=1e-4)


def test_categories_that_are_new_or_gone_count():
    found = mix({"a": 50, "b": 50}, {"a": 50, "c": 50})
    assert found.distance == pytest.approx(0.5)
    assert found.changes[0] == ("c", pytest.approx(0.5))
    assert found.changes[-1] == ("b", pytest.approx(-0.5))
