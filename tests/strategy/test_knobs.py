"""Controls of the inputs that matter: within limits, in natural steps, ranges carried along."""

import json
from dataclasses import fields

import pytest

from core.strategy.beside import FieldDifference, beside
from core.strategy.document import as_json
from core.strategy.fields import Rule, rule
from core.strategy.inputs import market_path
from core.strategy.knobs import MOST, carried, knobs
from core.strategy.labels import UNITS
from core.strategy.scenario import Head
from core.strategy.sections import KINDS, Company, Demand, Quality
from core.strategy.shocks import EFFECTS, Shock
from core.text.catalog import topic
from tests.strategy.scene import HOST, RENT, TUNED, planned, scene

SHARE = Rule("", low=0, high=1)


def bar(path, field, base, low, high, option=None):
    return {"input": path, "field": field, "option": option, "base": base, "low": low, "high": high}


def found(*bars, options=(RENT, HOST), prices=(), **scenario):
    return knobs({"tornado": list(bars), "prices": list(prices)}, scene(*options, **scenario))


def test_what_is_no_field_of_the_file_is_passed_over():
    made = found(bar("option.Rent.token_price", "token_price", 1.0, 0.8, 1.2, "Rent"),
                 bar("option.Host.rate", "rate", 3.0, 2.0, 4.0, "Host"))  # fmt: skip
    # in their place stands what moves the money
    assert [knob.input for knob in made] == [
        "demand.requests_per_day", "company.monthly_cost_usd"
    ]  # fmt: skip


def test_there_are_four_at_most_in_the_order_of_the_tornado():
    names = ("cash_usd", "monthly_cost_usd", "person_usd_per_month")
    bars = [bar(f"company.{name}", name, 1000.0, 800.0, 1200.0) for name in names]
    bars += [bar("demand.requests_per_day", "requests_per_day", 1e5, 8e4, 1.2e5),
             bar("demand.input_tokens", "input_tokens", 100.0, 80.0, 120.0)]  # fmt: skip
    knob = found(*bars)
    assert len(knob) == MOST
    assert [one.field for one in knob] == [*names, "requests_per_day"]


def test_volumes_go_by_factors_around_their_value():
    knob, *_ = found(bar("demand.requests_per_day", "requests_per_day", 1e5, 8e4, 1.2e5))
    assert (knob.stops[0], knob.stops[-1]) == (1e4, 1e6)
    assert knob.base in knob.stops
    ratios = [after / before for before, after in zip(knob.stops, knob.stops[1:], strict=False)]
    assert max(ratios) < 1.2


def test_shares_stay_within_their_limits():
    knob, *_ = found(bar("company.churn_per_month", "churn_per_month", 0.02, 0.0, 0.06),
                   company={"churn_per_month": 0.02})  # fmt: skip
    assert knob.stops[0] == 0.0
    assert all(0 <= stop <= 1 for stop in knob.stops)
    assert 0.123 in knob.with_stop(0.123)


def test_a_market_price_sets_the_own_price_of_those_that_rent_there():
    name = "A100-80-SXM, on-demand, median"
    prices = [{"option": "Host", "item": name}, {"option": "Rent", "item": "input"}]
    knob, *_ = found(
        bar(market_path(name), "usd_per_gpu_hour", 1.79, 1.4, 3.4, name), prices=prices
    )
    assert knob.changes(2.5) == {"option.Host.usd_per_gpu_hour": 2.5}


def test_a_range_is_carried_along_with_its_value():
    row = bar("demand.requests_per_day", "requests_per_day", 1e5, 8e4, 2e5)
    knob, *_ = found(row, ranges={"demand.requests_per_day": (8e4, 2e5)})
    assert knob.changes(2e5)["ranges.demand.requests_per_day"] == [1.6e5, 4e5]
    assert knob.changes(1e5)["ranges.demand.requests_per_day"] == [8e4, 2e5]


@pytest.mark.parametrize(
    ("value", "ends"),
    [(0.0, [0.0, 0.03]), (0.04, [0.03, 0.07]), (0.99, [0.98, 1.0])],
)
def test_a_range_that_may_be_zero_keeps_its_distances_within_the_limits(value, ends):
    assert carried(0.0, (-0.01, 0.03), value, SHARE) == pytest.approx(ends)


def test_the_knobs_of_a_plan_are_fields_that_can_be_set():
    document = json.loads(json.dumps(as_json(planned(RENT, HOST, draws=200))))
    for knob in knobs(document, scene(RENT, HOST)):
        assert knob.base in knob.stops
        assert knob.field in UNITS


def test_two_scenarios_differ_field_by_field():
    one, two = scene(RENT, HOST), scene(RENT, TUNED, months=12)
    differ = beside(one, two)
    assert FieldDifference("horizon_months", 24, 12) in differ
    assert FieldDifference("option.Host.model", "llama-3-8b", None) in differ
    assert FieldDifference("option.Tuned.run", None, "latest") in differ
    assert beside(one, scene(RENT, HOST)) == ()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_field_has_a_name_in_both_languages(language):
    words = topic("strategy_fields", language)
    sections = {"head": Head, "company": Company, "demand": Demand, "quality": Quality,
                "shock": Shock}  # fmt: skip
    wanted = {f"{name}.{row.name}" for name, kind in sections.items() for row in fields(kind)}
    wanted |= {f"option.{row.name}" for kind in KINDS.values() for row in fields(kind)}
    wanted |= {f"shock.{effect}" for effect in EFFECTS}
    assert wanted - set(words) == set()
    assert all(rule(row).comment for kind in sections.values() for row in fields(kind))
