import numpy as np
import pytest

from core.strategy.curve import Curve, Stair, break_even, crossings

API = Curve(0.0, 0.05)  # 0.05 US$ a month for each daily request
BOX = Curve(500.0, stairs=(Stair(1000.0, 40_000),))  # team 500, a machine per 40,000 a day


def test_a_stair_costs_a_machine_for_each_begun_step():
    assert [BOX.at(v) for v in (0, 1, 40_000, 40_001, 80_001)] == [1500, 1500, 1500, 2500, 3500]


def test_minimum_machines_run_at_any_volume():
    assert Curve(0, stairs=(Stair(10, 100, 3),)).at(1) == 30


def test_break_even_of_a_line_and_one_machine():
    # 0.05 v = 1500 at v = 30,000; at 40,000 the second machine makes it 2,500 against 2,000;
    # 0.05 v = 2500 at 50,000; from there on: 80,000 → 4,000 against 3,500. Never dearer again.
    assert break_even(API, BOX) == pytest.approx(50_000)
    assert break_even(BOX, API) is None


def test_every_crossing_is_found():
    found = crossings(API, BOX, 0, 200_000)
    assert [(round(c.requests_per_day), c.b_cheaper_above) for c in found] == [
        (30_000, True), (40_000, False), (50_000, True)
    ]  # fmt: skip


def test_never_where_the_machine_costs_more_for_each_request():
    dear = Curve(0.0, stairs=(Stair(1000.0, 10_000),))  # 0.1 a request
    assert break_even(API, dear) is None
    # and the line beats the stairs: at once, for a machine costs 1,000 from the first request on
    assert break_even(dear, API) == 0.0


def test_always_where_the_other_is_dearer_from_the_start():
    assert break_even(Curve(100.0, 0.05), Curve(50.0, 0.05)) == 0.0


def test_two_lines():
    assert break_even(Curve(0.0, 0.03), Curve(600.0, 0.01)) == pytest.approx(30_000)


def test_two_stairs_that_rise_equally_fast():
    small = Curve(0.0, stairs=(Stair(100.0, 1000),))
    large = Curve(0.0, stairs=(Stair(200.0, 2000),))
    assert break_even(large, small) == 0.0  # never dearer, often cheaper
    assert break_even(small, large) is None


def test_break_even_agrees_with_a_search_over_many_volumes():
    rng = np.random.default_rng(0)
    volumes = np.linspace(0, 3e6, 60_001)  # steps of 50 requests
    for _ in range(20):
        a = Curve(rng.uniform(0, 3000), rng.uniform(0.01, 0.2))
        b = Curve(
            rng.uniform(0, 5000), rng.uniform(0, 0.005),
            (Stair(rng.uniform(500, 3000), rng.uniform(2e4, 2e5), int(rng.integers(1, 4))),),
        )  # fmt: skip
        found = break_even(a, b)
        dearer = np.flatnonzero(b(volumes) > a(volumes))
        if found is None:
            assert dearer[-1] > len(volumes) - 5_000
        elif found == 0:
            assert dearer.size == 0
        elif found < volumes[-1]:
            assert found == pytest.approx(volumes[dearer[-1]], abs=50.01)
