from dataclasses import replace

import pytest

from core.strategy.document import as_json
from core.strategy.inputs import inputs_of
from core.strategy.plan import make
from core.strategy.sensitivity import tornado
from core.strategy.world import World
from tests.strategy.scene import (
    DAY,
    DAYS,
    DEAR,
    HOST,
    MACHINE,
    RENT,
    REQUEST,
    planned,
    scene,
    shock,
)

PLAIN = replace(RENT, cached_usd_per_mtok=None)
FIXED = replace(HOST, quality=40.0)


def bars(plan):
    return {bar.input.path: bar for bar in tornado(plan)}


def test_the_volume_that_flips_two_options_is_the_one_solved_on_paper():
    # No growth, no one-time cost, one machine whose rate bears far more: every month is alike
    plan = planned(PLAIN, FIXED)
    assert plan.recommended == "Host"
    bar = bars(plan)["demand.requests_per_day"]
    assert bar.flips_at == pytest.approx(MACHINE / (REQUEST * DAYS), rel=1e-6)
    assert bar.flips_to == "Rent"
    # moved by a fifth: what is saved a month, over 24 months
    saved = [24 * (REQUEST * volume * DAYS - MACHINE) for volume in (80_000, 120_000)]
    assert [bar.at_low, bar.at_high] == pytest.approx(saved)


@pytest.mark.parametrize("requests", [40_000.0, 100_000.0, 400_000.0])
def test_every_flip_changes_the_ranking_and_no_sooner(requests):
    ranges = {"demand.growth_per_month": (-0.05, 0.1), "company.growth_per_month": (0.0, 0.1)}
    plan = planned(PLAIN, FIXED, requests=requests, ranges=ranges, growth_per_month=0.01,
                   company={"customers": 10.0, "growth_per_month": 0.03}, draws=32)  # fmt: skip
    found = [bar for bar in tornado(plan) if bar.flips_at is not None]
    assert found
    base = {row.path: row.base for row in inputs_of(plan.scenario, plan.basis)}
    for bar in found:
        path = bar.input.path
        if path.partition(".")[0] not in ("demand", "company"):
            continue
        for share, expected in ((0.98, plan.recommended), (1.02, bar.flips_to)):
            value = base[path] + share * (bar.flips_at - base[path])
            section, _, field = path.partition(".")
            part = replace(getattr(plan.scenario, section), **{field: value})
            others = {other: ends for other, ends in ranges.items() if other != path}
            moved = replace(plan.scenario, **{section: part}, ranges=others)
            assert make(moved, None, as_of=DAY, draws=32).recommended == expected


def test_what_moves_all_options_alike_is_no_bar():
    plan = planned(PLAIN, DEAR, company={"customers": 10.0, "revenue_per_customer_usd": 100.0})
    assert not any(path.startswith("company.") for path in bars(plan))


def test_quality_flips_at_the_floor():
    plan = planned(PLAIN, replace(FIXED, quality=33.0))
    bar = bars(plan)["option.Host.quality"]
    assert bar.flips_at == pytest.approx(30.0, rel=1e-4) and bar.flips_to == "Rent"
    alone = planned(PLAIN, replace(DEAR, quality=29.0))
    only = bars(alone)["option.Rent.quality"]
    assert only.flips_at == pytest.approx(30.0, rel=1e-4) and only.flips_to is None


def test_the_longest_bar_comes_first_and_each_tells_how_its_range_is_known():
    plan = planned(PLAIN, FIXED, requests=4_000_000.0,
                   ranges={"demand.requests_per_day": (1_000_000.0, 9_000_000.0)})  # fmt: skip
    found = tornado(plan)
    assert [bar.swing for bar in found] == sorted((bar.swing for bar in found), reverse=True)
    known = {bar.input.path: bar.input.how for bar in found}
    assert known["demand.requests_per_day"] == "stated"
    assert known["option.Host.rate"] == "estimated"
    assert known["option.Rent.token_price"] == "tried"


def test_a_market_price_that_nobody_states_is_published_between_the_cheapest_and_dearest():
    plan = planned(PLAIN, replace(FIXED, usd_per_gpu_hour=None), requests=4_000_000.0)
    [market] = plan.basis.markets
    row = next(row for row in inputs_of(plan.scenario, plan.basis) if row.path.startswith("market"))
    assert row.how == "published"
    assert row.low < row.base < row.high and market.providers > 1


def test_shocks_are_in_the_measure():
    calm = planned(PLAIN, FIXED, requests=69_000.0)
    assert calm.recommended == "Host"
    war = planned(PLAIN, FIXED, requests=69_000.0,
                  shocks=[shock(month=1, probability=1.0, api_price_factor=0.5)])  # fmt: skip
    assert war.recommended == "Rent"
    bar = bars(war)["demand.requests_per_day"]
    assert bar.flips_at == pytest.approx(2 * MACHINE / (REQUEST * DAYS), rel=1e-6)
    assert bar.flips_to == "Host"


def test_flip_sentences_name_the_input_the_value_and_the_option():
    flips = as_json(planned(PLAIN, FIXED))["flips"]
    volume = next(row for row in flips if row["input"] == "demand.requests_per_day")
    assert volume["text"] == (
        "If the requests a day fell to 68,600 (now 100,000), Rent would lead."
    )


def test_a_world_takes_what_is_put_in_and_leaves_the_rest_at_its_base():
    scenario = scene(PLAIN, FIXED)
    plan = make(scenario, None, as_of=DAY, draws=2)
    world = World(scenario, plan.basis, 1, 12, {})
    assert world.of("demand.input_tokens")[0, 0] == 100.0


def test_where_no_other_is_good_enough_only_scores_are_bars():
    alone = planned(PLAIN, replace(DEAR, quality=29.0))
    assert set(bars(alone)) == {"option.Rent.quality", "option.Dear.quality"}
