"""What to serve where: margins, limits, and a reason where nothing fits."""

from dataclasses import replace

import pytest

from core.deploy.measured import times_faster
from core.deploy.recommend import Limits, good_enough, recommend
from core.errors import BadInput
from tests.variants import measured, variant

INT8 = variant("ct2-int8", p50=8.0)
WORSE = variant("pruned", p50=4.0, difference=-5.0, low=-7.0, high=-3.0, decided=True, a100=0.2)


def by_target(found, limits=Limits()):  # noqa: B008 - frozen
    return {choice.target: choice for choice in recommend(found, limits)}


def test_only_what_surely_loses_less_than_the_margin_may_stand_in():
    assert good_enough(INT8, 1.0)
    assert good_enough(INT8, 0.3)
    assert not good_enough(INT8, 0.29)
    assert not good_enough(WORSE, 1.0)
    assert good_enough(WORSE, 7.0)
    assert not good_enough(replace(INT8, comparison={}), 100.0)


def test_a_metric_of_which_less_is_better_is_turned():
    row = {**INT8.comparison["metrics"][0], "higher_is_better": False, "low": -2.0, "high": 0.4}
    made = replace(INT8, comparison={"n": 300, "metrics": [row]})
    assert made.against.worst == pytest.approx(-0.4)
    assert good_enough(made, 0.5)
    assert not good_enough(made, 0.3)


def test_a_share_is_measured_in_percentage_points():
    row = {**INT8.comparison["metrics"][0], "unit": "share", "low": -0.009, "high": 0.01}
    made = replace(INT8, comparison={"n": 300, "metrics": [row]})
    assert good_enough(made, 1.0)
    assert not good_enough(made, 0.8)


def test_each_target_gets_the_best_of_those_that_may_stand_in():
    found = by_target([INT8, WORSE])
    assert [(target, choice.name) for target, choice in found.items()] == [
        ("a100", "shop-1-ct2-int8"), ("server", "shop-1-ct2-int8"), ("edge", "shop-1-ct2-int8"),
    ]  # fmt: skip
    assert found["a100"].value == 0.9
    assert found["a100"].original == 1.0
    assert found["edge"].n == 3
    loose = by_target([INT8, WORSE], Limits(margin=10.0))
    assert loose["a100"].name == loose["edge"].name == "shop-1-pruned"


def test_where_no_variant_may_stand_in_it_is_the_original():
    assert {choice.name for choice in recommend([WORSE], Limits())} == {"shop-1"}


def test_a_saving_that_is_none_leaves_the_original():
    assert by_target([replace(INT8, a100={"usd": 0.97, "low": 0.5, "high": 2.0})])["a100"].name \
        == "shop-1"  # fmt: skip


def test_limits_of_the_edge_leave_out_what_does_not_fit():
    tight = by_target([INT8], Limits(edge_memory_mb=60, edge_latency_ms=10))["edge"]
    assert tight.name == "shop-1-ct2-int8"
    none = by_target([INT8], Limits(edge_memory_mb=60, edge_latency_ms=2))["edge"]
    assert (none.name, none.why, none.nearest) == (None, "limits", "shop-1-ct2-int8")
    assert none.memory_mb == 50
    assert none.latency_ms == pytest.approx(INT8.measured.slow_milliseconds)
    lossy = by_target([WORSE], Limits(edge_memory_mb=60))["edge"]
    assert (lossy.name, lossy.why) == (None, "quality")


def test_without_an_estimate_for_the_card_it_says_so():
    unknown = replace(INT8, a100=None, original_a100=None)
    assert by_target([unknown])["a100"].why == "unknown"
    assert recommend([], Limits()) == ()
    assert recommend([replace(INT8, measured=None)], Limits()) == ()


@pytest.mark.parametrize(
    "limits",
    [Limits(edge_memory_mb=0), Limits(edge_latency_ms=-1), Limits(margin=-0.1),
     Limits(margin=float("nan")), Limits(edge_memory_mb=float("inf"))],
)  # fmt: skip
def test_limits_that_cannot_be_are_refused(limits):
    with pytest.raises(BadInput, match="cannot be"):
        recommend([INT8], limits)


def test_dollars_follow_from_throughput_and_price():
    one = measured(rate=1_000.0)
    # 2 cores at 0.0425 an hour; a million tokens take 1,000 s.
    assert one.usd_per_million_tokens() == pytest.approx(0.085 * 1_000 / 3_600)
    assert one.usd_per_million_tokens(3.6) == pytest.approx(1.0)
    assert one.watt_hours_per_million_tokens == pytest.approx(0.02 * 1e6 / 3_600)
    assert times_faster(measured(p50=20.0), measured(p50=5.0)) == pytest.approx(4.0)
