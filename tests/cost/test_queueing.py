"""Waiting, against values worked by hand, the classic recursion and simulations."""

import heapq
import random

import numpy as np
import pytest

from core.cost.queueing import erlang_b, erlang_c, late_share, mean_wait_seconds


def recursion(servers, load):
    """Erlang's own: B(0) = 1, B(n) = a B(n−1) / (n + a B(n−1))."""
    blocked = 1.0
    for places in range(1, servers + 1):
        blocked = load * blocked / (places + load * blocked)
    return blocked


@pytest.mark.parametrize(
    ("servers", "load", "waits"),
    [
        (1, 0.5, 1 / 2),  # M/M/1: the load itself
        (2, 1.0, 1 / 3),  # a²/2 · 2/(2−a) over 1 + a + that
        (3, 2.0, 4 / 9),
    ],
)
def test_erlang_c_worked_by_hand(servers, load, waits):
    assert erlang_c(servers, load) == pytest.approx(waits, rel=1e-9)


@pytest.mark.parametrize("servers", [1, 2, 7, 40, 1000, 50_000])
@pytest.mark.parametrize("use", [1e-3, 0.3, 0.8, 0.99, 1.5])
def test_erlang_b_is_the_recursion(servers, use):
    expected = recursion(servers, use * servers)
    assert erlang_b(servers, use * servers) == pytest.approx(expected, rel=1e-8, abs=1e-300)


def test_all_at_once_as_one_by_one():
    servers, loads = np.array([2.0, 10.5, 300.0]), np.array([1.0, 9.0, 250.0])
    together = erlang_c(servers, loads)
    assert together == pytest.approx(
        [float(erlang_c(c, a)) for c, a in zip(servers, loads, strict=True)]
    )


def test_no_load_no_wait_and_too_much_load_waits_for_ever():
    assert erlang_c(4, 0.0) == 0
    assert mean_wait_seconds(4, 0.0, 10.0) == 0
    assert erlang_c(4, 4.0) == 1
    assert mean_wait_seconds(4, 5.0, 10.0) == np.inf


def test_waiting_as_simulated():
    """Four places, 85 % full: an event simulation of 200,000 requests."""
    servers, load, service = 4, 3.4, 2.0
    chance = random.Random(7)
    free = [0.0] * servers
    clock, waits = 0.0, []
    for _ in range(200_000):
        clock += chance.expovariate(load / service)
        start = max(clock, heapq.heappop(free))
        heapq.heappush(free, start + chance.expovariate(1 / service))
        waits.append(start - clock)
    waits = np.array(waits)
    assert (waits > 0).mean() == pytest.approx(float(erlang_c(servers, load)), rel=0.05)
    assert waits.mean() == pytest.approx(float(mean_wait_seconds(servers, load, service)), rel=0.1)
    rate = (servers - load) / service
    late = late_share(3.0, erlang_c(servers, load), rate, 0.0, 1.0)
    assert (waits > 3).mean() == pytest.approx(float(late), rel=0.1)


@pytest.mark.parametrize("rates", [(2.0, 5.0), (3.0, 3.0), (40.0, 0.5)])
def test_two_waits_as_drawn(rates):
    draw = np.random.default_rng(3)
    n, shares = 400_000, (0.6, 0.3)
    both = sum(
        (draw.random(n) < share) * draw.exponential(1 / rate, n)
        for share, rate in zip(shares, rates, strict=True)
    )
    for after in (0.0, 0.1, 1.0):
        found = late_share(after, shares[0], rates[0], shares[1], rates[1])
        assert (both > after).mean() == pytest.approx(float(found), abs=0.003)
    assert late_share(-0.1, *shares, *rates) == 1
