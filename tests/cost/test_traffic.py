"""A day of requests, and the replicas that run through it."""

import numpy as np
import pytest

from core.cost.crew import LATE, TARGET_LOAD, crew_of
from core.cost.frontier import Target, frontier, limit, pace_at
from core.cost.hardware import gpu
from core.cost.prices import own_price
from core.cost.replica import Replica
from core.cost.serving import estimate_serving
from core.cost.steps import PRECISIONS
from core.cost.traffic import FLAT, TRAFFIC, Traffic, ahead, plan_day, traffic
from core.errors import BadInput, NotFound
from core.models.catalog import model

MISTRAL = model("mistral-7b").shape
COPY = Replica(MISTRAL, gpu("A100-80-SXM"), 1, PRECISIONS[0], 1000, 200)


def month(shape, requests=2_000_000, **more):
    return estimate_serving(
        MISTRAL, "A100-80-SXM", 1, 1000, 200, price=own_price(2.0), requests_per_day=requests,
        traffic=shape, **more,
    )  # fmt: skip


@pytest.mark.parametrize("row", TRAFFIC, ids=lambda row: row.name)
def test_every_shape_has_24_hours_and_all_requests_come(row):
    assert len(row.hours) == 24
    assert min(row.hours) > 0
    assert row.rates(86_400).sum() * 3600 == pytest.approx(86_400)
    assert traffic(row.name) is row


def test_shapes_that_are_made_up_say_so():
    assert [row.name for row in TRAFFIC if row.source] == ["flat"]
    said = [note.say() for note in month(traffic("office-hours")).assumptions]
    assert any("an assumption, not a measurement" in words for words in said)
    own = traffic(",".join(["1"] * 24))
    assert any("stated by the user" in note.say() for note in month(own).assumptions)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2,3", "3 numbers .* give 24"),
        (",".join(["1"] * 25), "25 numbers .* give 24"),
        (",".join(["x"] * 24), "not all of that are numbers"),
        (",".join(["0"] * 24), "all are 0"),
        (",".join(["-1"] + ["1"] * 23), "negative"),
        (",".join(["nan"] + ["1"] * 23), "absurd"),
        (",".join(["1e300"] * 24), "absurd"),
    ],
)
def test_other_traffic_is_refused(text, words):
    with pytest.raises(BadInput, match=words):
        traffic(text)


def test_an_unknown_shape_lists_the_known():
    with pytest.raises(NotFound, match=r"flat, office-hours.* 24 numbers"):
        traffic("weekend")


def test_replicas_are_there_before_the_ramp():
    needed = np.array([1.0] * 8 + [5.0] * 10 + [1.0] * 6)
    assert ahead(needed, 0).tolist() == needed.tolist()
    half = ahead(needed, 0.5)
    assert half[7] == 3, "half of the hour before at 5, half at 1"
    assert half.sum() == needed.sum() + 2
    assert ahead(needed, 2.25)[4:8].tolist() == [1, 2, 5, 5]
    assert ahead(needed, 24).tolist() == [5] * 24
    night = np.array([5.0] + [1.0] * 23)
    assert ahead(night, 1)[23] == 5, "the day repeats"


def test_a_slow_start_is_paid_for():
    costs = [month(traffic("office-hours"), scale_up_minutes=m).usd_per_month.value
             for m in (0, 10, 60, 1440)]  # fmt: skip
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_by_the_hour_is_cheaper_than_the_peak_all_day():
    found = month(traffic("office-hours"))
    assert found.day.most == found.replicas
    always = found.day.most * 2.0 * 730.5
    assert found.usd_per_month.value < 0.7 * always
    flat = month(FLAT)
    assert flat.usd_per_month.value == pytest.approx(flat.replicas * 2.0 * 730.5)
    assert flat.utilisation > found.utilisation


def test_a_flat_day_is_a_rate():
    day, rate = month(FLAT, 864_000), estimate_serving(
        MISTRAL, "A100-80-SXM", 1, 1000, 200, price=own_price(2.0), requests_per_second=10
    )  # fmt: skip
    assert day.usd_per_month == rate.usd_per_month
    assert day.time_per_request == rate.time_per_request


def test_the_day_keeps_the_target_in_every_hour():
    found = month(traffic("two-peaks"), target=Target(0.5, 0.03))
    state = found.day.state
    assert (state.late <= LATE).all()
    assert (state.pace.token <= 0.03).all()
    assert (found.day.requests_per_second <= TARGET_LOAD * found.day.needed * found.crew.rate).all()
    assert found.late <= LATE


def test_replicas_are_the_fewest_that_do():
    crew = crew_of(COPY, Target(0.15, 0.03))
    rates = np.array([1.0, 20.0, 75.0, 300.0])
    counts = crew.replicas(rates)
    fewer = counts - 1
    late = crew.state(rates, fewer).late > LATE
    full = rates > TARGET_LOAD * fewer * crew.rate
    assert (late | full)[1:].all()


def test_more_requests_never_need_fewer_replicas():
    for target in (Target(), Target(0.12), Target(0.3, 0.02)):
        counts = crew_of(COPY, target).replicas(np.geomspace(0.01, 5000, 300))
        assert (np.diff(counts) >= 0).all()


def test_replicas_at_night_can_be_none():
    night = Traffic("own", (0.0,) * 12 + (1.0,) * 12)
    off = month(night, min_replicas=0, scale_up_minutes=0)
    assert off.day.needed[:12].tolist() == [0.0] * 12
    assert month(night, min_replicas=3).day.needed.min() == 3
    assert off.usd_per_month.value < month(night).usd_per_month.value


def test_latency_rises_with_throughput():
    points = frontier(COPY)
    for values in (points.requests_per_second, points.first, points.answer):
        assert (np.diff(values) > -1e-9).all()
    full = pace_at(COPY, COPY.largest_batch)
    assert full.token * 200 == pytest.approx(
        COPY.largest_batch * COPY.request_seconds(COPY.largest_batch)
    ), "Little's law where it is full"


def test_no_target_is_as_much_as_the_cache_holds():
    assert limit(COPY, Target()) == COPY.largest_batch


def test_a_plan_of_zero_requests_an_hour_has_no_late_ones():
    day = plan_day(crew_of(COPY, Target(0.5)), np.array([0.0] * 23 + [1.0]), 1, 0)
    assert day.late is not None
    assert day.state.late[0] == pytest.approx(0, abs=1e-12)
