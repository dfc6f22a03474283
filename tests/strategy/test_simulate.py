"""Oracles: worked out by hand from the prices of tests/strategy/scene.py, beside each number."""

from dataclasses import replace

import numpy as np
import pytest

from core.cost.prices import own_price
from core.cost.serving import estimate_serving
from core.cost.traffic import traffic
from core.models.catalog import model
from core.strategy.draws import hits_of, runway
from core.strategy.plan import make
from core.strategy.sections import CompressedOption, StagedOption
from core.strategy.simulate import PARTS, simulate
from tests.strategy.scene import (
    DAY,
    DAYS,
    DEAR,
    HOST,
    MACHINE,
    RENT,
    REQUEST,
    TUNED,
    planned,
    shock,
)

PER_MONTH = REQUEST * 100_000 * DAYS


def path(name, *options, **scenario):
    return planned(*options, **scenario).base[name]


def test_an_api_bills_input_cached_input_and_output():
    # a request: 500 in, of which 60 % cached, 50 out:
    # (300 · 0.25 + 200 · 1 + 50 · 4) / 10⁶ = 475e-6 US$
    rent = path("Rent", RENT, DEAR, cacheable_share=0.6)
    assert rent.parts_usd["api_tokens"][0] == pytest.approx(475e-6 * 100_000 * DAYS)


def test_without_a_cached_price_all_input_is_billed_in_full():
    plain = replace(RENT, cached_usd_per_mtok=None)
    rent = path("Rent", plain, DEAR, cacheable_share=0.6)
    assert rent.model_usd[0] == pytest.approx(PER_MONTH)


def test_cash_is_what_was_there_and_what_came_less_what_went():
    # 10 customers pay 1,000; 2,000 and half a person of 10,000 go; the API takes PER_MONTH
    rent = path(
        "Rent", RENT, DEAR, months=3,
        company={"customers": 10.0, "revenue_per_customer_usd": 1000.0, "people": 0.5},
    )  # fmt: skip
    change = 10_000 - 2000 - 5000 - PER_MONTH
    assert rent.cash_usd[0] == pytest.approx([100_000 + month * change for month in (1, 2, 3)])
    assert rent.revenue_usd[0] == pytest.approx(10_000)


def test_requests_and_customers_grow_from_the_second_month_on():
    plan = planned(
        RENT, DEAR, months=3, growth_per_month=0.1,
        company={"customers": 100.0, "growth_per_month": 0.05, "churn_per_month": 0.02},
    )  # fmt: skip
    world = plan.world()
    assert world.requests[0] == pytest.approx([100_000, 110_000, 121_000])
    assert world.customers[0] == pytest.approx([100, 103, 103 * 1.03])


def test_requests_earn_by_the_thousand():
    rent = path("Rent", RENT, DEAR, company={"revenue_per_1000_requests_usd": 2.0})
    assert rent.revenue_usd[0] == pytest.approx(2 * 100 * DAYS)


def test_the_seasons_follow_the_calendar():
    # the plan's day is in November: the first month is December, the second January
    season = (2.0, *[0.9] * 10, 1.0)
    plan = planned(RENT, DEAR, months=2, seasonality=season)
    mean = (2.0 + 9.0 + 1.0) / 12
    assert plan.world().requests[0] == pytest.approx([100_000 / mean, 200_000 / mean])


def test_a_price_falls_by_its_yearly_share():
    cheaper = replace(RENT, price_change_per_year=-0.5)
    rent = path("Rent", cheaper, DEAR, months=25)
    assert rent.model_usd[0, [0, 12, 24]] == pytest.approx(
        [PER_MONTH, PER_MONTH / 2, PER_MONTH / 4]
    )


def test_machines_follow_the_day_and_run_ahead_of_it():
    # Flat: every hour alike. One replica bears rate · 80 % of its seconds.
    plan = planned(RENT, HOST)
    rate = plan.basis.option("Host").machines.rate.value
    for replicas in (1, 3):
        volume = (replicas - 0.5) * 0.8 * rate * 86_400
        host = path("Host", RENT, HOST, requests=volume)
        assert host.parts_usd["gpu"][0, 0] == pytest.approx(replicas * MACHINE)


def test_machines_cost_what_the_cost_page_says():
    for volume in (50_000, 4_000_000, 40_000_000):
        host = path("Host", RENT, HOST, requests=float(volume), daily_shape="office-hours")
        there = estimate_serving(
            model("llama-3-8b").shape, "A100-80-SXM", 1, 100, 50, requests_per_day=volume,
            traffic=traffic("office-hours"), price=own_price(2.0),
        )  # fmt: skip
        assert host.parts_usd["gpu"][0, 0] == pytest.approx(there.usd_per_month.value)


def test_reserved_machines_and_those_that_do_not_scale_run_for_the_busiest_hour():
    flat = {"requests": 40_000_000.0, "daily_shape": "office-hours"}
    follows = path("Host", RENT, HOST, **flat).parts_usd["gpu"][0, 0]
    stays = path("Host", RENT, replace(HOST, autoscale=False), **flat).parts_usd["gpu"][0, 0]
    reserved = path("Host", RENT, replace(HOST, pricing="reserved"), **flat)
    assert follows < stays == pytest.approx(reserved.parts_usd["gpu"][0, 0])


def test_spare_replicas_see_to_the_availability():
    # One machine works 99.5 % of the time, of two at least one 1 − 0.005² = 99.9975 %
    for wanted, replicas in ((None, 1), (0.99, 1), (0.999, 2), (0.99999, 3)):
        host = path("Host", RENT, HOST, requests=10.0, availability=wanted)
        assert host.parts_usd["gpu"][0, 0] == pytest.approx(replicas * MACHINE)


def test_long_requests_take_more_of_a_machine():
    plan = planned(RENT, HOST, requests=40_000_000.0)
    double = np.array([200.0])
    world = plan.world(values={"demand.input_tokens": double})

    twice = simulate(world, plan.basis.option("Host")).parts_usd["gpu"][0, 0]
    there = path("Host", RENT, HOST, requests=40_000_000.0, input_tokens=200.0)
    assert twice == pytest.approx(there.parts_usd["gpu"][0, 0], rel=0.03)
    assert twice > plan.base["Host"].parts_usd["gpu"][0, 0]


def test_nothing_is_sold_until_an_option_is_ready_or_another_one_answers():
    earning = {"customers": 10.0, "revenue_per_customer_usd": 1000.0}
    late = replace(DEAR, lead_months=2.0, one_time_usd=500.0)
    alone = path("Dear", RENT, late, months=4, company=earning)
    assert alone.revenue_usd[0] == pytest.approx([0, 0, 10_000, 10_000])
    assert alone.parts_usd["api_tokens"][0, :2] == pytest.approx([0, 0])
    assert alone.parts_usd["one_time"][0] == pytest.approx([500, 0, 0, 0])
    helped = path("Dear", RENT, replace(late, meanwhile="Rent"), months=4, company=earning)
    assert helped.revenue_usd[0] == pytest.approx(10_000)
    assert helped.parts_usd["api_tokens"][0, :2] == pytest.approx(PER_MONTH)
    assert helped.parts_usd["api_tokens"][0, 2] > PER_MONTH


def test_retraining_is_paid_every_so_many_months_after_the_start():
    again = replace(RENT, retrain_usd=1200.0, retrain_every_months=6, lead_months=1.0)
    rent = path("Rent", again, DEAR)
    assert np.nonzero(rent.parts_usd["retraining"][0])[0].tolist() == [7, 13, 19]
    assert rent.parts_usd["retraining"][0].sum() == pytest.approx(3600)


def test_a_round_of_training_is_paid_in_gpu_hours():
    tuned = replace(TUNED, quality=42.0, quality_source="pilot", retrain_every_months=12,
                    retrain_usd=100.0)  # fmt: skip
    plan = planned(RENT, tuned)
    hours = plan.basis.option("Tuned").training.gpu_hours.value
    parts = plan.base["Tuned"].parts_usd
    assert parts["one_time"][0, 0] == pytest.approx(5000 + 2 * hours)
    assert parts["retraining"][0, 12] == pytest.approx(100 + 2 * hours)


def test_a_staged_option_changes_once_the_volume_is_there_and_the_next_is_ready():
    # 100,000 · 1.5^(m − 1) reaches 200,000 in month 3; two months later the other takes over
    host = replace(HOST, lead_months=2.0, one_time_usd=700.0)
    stage = StagedOption(name="Stage", first="Rent", then="Host", at_requests_per_day=200_000.0)
    staged = path("Stage", RENT, host, stage, months=6, growth_per_month=0.5)
    assert (staged.parts_usd["api_tokens"][0] > 0).tolist() == [True] * 4 + [False] * 2
    assert (staged.parts_usd["gpu"][0] > 0).tolist() == [False] * 4 + [True] * 2
    assert staged.parts_usd["one_time"][0] == pytest.approx([0, 0, 700, 0, 0, 0])


def test_a_staged_option_that_never_gets_there_is_its_first():
    stage = StagedOption(name="Stage", first="Rent", then="Host", at_requests_per_day=1e9)
    plan = planned(RENT, HOST, stage)
    assert plan.base["Stage"].cash_usd == pytest.approx(plan.base["Rent"].cash_usd)


def test_devices_cost_by_the_customer_and_rent_nothing():
    device = CompressedOption(
        name="Device", base="starter-translate", train_tokens=1e6, usd_per_gpu_hour=2.0,
        on_device=True, usd_per_customer_month=0.5, quality=33.0, quality_source="pilot",
    )  # fmt: skip
    found = path("Device", RENT, device, company={"customers": 40.0})
    assert found.parts_usd["devices"][0] == pytest.approx(20.0)
    assert not found.parts_usd["gpu"].any()


def test_revenue_answers_to_quality_and_ends_below_the_floor():
    earning = {"customers": 10.0, "revenue_per_customer_usd": 1000.0}
    poor = replace(DEAR, name="Poor", quality=29.9)
    plan = planned(RENT, poor, company=earning)
    assert not plan.base["Poor"].revenue_usd.any()
    asked = replace(plan.scenario.quality, reference=35.0, revenue_per_point=0.02)

    scenario = replace(plan.scenario, quality=asked)
    better = make(scenario, None, as_of=DAY, draws=16)
    # 40 BLEU is 5 points above the reference: 10 % more
    assert better.base["Rent"].revenue_usd[0] == pytest.approx(11_000)


@pytest.mark.parametrize(
    ("effects", "part", "factor"),
    [
        ({"api_price_factor": 0.5}, "api_tokens", 0.5),
        ({"demand_factor": 3.0}, "api_tokens", 3.0),
        ({"gpu_price_factor": 0.5}, "api_tokens", 1.0),
    ],
)
def test_a_shock_moves_what_it_hits(effects, part, factor):
    plan = planned(RENT, DEAR, shocks=[shock(month=3, duration_months=2, **effects)], draws=4)
    begins = np.full(4, 2.0)

    [hit] = hits_of(plan.scenario, 4, 0)
    assert hit.begins.tolist() == begins.tolist()

    world = plan.world(4, hits=(hit,))
    cost = simulate(world, plan.basis.option("Rent")).parts_usd[part][0]
    assert cost[:6] == pytest.approx(PER_MONTH * np.array([1, 1, factor, factor, 1, 1]))


def test_lost_customers_are_missing_from_the_month_after():
    plan = planned(RENT, DEAR, months=4, company={"customers": 100.0},
                   shocks=[shock(month=2, churn_added_per_month=0.1)])  # fmt: skip
    world = plan.world(1, hits=hits_of(plan.scenario, 1, 0))
    assert world.customers[0] == pytest.approx([100, 100, 90, 81])


def test_a_forced_retraining_is_paid_by_whom_it_hits():
    again = replace(RENT, retrain_usd=900.0)
    for whose, paid in (("all", 900), ("rented", 900), ("owned", 0)):
        plan = planned(again, DEAR, draws=2,
                       shocks=[shock(month=5, forces_retrain=True, retrains=whose)])  # fmt: skip
        with_it = plan.futures["Rent"].total_usd[0] - plan.base["Rent"].model_usd[0].sum()
        assert with_it == pytest.approx(paid, abs=1e-6)


def test_a_shortage_delays_what_is_not_ready_yet():
    late = replace(HOST, lead_months=3.0)
    plan = planned(RENT, late, draws=2, months=12, shocks=[shock(month=2, extra_lead_months=4)])

    world = plan.world(1, hits=hits_of(plan.scenario, 1, 0))
    gpu = simulate(world, plan.basis.option("Host")).parts_usd["gpu"][0]
    assert np.nonzero(gpu)[0][0] == 7


def test_the_runway_ends_within_the_month_in_which_the_money_does():
    # 100,000 − 2,000 − PER_MONTH a month
    plan = planned(RENT, DEAR, months=48)
    spent = 2000 + PER_MONTH
    found = runway(plan.base["Rent"], np.array([[100_000.0]]))
    assert found[0] == pytest.approx(100_000 / spent)
    once = planned(replace(RENT, one_time_usd=100_001.0), DEAR)
    assert runway(once.base["Rent"], np.array([[100_000.0]]))[0] == 0.0


def test_parts_are_all_of_the_models_cost():
    for found in planned(RENT, HOST).base.values():
        assert set(found.parts_usd) == set(PARTS)
        assert found.model_usd == pytest.approx(sum(found.parts_usd.values()))
