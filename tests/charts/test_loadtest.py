"""Figures of a load test: measured solid, estimated dashed, the knee where it is."""

import asyncio

import pytest

from core.charts import loadtest as charts
from core.deploy.loadtest import Plan
from core.deploy.loadtest_samples import Reply
from core.text.catalog import t
from tests.deploy.virtual import Queue, exponential, made

BOTH = [("light", "en"), ("dark", "zh")]


@pytest.fixture(scope="module")
def ramp():
    return made(Plan("ramp", seconds=3_000.0, step_seconds=20.0), Queue(exponential(0.02, 5)).send)


@pytest.mark.parametrize(("scheme", "language"), BOTH)
def test_the_lines_are_what_was_measured(ramp, scheme, language):
    fig = charts.by_rate(ramp, scheme, language)
    steps = sorted(ramp.loaded, key=lambda s: s.offered)
    lines = [trace for trace in fig.data if trace.mode == "lines"]
    dashes = [line.line.dash for line in lines]
    assert dashes[:2] == ["solid", "solid"]
    assert set(dashes[2:]) <= {"6px,4px"}
    for line, name in zip(lines, ("p50", "p95"), strict=False):
        values = [getattr(s.total, name).value for s in steps]
        assert list(line.y) == pytest.approx([1000 * v for v in values if v is not None])
    dots = [trace for trace in fig.data if trace.mode == "markers"]
    assert all(min(dot.error_y.array) >= 0 for dot in dots)
    assert all(min(dot.error_y.arrayminus) >= 0 for dot in dots)


@pytest.mark.parametrize(("scheme", "language"), BOTH)
def test_the_knee_is_marked_with_what_lies_between(ramp, scheme, language):
    fig = charts.by_rate(ramp, scheme, language)
    zone = next(shape for shape in fig.layout.shapes if shape.type == "rect")
    assert (zone.x0, zone.x1) == (ramp.knee.rate, ramp.knee.beyond)
    written = " ".join(annotation.text for annotation in fig.layout.annotations)
    assert t("loadtest.chart.p95", language) in written
    assert f"{ramp.knee.rate:.3g}" in written


def test_the_spread_is_of_one_at_a_time_the_knee_and_beyond(ramp):
    fig = charts.spread(ramp, "light")
    assert len(fig.data) == 3
    assert [ramp.stages[place].offered for place in charts.told(ramp)[1:]] == [
        ramp.knee.rate, ramp.knee.beyond
    ]  # fmt: skip
    for trace in fig.data:
        assert list(trace.x) == sorted(trace.x)
        assert max(trace.y) <= 100


def test_what_was_waited_for_in_vain_leaves_the_curve_short():
    plan = Plan("rate", rate=7.0, seconds=20.0, timeout_seconds=2.0)
    slow = made(plan, Queue(lambda: 0.2, patience=2.0).send)
    fig = charts.spread(slow, "light")
    assert max(fig.data[0].y) < 80


def test_nothing_measured_draws_nothing():
    async def gone(number, due):
        return Reply("unreachable", asyncio.get_running_loop().time())

    nothing = made(Plan("rate", rate=5.0, seconds=10.0), gone)
    assert len(charts.by_rate(nothing, "light").data) == 0
    assert len(charts.spread(nothing, "dark", "zh").data) == 0


def test_on_a_logarithmic_axis_the_names_stay_at_their_lines():
    plan = Plan("shape", shape="office-hours", requests_per_day=1_000_000, seconds=240.0)
    day = made(plan, Queue(exponential(0.03, 5)).send)
    fig = charts.by_rate(day, "light")
    assert fig.layout.yaxis.type == "log"
    last = next(trace for trace in fig.data if trace.mode == "lines").y[-1]
    named = next(a for a in fig.layout.annotations if a.text == t("loadtest.chart.p50"))
    assert 10**named.y == pytest.approx(last)
