"""Load tests against servers whose queue is known, in virtual time: theory is the oracle."""

import asyncio
import math
from dataclasses import replace

import numpy as np
import pytest

from core.cost.queueing import erlang_c
from core.deploy.loadtest import Plan, Stage, stages
from core.deploy.loadtest_arrivals import arrivals, poisson
from core.deploy.loadtest_samples import Reply
from core.errors import BadInput, RequestError
from tests.deploy.virtual import Queue, exponential, run


def test_poisson_counts_have_their_mean_and_variance():
    """Counts in windows: mean and variance are both rate times length, gaps are exponential."""
    times = poisson(50.0, 2_000.0, np.random.default_rng(4))
    counts = np.histogram(times, bins=np.arange(0, 2_001))[0]
    assert counts.mean() == pytest.approx(50, abs=4 * math.sqrt(50 / 2_000))
    assert counts.var() == pytest.approx(50, rel=4 * math.sqrt(2 / 2_000))
    gaps = np.diff(times)
    assert gaps.mean() == pytest.approx(1 / 50, rel=0.02)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.03)
    assert np.corrcoef(gaps[:-1], gaps[1:])[0, 1] == pytest.approx(0, abs=0.02)


def test_a_step_of_a_ramp_has_as_many_as_it_says():
    for seed in range(5):
        times = poisson(7.3, 10.0, np.random.default_rng(seed), counted=True)
        assert len(times) == 73
        assert 0 < times.min() < times.max() < 10


def test_the_same_seed_gives_the_same_arrivals_and_another_others():
    plan = [Stage(20.0, 10.0)]
    assert np.array_equal(arrivals(plan, 1)[0], arrivals(plan, 1)[0])
    assert not np.array_equal(arrivals(plan, 1)[0][:5], arrivals(plan, 2)[0][:5])


def test_a_day_keeps_its_rates_and_is_squeezed():
    plan = Plan("shape", shape="office-hours", requests_per_day=864_000, seconds=240.0)
    found = stages(plan)
    assert [stage.seconds for stage in found] == [10.0] * 24
    rates = [stage.rate for stage in found]
    assert sum(rates) / 24 == pytest.approx(10.0)
    assert max(rates) == rates[10] == pytest.approx(50 * min(rates))
    times, places = arrivals(found, 3)
    assert np.all(np.diff(times) >= 0)
    assert np.all(places == np.floor(times / 10))
    assert len(times) == pytest.approx(plan.expected, abs=4 * math.sqrt(plan.expected))
    drive = run(plan, Queue(lambda: 0.001).send)
    assert [round(s.rate, 3) for s in drive.summaries()] == [round(rate, 3) for rate in rates]


def test_an_m_m_1_queue_has_the_times_of_theory():
    """Time in an M/M/1 system is exponential with rate μ − λ (Allen 1990, chapter 5)."""
    rate, mu = 30.0, 50.0
    drive = run(Plan("rate", rate=rate, seconds=700.0, most_in_flight=4_096),
                Queue(exponential(1 / mu)).send)  # fmt: skip
    found = drive.summaries()[0]
    assert found.total.mean == pytest.approx(1 / (mu - rate), rel=0.1)
    for share, shown in ((0.5, found.total.p50), (0.95, found.total.p95), (0.99, found.total.p99)):
        theory = -math.log(1 - share) / (mu - rate)
        assert shown.value == pytest.approx(theory, rel=0.1)
        assert shown.low < theory < shown.high
        # Neighbours wait in the same queue: they say less than so many independent ones.
        assert shown.effective < 0.5 * shown.n
    assert found.throughput == pytest.approx(rate, rel=0.02)
    assert found.counts == {"ok": found.sent}


def test_several_places_wait_as_erlang_has_it():
    rate, service, places = 70.0, 0.1, 10
    drive = run(Plan("rate", rate=rate, seconds=400.0, most_in_flight=4_096),
                Queue(exponential(service), places).send)  # fmt: skip
    found = drive.summaries()[0]
    waits = float(erlang_c(places, rate * service))
    wait = waits * service / (places - rate * service)
    assert found.total.mean == pytest.approx(service + wait, rel=0.08)


def stalling(at, seconds):
    """A server that answers at once, but once does nothing for a while."""

    async def send(number, due):
        loop = asyncio.get_running_loop()
        if at <= loop.time() < at + seconds:
            await asyncio.sleep(at + seconds - loop.time())
        await asyncio.sleep(0.001)
        return Reply("ok", loop.time(), 200)

    return send


def test_a_stall_is_seen_by_those_that_came_in_it():
    """Coordinated omission: a client that waits its turn sees one slow request, users see many."""
    open_ = run(Plan("rate", rate=100.0, seconds=100.0), stalling(50.0, 4.0)).summaries()[0]
    assert open_.total.p99.value > 2.0
    assert open_.total.p50.value == pytest.approx(0.001)
    closed = run(Plan("clients", clients=1, seconds=100.0), stalling(50.0, 4.0)).summaries()[0]
    assert closed.total.p99.value == pytest.approx(0.001)


def test_warm_up_is_left_out():
    cold = stalling(0.0, 4.0)
    found = run(Plan("rate", rate=100.0, seconds=100.0), cold).summaries()[0]
    assert found.seconds == 95.0
    assert found.total.p99.value == pytest.approx(0.001)


def test_what_is_too_much_is_counted_and_the_answers_alone_are_timed():
    queue = Queue(lambda: 0.1, most=5)
    found = run(Plan("rate", rate=20.0, seconds=500.0), queue.send).summaries()[0]
    assert found.counts["busy"] + found.counts["ok"] == found.sent
    assert found.busy_share == pytest.approx(0.5, abs=0.03)
    assert found.error_share == 0
    assert found.statuses == {"429": found.counts["busy"]}
    assert found.throughput == pytest.approx(10.0, rel=0.02)
    assert found.total.p95.value <= 0.5 + 1e-9
    assert found.total.p50.n == found.counts["ok"]


def test_a_time_waited_for_in_vain_is_longer_than_any():
    """Overload: half of the answers never come in time, so that p95 is beyond, and not small."""
    found = run(Plan("rate", rate=20.0, seconds=60.0, timeout_seconds=5.0, most_in_flight=4_096),
                Queue(lambda: 0.1, patience=5.0).send).summaries()[0]  # fmt: skip
    assert found.counts["timeout"] > 0.2 * found.sent
    assert found.total.p95.beyond
    assert found.total.p95.value is None
    assert found.total.p95.high is None
    assert found.error_share > 0.2


def test_more_in_flight_than_allowed_is_not_sent_and_said():
    plan = Plan("rate", rate=50.0, seconds=20.0, most_in_flight=8)
    queue = Queue(lambda: 0.5)
    found = run(plan, queue.send).summaries()[0]
    assert found.counts["unsent"] > 0
    assert not found.trustworthy
    assert max(number for number, *_ in queue.asked) < 50 * 20 * 1.2


def test_it_stops_when_asked_with_what_was_measured():
    loop_time = []

    def stopping():
        loop_time.append(asyncio.get_running_loop().time())
        return loop_time[-1] > 10.0

    plan = Plan("rate", rate=20.0, seconds=100.0)
    drive = run(plan, Queue(lambda: 0.01).send, stopping)
    found = drive.summaries()[0]
    assert drive.ended == "stopped"
    assert found.seconds < 10.5
    assert found.offered == pytest.approx(20.0, rel=0.3)
    assert found.throughput == pytest.approx(found.offered, rel=0.1)


def test_a_day_that_is_stopped_has_the_hours_that_were():
    def stopping():
        return asyncio.get_running_loop().time() > 35.0

    plan = Plan("shape", shape="flat", requests_per_day=864_000, seconds=240.0)
    drive = run(plan, Queue(lambda: 0.01).send, stopping)
    assert len(drive.summaries()) == 4
    assert drive.summaries()[-1].seconds == pytest.approx(5.0, abs=0.5)


def test_clients_stop_in_the_middle_of_a_wait():
    def stopping():
        return asyncio.get_running_loop().time() > 3.0

    drive = run(Plan("clients", clients=4, seconds=100.0), Queue(lambda: 30.0).send, stopping)
    assert drive.ended == "stopped"
    assert drive.summaries()[0].sent == 0


def test_no_more_requests_than_allowed():
    plan = replace(Plan("clients", clients=3, seconds=1e3), most_requests=50)
    queue = Queue(lambda: 0.1)
    drive = run(plan, queue.send)
    assert len(queue.asked) == 50
    assert drive.ended == "enough"
    with pytest.raises(BadInput, match="about 3,000 requests"):
        Plan("rate", rate=100.0, seconds=30.0, most_requests=50)


def test_clients_reach_what_the_server_gives():
    drive = run(Plan("clients", clients=8, seconds=300.0), Queue(lambda: 0.1, places=4).send)
    found = drive.summaries()[0]
    assert found.throughput == pytest.approx(40.0, rel=0.01)
    assert found.total.p50.value == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "rate", "rate": 0}, "rate: 0 cannot be"),
        ({"kind": "rate", "rate": 1e9}, "at most 5,000"),
        ({"kind": "rate", "rate": float("nan")}, "rate: nan cannot be"),
        ({"kind": "rate"}, "rate is missing"),
        ({"kind": "rate", "rate": 1.0, "seconds": float("inf")}, "duration: inf"),
        ({"kind": "clients", "clients": 0}, "clients: 0"),
        ({"kind": "clients", "clients": 10**6}, "1 to 1,024"),
        ({"kind": "shape", "shape": "lunch", "requests_per_day": 1e5}, "lunch"),
        ({"kind": "shape", "shape": "flat"}, "requests-per-day is missing"),
        ({"kind": "shape", "shape": "office-hours", "requests_per_day": 9e8}, "busiest hour"),
        ({"kind": "ramp", "multiple": 1.0}, "multiple: 1"),
        ({"kind": "ramp", "most_in_flight": 10**6}, "max-in-flight"),
        ({"kind": "ramp", "seed": -1}, "seed"),
        ({"kind": "flood"}, "'flood'"),
    ],
)
def test_a_plan_that_cannot_be(fields, words):
    with pytest.raises(RequestError, match=words):
        Plan(**fields)
