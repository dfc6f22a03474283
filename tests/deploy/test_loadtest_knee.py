"""The knee, on recorded steps and on ramps against queues."""

import asyncio

import numpy as np
import pytest

from core.deploy.loadtest import Plan
from core.deploy.loadtest_drive import prepare
from core.deploy.loadtest_knee import Step, fails, knee
from core.deploy.loadtest_quantile import effective, quantile
from core.deploy.loadtest_samples import Reply
from tests.deploy.virtual import Loop, Queue, exponential, run

UNLOADED = np.full(60, 0.1)


def step(rate, seconds, *, finished=1.0, busy=0, error=0, n=200):
    times = np.full(n, float(seconds))
    times[: busy + error] = np.nan
    marks = np.arange(n)
    return Step(rate, times, finished, marks < busy, (marks >= busy) & (marks < busy + error))


def test_the_last_rate_before_the_first_that_fails():
    steps = [step(4, 0.15), step(1, 0.1), step(2, 0.12), step(8, 0.5), step(16, 0.2)]
    found = knee(steps, UNLOADED, 3.0)
    assert (found.rate, found.beyond, found.why) == (4, 8, "slow")
    assert (found.low, found.high) == (4, 4)  # nothing is uncertain in these
    assert found.unloaded_p95 == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (step(8, 0.1, finished=0.8), "behind"),
        (step(8, 0.1, busy=5), "busy"),
        (step(8, 0.1, error=5), "errors"),
        (step(8, np.inf), "slow"),
        (step(8, 0.25), "limit"),
    ],
)
def test_each_reason(bad, why):
    found = knee([step(4, 0.1), bad], UNLOADED, 3.0, limit=0.2)
    assert (found.rate, found.beyond, found.why) == (4, 8, why)


def test_a_few_errors_are_none_and_the_end_of_the_ramp_is_no_knee():
    found = knee([step(4, 0.1, error=2), step(8, 0.1, busy=2)], UNLOADED, 3.0)
    assert (found.rate, found.beyond, found.why) == (8, None, None)


def test_the_first_step_fails():
    found = knee([step(4, 1.0)], UNLOADED, 3.0)
    assert (found.rate, found.beyond) == (None, 4)


def test_too_little_to_say():
    assert knee([step(4, 0.1)], UNLOADED[:10], 3.0) is None
    assert knee([], UNLOADED, 3.0) is None


def test_a_step_at_the_limit_makes_the_knee_uncertain():
    random = np.random.default_rng(1)
    at = 0.3 / -np.log(0.05)  # its p95 is just what may be
    close = step(8, 0.1)
    close.seconds[:] = random.exponential(at, 200)
    found = knee([step(4, 0.1), close, step(16, 2.0)], UNLOADED, 3.0, seed=3)
    assert (found.low, found.high) == (4, 8)
    assert knee([step(4, 0.1), close, step(16, 2.0)], UNLOADED, 3.0, seed=3) == found


def test_nothing_answered_fails():
    nothing = step(8, 0.1, error=200)
    assert fails(nothing, 0.1, 3.0, None) == "errors"


def test_a_ramp_finds_where_an_m_m_1_queue_bends():
    """p95 = ln 20 ÷ (μ − λ) is 3 times that of one at a time, ln 20 ÷ μ, at λ = ⅔ μ."""
    drive = run(Plan("ramp", seconds=1e4, step_seconds=150.0), Queue(exponential(0.02, 5)).send)
    found = drive.knee()
    assert drive.ended == "done"
    assert found.rate == pytest.approx(50 * 2 / 3, rel=0.25)
    assert found.low <= found.rate <= found.high
    assert found.rate < found.beyond <= found.rate * 1.2
    rates = [stage.rate for stage in drive.stages[1:]]
    assert len(rates) == len(set(rates))


def test_a_ramp_goes_on_until_the_server_is_full():
    """What it finishes then is the rate of its services, one over their mean."""
    drive = run(Plan("ramp", seconds=1e4, step_seconds=150.0), Queue(exponential(0.02, 5)).send)
    most = max(summary.throughput for summary in drive.summaries() if summary.rate)
    assert max(stage.rate or 0 for stage in drive.stages) > 50
    assert most == pytest.approx(50, rel=0.1)


def test_what_nobody_would_notice_is_not_slow():
    quick = np.full(60, 0.002)
    assert knee([step(4, 0.002), step(8, 0.02)], quick, 3.0).beyond is None
    found = knee([step(4, 0.002), step(8, 0.03)], quick, 3.0)
    assert (found.beyond, found.allowed_p95) == (8, 0.025)
    assert knee([step(4, 0.002), step(8, 0.02)], quick, 3.0, limit=0.01).beyond == 8


def with_late_client(late, step_seconds):
    """A ramp against a queue, by a client that sends 50 ms late where `late(rate)` says so."""

    def disturb(drive):
        add = drive.firing.samples.add
        drive.firing.samples.add = lambda stage, due, sent, reply: add(
            stage, due, sent + (0.05 if late(drive.stages[stage].rate or 0) else 0.0), reply
        )

    plan = Plan("ramp", seconds=1e4, step_seconds=step_seconds)
    return run(plan, Queue(exponential(0.02, 5)).send, disturb=disturb)


def test_a_client_that_is_late_beyond_the_knee_still_finds_it():
    drive = with_late_client(lambda rate: rate > 60, 150.0)
    assert drive.ended == "done"
    assert drive.knee().beyond < 60
    assert drive.knee().rate == pytest.approx(50 * 2 / 3, rel=0.25)


def test_a_ramp_against_a_server_that_refuses():
    queue = Queue(lambda: 0.05, places=4, most=6)
    drive = run(Plan("ramp", seconds=1e4, step_seconds=100.0), queue.send)
    found = drive.knee()
    assert found.why == "busy"
    assert 20 < found.rate < 80


def test_a_ramp_ends_in_time_and_says_that_it_is_a_minimum():
    drive = run(Plan("ramp", seconds=45.0), Queue(lambda: 0.001, places=100).send)
    found = drive.knee()
    assert drive.ended == "time"
    assert found.beyond is None
    assert found.rate > 200


def test_a_ramp_whose_time_is_up_beyond_the_knee_names_both_rates():
    slow = Queue(exponential(0.02, 5)).send
    drive = run(Plan("ramp", seconds=400.0, step_seconds=80.0), slow)
    assert drive.ended == "coarse"
    assert drive.knee().beyond is not None


def test_a_ramp_against_nothing_ends_at_once():
    async def gone(number, due):
        return Reply("unreachable", asyncio.get_running_loop().time())

    drive = run(Plan("ramp", seconds=600.0), gone)
    assert drive.knee() is None
    assert drive.summaries()[0].counts["unreachable"] > 0


def test_independent_times_count_whole_and_alike_ones_less():
    random = np.random.default_rng(2)
    independent = random.random(5_000) > 0.5
    assert effective(independent) > 4_000
    blocks = np.repeat(random.random(500) > 0.5, 10)
    assert effective(blocks) == pytest.approx(500, rel=0.3)


def test_the_interval_of_a_quantile_holds_it_as_often_as_it_says():
    random = np.random.default_rng(7)
    theory = -np.log(0.05)
    inside = 0
    for _ in range(400):
        found = quantile(random.exponential(1.0, 300), 0.95)
        inside += found.low < theory < found.high
    assert 0.92 <= inside / 400 <= 0.99


def test_too_few_times_give_no_tail():
    assert quantile(np.ones(19), 0.95).value is None
    assert quantile(np.ones(20), 0.95).value == 1
    assert quantile(np.ones(99), 0.99).value is None
    assert quantile(np.empty(0), 0.5).value is None


def test_a_step_in_which_the_client_was_late_is_done_once_more():
    queue, late = Queue(exponential(0.02, 5)), [True]

    class Firing:
        """Says of the second step that the client was late, once."""

        def __init__(self, samples):
            self.add, self.seen = samples.add, set()

        def __call__(self, stage, due, sent, reply):
            self.seen.add(stage)
            behind = stage == 2 and late[0]
            self.add(stage, due, sent + (0.05 if behind else 0.0), reply)

    async def whole():
        drive = prepare(Plan("ramp", seconds=3_000.0, step_seconds=20.0), queue.send, lambda: False)
        drive.firing.samples.add = Firing(drive.firing.samples)
        await drive.run()
        return drive

    loop = Loop()
    try:
        drive = loop.run_until_complete(whole())
    finally:
        loop.close()
    assert drive.disturbed == {2}
    assert drive.stages[3].rate == drive.stages[2].rate
    assert drive.ended == "done"
    assert drive.knee().rate is not None


def test_a_client_that_is_always_late_ends_the_ramp():
    drive = with_late_client(lambda rate: True, 20.0)
    assert drive.ended == "client"
    assert len(drive.stages) == 3
