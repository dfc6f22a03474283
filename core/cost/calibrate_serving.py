"""Load tests beside the serving estimate on one machine: a factor for each engine and regime.

The arithmetic is that of `core.cost.calibrate`: the logarithm of measured ÷ predicted speed is the
machine's own offset and the scatter between jobs. What an engine does on a machine says nothing of
another engine there, and one request at a time (launches, weights read) nothing of a full server
(operations, batching, the server around the engine): measurements count for their own alone.

What it can say: how fast this server software, with this engine, is on this machine. What it
cannot: how another card, another engine or a much larger model would do; the scatter between jobs
stays in the range however often one measures.
"""

from core.cost.calibrate import Machine, posterior
from core.cost.estimate import Shrunk

REGIMES = ("alone", "full")
STREAM_BELOW = 1.5
"""Requests that run at once: below, times are judged as those of one request alone."""
LIBRARIES = ("transformers", "litgpt")


def regime_of(running: float) -> str:
    """The regime of a server with so many requests in work."""
    return "alone" if running < STREAM_BELOW else "full"


def kind_of(engine: str, regime: str) -> str:
    """The kind of published run that an engine's speed in a regime is judged by.

    Single streams were published by one source only, which tells nothing of how far sources lie
    apart: batches stand for them.
    """
    if engine in LIBRARIES:
        return "library"
    return "batch" if regime == "alone" else "serving"


def shrink_served(machine: Machine, engine: str, regime: str) -> Shrunk:
    """Put the load tests of a machine to the range of an engine's speed in a regime; n may be 0."""
    found = [one for one in machine.served if (one.engine, one.regime) == (engine, regime)]
    date = max((one.at[:10] for one in found), default="")
    return posterior(machine, kind_of(engine, regime), [one.ratio for one in found], date)
