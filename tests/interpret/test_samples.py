"""Ranks, intervals and corrected tests, against scipy-free oracles and worked values."""

import numpy as np
import pytest

from core.interpret import samples

RNG = np.random.default_rng(0)


def test_ranks_share_ties():
    assert samples.ranks([10, 20, 20, 5]).tolist() == [2, 3.5, 3.5, 1]
    assert samples.ranks([[1, 2], [2, 1]]).tolist() == [[1, 2], [2, 1]]


def test_spearman_by_hand():
    # 1 − 6 Σd² / (n (n² − 1)), with d = 0, −1, 1, 0: 1 − 12/60.
    assert samples.spearman([1, 2, 3, 4], [10, 30, 20, 40]) == pytest.approx(0.8)
    assert samples.spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert samples.spearman([1, 2, 3], [7, 7, 7]) is None


def test_means_are_those_of_the_drawn_sentences():
    values = np.array([[1.0, 10.0], [2.0, 20.0], [6.0, 60.0]])
    weights = np.array([[1, 1, 1], [0, 0, 3]])
    assert samples.means(values, weights).tolist() == [[3.0, 30.0], [6.0, 60.0]]


def test_one_column_is_a_plain_randomisation():
    d = RNG.normal(0.4, 1, (12, 1))
    signs = np.array(np.meshgrid(*[(-1, 1)] * 12)).reshape(12, -1).T
    exact = ((signs @ d)[:, 0] >= d.sum() - 1e-12).mean()
    assert samples.above(d)[0] == pytest.approx(exact, abs=0.015)


def test_no_false_alarm_in_many_heads_and_the_one_that_differs_is_found():
    noise = RNG.normal(0, 1, (60, 400))
    assert samples.above(noise).min() > 0.05
    noise[:, 7] += 1.0
    p = samples.above(noise)
    assert p[7] < 0.001
    assert np.delete(p, 7).min() > 0.05


def test_what_never_moves_is_not_found():
    assert samples.above(np.zeros((20, 3))).tolist() == [1, 1, 1]
    assert samples.above(np.full((20, 2), -0.1)).min() == 1
    assert samples.above(np.ones((1, 2))).tolist() == [1, 1]


def test_a_constant_gain_is_certain():
    assert samples.above(np.full((20, 1), 0.1))[0] < 0.001


def test_related_by_all_orders():
    from itertools import permutations

    a, b = np.array([1.0, 2, 3, 4, 5, 6]), np.array([2.0, 1, 4, 3, 6, 5])
    own = abs(samples.spearman(a, b))
    exact = np.mean([abs(samples.spearman(a, list(p))) >= own - 1e-9 for p in permutations(b)])
    assert samples.related(a, b) == pytest.approx(exact, abs=0.01)
    assert samples.related(a, [1] * 6) is None
