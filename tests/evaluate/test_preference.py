"""Win rates and agreement, against other people's formulas."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from core.evaluate.preference import OUTCOMES, TIE, A, B, agreement, wilson, win_rate


@pytest.mark.parametrize(("wins", "losses"), [(0, 1), (5, 0), (7, 3), (50, 50), (300, 240)])
def test_without_ties_it_is_the_sign_test_and_wilson(wins, losses):
    found = win_rate([B] * wins + [A] * losses)
    oracle = binomtest(wins, wins + losses)
    low, high = oracle.proportion_ci(0.95, method="wilson")
    assert found.p_value == pytest.approx(oracle.pvalue)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert (found.n, found.wins, found.losses) == (wins + losses, wins, losses)


def test_ties_are_half_a_win_and_do_not_enter_the_sign_test():
    found = win_rate([B] * 7 + [A] * 2 + [TIE] * 3)
    assert found.rate == pytest.approx(8.5 / 12)
    assert found.p_value == pytest.approx(binomtest(7, 9).pvalue)
    assert win_rate([TIE] * 4).p_value is None
    nothing = win_rate([])
    assert (nothing.n, nothing.rate, nothing.low, nothing.p_value) == (0, None, None, None)


def test_the_verdict_needs_both_the_interval_and_the_test():
    assert win_rate([B] * 40 + [A] * 10).verdict == "better"
    assert win_rate([A] * 40 + [B] * 10).verdict == "worse"
    assert win_rate([A] * 10 + [B] * 12).verdict == "tie"
    assert win_rate([TIE] * 50).verdict == win_rate([]).verdict == "tie"


@pytest.mark.parametrize("chances", [(0.5, 0.5, 0.0), (0.3, 0.5, 0.2), (0.1, 0.1, 0.8)])
def test_the_interval_holds_the_truth_as_often_as_it_says(chances):
    rng = np.random.default_rng(0)
    truth = chances[1] + chances[2] / 2
    held = []
    for _ in range(2_000):
        outcomes = rng.choice(OUTCOMES, size=60, p=chances)
        share = float((outcomes == B).mean() + (outcomes == TIE).mean() / 2)
        low, high = wilson(share, 60)
        held.append(low <= truth <= high)
    # 95 % or more, less three standard errors of 2,000 draws.
    assert np.mean(held) > 0.95 - 3 * (0.95 * 0.05 / 2_000) ** 0.5


def test_agreement_is_cohens_kappa():
    rng = np.random.default_rng(1)
    one = {str(n): str(rng.choice(OUTCOMES, p=(0.5, 0.3, 0.2))) for n in range(80)}
    other = {id_: said if rng.random() < 0.6 else str(rng.choice(OUTCOMES))
             for id_, said in one.items() if int(id_) % 4}  # fmt: skip
    found = agreement(one, other)
    both = list(other)
    assert found.n == 60
    assert found.kappa == pytest.approx(
        cohen_kappa_score([one[id_] for id_ in both], [other[id_] for id_ in both])
    )
    assert found.share == pytest.approx(np.mean([one[id_] == other[id_] for id_ in both]))


def test_agreement_that_cannot_be_told_is_none():
    assert agreement({"1": A}, {"2": A}).kappa is None
    assert agreement({"1": A}, {}).share is None
    same = agreement({"1": A, "2": A}, {"1": A, "2": A})
    assert (same.n, same.share, same.kappa) == (2, 1.0, None)
