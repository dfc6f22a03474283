"""Waiting for a free place: Erlang C, and how many requests wait too long.

Requests arrive at random (Poisson) at `servers` places, each busy for `service_seconds` a request
on average. The offered load in erlang is arrivals × service time. (Erlang 1917; Allen 1990,
Probability, Statistics, and Queueing Theory, chapter 5.) With service times that vary as much as
their mean, waiting is exponential with rate (servers − load) ÷ service time. Every number may be an
array.
"""

import numpy as np

from core.cost.transformer import Number

PANELS = 16
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_AT = ((_NODES + 1) / 2 + np.arange(PANELS)[:, None]).ravel() / PANELS
_SHARES = np.tile(_WEIGHTS, PANELS) / (2 * PANELS)
"""Gauss–Legendre on sixteen panels from 0 to 1."""
REACH = 12
"""Widths of the integrand's peak that are integrated to either side."""


def erlang_b(servers: Number, load: Number) -> Number:
    """Share of requests that find every place taken, where those are turned away.

    1 ÷ B = ∫ e^−t (1 + t / load)^servers dt from 0 on, which holds for any number of places
    (Jagerman 1974, Bell System Technical Journal 53, 525–551). The integrand peaks at
    servers − load with a width of √servers; it is integrated around there, by logarithms.

    Args:
        servers: Places; above 0.
        load: Offered load in erlang; at 0 nobody is turned away.
    """
    servers, load = np.broadcast_arrays(np.asarray(servers, float), np.asarray(load, float))
    offered = np.maximum(load, 1e-12)
    peak, width = np.maximum(0.0, servers - offered), np.sqrt(servers) + 1
    low, high = np.maximum(0.0, peak - REACH * width), peak + REACH * width + 40
    # Where the load is too much, the integrand falls from 0 on, at least as fast as this.
    slope = np.maximum(0.0, 1 - servers / offered)
    high = np.minimum(high, 45 / np.maximum(slope, 1e-12))
    at = low[..., None] + (high - low)[..., None] * _AT
    logs = servers[..., None] * np.log1p(at / offered[..., None]) - at
    top = logs.max(axis=-1)
    whole = (high - low) * (np.exp(logs - top[..., None]) * _SHARES).sum(axis=-1)
    return np.where(load > 0, np.exp(-top) / whole, 0.0)


def erlang_c(servers: Number, load: Number) -> Number:
    """Share of requests that must wait for a place; 1 where the load is too much for them."""
    blocked = erlang_b(servers, load)
    use = np.asarray(load, float) / servers
    with np.errstate(invalid="ignore", divide="ignore"):
        waits = blocked / (1 - use * (1 - blocked))
    return np.where(use < 1, waits, 1.0)


def mean_wait_seconds(servers: Number, load: Number, service_seconds: Number) -> Number:
    """Mean wait for a place, of all requests; infinite where the load is too much."""
    free = np.asarray(servers, float) - load
    with np.errstate(divide="ignore"):
        wait = erlang_c(servers, load) * service_seconds / np.maximum(free, 0.0)
    return np.where(free > 0, wait, np.inf)


def late_share(
    after_seconds: Number, share_a: Number, rate_a: Number, share_b: Number, rate_b: Number
) -> Number:
    """Share of requests whose two waits together are longer than a time.

    Each wait is none, or exponential: with `share_a` at `rate_a` a second, and independently with
    `share_b` at `rate_b`. The sum of two exponentials is hypoexponential.
    """
    after = np.asarray(after_seconds, float)
    rate_b = np.where(np.isclose(rate_a, rate_b, rtol=1e-6), rate_b * (1 + 1e-5), rate_b)
    some = np.maximum(0.0, after)
    tail_a, tail_b = np.exp(-rate_a * some), np.exp(-rate_b * some)
    both = (rate_b * tail_a - rate_a * tail_b) / (rate_b - rate_a)
    alone = share_a * (1 - share_b) * tail_a + (1 - share_a) * share_b * tail_b
    late = np.clip(alone + share_a * share_b * both, 0.0, 1.0)
    return np.where(after < 0, 1.0, late)
