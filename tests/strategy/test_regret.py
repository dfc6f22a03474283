from dataclasses import replace

import pytest

from core.strategy.document import as_json
from core.strategy.regret import regret
from core.strategy.shocks import shipped
from tests.strategy.scene import DAYS, HOST, MACHINE, RENT, REQUEST, planned, shock

PLAIN = replace(RENT, cached_usd_per_mtok=None)
FIXED = replace(HOST, quality=40.0)


def table(plan):
    return {(row.shock, row.option): row for row in regret(plan).outcomes}


def test_regret_is_what_the_best_one_leaves_beyond():
    # 100,000 requests a day: renting costs 2,131 a month, hosting 1,461; at half the API's price
    # 1,065: hosting is then the dearer one
    month = REQUEST * 100_000 * DAYS
    plan = planned(PLAIN, FIXED, shocks=[shock("war", api_price_factor=0.5)])
    rows = table(plan)
    assert rows[None, "Host"].regret_usd == 0
    assert rows[None, "Rent"].regret_usd == pytest.approx(24 * (month - MACHINE))
    assert rows["war", "Rent"].regret_usd == 0
    assert rows["war", "Host"].regret_usd == pytest.approx(24 * (MACHINE - month / 2))


def test_the_least_largest_regret_is_named():
    month = REQUEST * 100_000 * DAYS
    small, large = 24 * (MACHINE - month / 2), 24 * (month - MACHINE)
    assert small < large
    plan = planned(PLAIN, FIXED, shocks=[shock("war", api_price_factor=0.5)])
    assert regret(plan).minimax == "Host"
    free = planned(PLAIN, FIXED, shocks=[shock("free", api_price_factor=0.01)])
    assert regret(free).minimax == "Rent"


def test_a_shock_with_a_month_is_felt_from_then_on():
    plan = planned(PLAIN, FIXED, shocks=[shock("late", month=13, api_price_factor=0.5)])
    month = REQUEST * 100_000 * DAYS
    cost = table(plan)[None, "Rent"].cash_end_usd - table(plan)["late", "Rent"].cash_end_usd
    assert cost == pytest.approx(-12 * month / 2)


def test_an_option_that_cannot_be_recommended_has_no_regret():
    plan = planned(PLAIN, FIXED, replace(PLAIN, name="Poor", quality=10.0))
    assert {row.regret_usd for row in regret(plan).outcomes if row.option == "Poor"} == {None}


def test_without_shocks_of_its_own_the_shipped_ones_are_tried_but_not_drawn():
    document = as_json(planned(PLAIN, FIXED))
    names = {row["shock"] for row in document["regret"]}
    assert names == {None, *(row.name for row in shipped())}
    assert len(shipped()) >= 12
    assert all(row["probability"] is None for row in document["shocks"])
