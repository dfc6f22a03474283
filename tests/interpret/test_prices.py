"""Price lists: forecasts, their agreement with prices, the order, and what is kept."""

import numpy as np
import pytest

from core.interpret import prices
from core.interpret.prices import Drop, HeadPrice, Prices
from core.workspace import Workspace

ONES = np.ones((3, 2), int)


def test_pull_is_the_mean_size_and_forecast_the_mean_loss_gained():
    gradients = np.array([[0.2, -0.1], [-0.2, -0.3]])
    pull, forecast = prices.forecasts(gradients, ONES)
    assert pull[0].tolist() == pytest.approx([0.2, 0.2])
    assert forecast[0].tolist() == pytest.approx([0.0, 0.2])
    assert pull[1].tolist() == pytest.approx(pull[2].tolist())


def test_agreement_of_guess_and_price_over_heads():
    guesses = np.array([[1.0, 2, 3], [1, 2, 3]])
    assert prices.agreement(guesses, guesses * 5, ONES) == pytest.approx((1, 1, 1))
    assert prices.agreement(guesses, -guesses, ONES)[0] == pytest.approx(-1)
    assert prices.agreement(guesses[:, :1], guesses[:, :1], ONES) == (None, None, None)


def test_how_many_heads_a_share_is():
    assert [prices.dropped(24, share) for share in (0.001, 0.1, 0.25, 0.5, 0.999)] == [
        1, 2, 6, 12, 23]  # fmt: skip


COSTS = {0: 0.5, 1: 0.2, 2: 0.3, 3: 0.1}


def twins(off):
    """1 and 2 stand in for each other: without both the loss is 5 higher."""
    return sum(COSTS[one] for one in off) + 5 * ({1, 2} <= set(off))


def exhaustive(loss, heads, steps):
    off = []
    for _ in range(steps):
        off.append(min((one for one in heads if one not in off), key=lambda one: loss([*off, one])))
    return off


def test_heads_that_stand_in_for_each_other_do_not_go_together():
    off, costs = prices.one_after_another(twins, [0, 1, 2, 3], 3, 100)
    assert off == [3, 1, 0] == exhaustive(twins, COSTS, 3)
    assert costs == {2: pytest.approx(5.3)}
    # By single prices it would have been 3, 1, 2.


def test_where_costs_only_rise_the_lazy_order_is_the_exhaustive_one():
    rng = np.random.default_rng(0)
    alone, pairs = rng.random(12), np.triu(rng.random((12, 12)), 1)

    def loss(off):
        return alone[off].sum() + pairs[np.ix_(sorted(off), sorted(off))].sum()

    asked = []
    off, _ = prices.one_after_another(
        lambda chosen: asked.append(1) or loss(chosen), range(12), 8, 1000)  # fmt: skip
    assert off == exhaustive(loss, range(12), 8)
    assert len(asked) < 12 * 8 / 1.5


def test_a_budget_ends_the_search():
    off, costs = prices.one_after_another(twins, [0, 1, 2, 3], 4, 5)
    assert off == [3]
    assert set(costs) == {0, 1, 2}
    assert prices.one_after_another(twins, [0, 1, 2, 3], 4, 3) == ([1], {0: 0.5})


def head(number, price, low, high):
    return HeadPrice("encoder", 0, number, 0.1, 0.1, 0.1, 0.0, 0.0, 0.0, price, low, high,
                     "self", 0.8, 0.6, 0.9, {"self": 0.8, "broad": 0.2}, 1.0, 2.0, 0.1)  # fmt: skip


def drop(share, heads, difference, low, high, p):
    return Drop(share, heads, "bleu", "points", 30.0, 30.0 + difference, difference, low, high, p,
                p, True, 0.01 * heads, 0.01 * heads)  # fmt: skip


def study(**changes):
    fields = {
        "key": "abc", "model": "run", "dataset": "d", "data_version": "v", "split": "test",
        "n": 9, "limit": None,
        "task": "translation", "loss_nats": 0.5,
        "heads": (head(0, 0.2, 0.1, 0.3), head(1, -0.01, -0.02, 0.01), head(2, None, None, None)),
        "order": (("encoder", 0, 1), ("encoder", 0, 0), ("encoder", 0, 2)),
        "order_split": "validation", "order_n": 5, "ordered": 2,
        "forecast_rank": 0.2, "forecast_rank_low": 0.1, "forecast_rank_high": 0.3,
        "pull_rank": 0.6, "pull_rank_low": 0.4, "pull_rank_high": 0.7, "wrong_sign": 1,
        "drops": (drop(0.1, 1, -0.2, -0.5, 0.1, 0.4), drop(0.5, 2, -9.0, -10, -8, 0.001)),
        "same_answers": 9, "seconds": 1.0, "created_at": "2026-11-26T00:00:00+00:00",
    }  # fmt: skip
    return Prices(**{**fields, **changes})


def test_a_list_is_kept_found_and_loaded_by_model(tmp_path):
    workspace = Workspace.open(tmp_path)
    made = study()
    assert prices.STUDIES.newest(workspace) == []
    prices.STUDIES.save(workspace, made)
    assert prices.STUDIES.find(workspace, "abc") == made
    assert prices.STUDIES.newest(workspace) == [made]
    assert prices.STUDIES.find(workspace, "other") is None
    assert [one.decided for one in made.heads] == [True, False, False]
    assert [one.verdict for one in made.of("bleu")] == ["tie", "worse"]
    assert len(made.tried) == 2
