"""Latency against throughput: what one replica reaches by how many requests run on it at once.

A prompt that is read holds up the tokens of the others: where reading takes the share r of the
replica's time, the rest takes 1 ÷ (1 − r) as long. For a full replica the time between two tokens
is then the running requests times the replica's time for each, over the output: Little's law.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.cost.replica import Replica
from core.cost.transformer import Number
from core.errors import BadInput
from core.units import KILO

Vector = NDArray[np.float64]
MOST_READING = 0.99
"""Of the time, what reading prompts may take before waiting is without end."""


@dataclass(frozen=True)
class Target:
    """Longest times that are allowed, in seconds; None = no limit.

    For an encoder the first is that of the whole answer.
    """

    first_seconds: float | None = None
    token_seconds: float | None = None


NO_TARGET = Target()


@dataclass(frozen=True)
class Pace:
    """Mean times with some requests running: first token, each further token, whole answer.

    `reading` is the share of the replica's time that prompts take. An encoder writes no tokens: its
    first is its whole answer, its `token` 0.
    """

    running: Number
    requests_per_second: Number
    reading: Number
    first: Number
    token: Number
    answer: Number


def pace_at(copy: Replica, running: Number) -> Pace:
    """How fast a replica is that has `running` requests in work; below 1 it is idle at times."""
    running = np.asarray(running, float)
    busy = np.maximum(1.0, running)
    rate = np.where(running < 1, running / copy.alone_seconds, 1 / copy.request_seconds(busy))
    if not copy.output_tokens:
        # Little's law; read among others a prompt takes less of the replica, but no less time.
        answer = np.maximum(running / np.maximum(rate, 1e-300), copy.alone_seconds)
        return Pace(running, rate, np.zeros_like(rate), answer, np.zeros_like(rate), answer)
    step = copy.step_seconds(busy)
    if copy.engine.paged:
        reading = np.minimum(MOST_READING, rate * copy.prefill_share_seconds(busy))
        first = copy.prompt_seconds() / (1 - reading) + step
    else:
        reading = np.zeros_like(rate)
        first = copy.prompt_seconds(busy) + step
    token = step / copy.per_step / (1 - reading)
    answer = first + np.maximum(0, copy.output_tokens - copy.per_step) * token
    return Pace(running, rate, reading, first, token, answer)


def frontier(copy: Replica) -> Pace:
    """All loads of a replica that fits, from nearly idle to as many requests as it holds."""
    most = copy.largest_batch
    idle, busy = np.linspace(0.05, 0.95, 19), np.arange(1.0, math.floor(most) + 1)
    return pace_at(copy, np.unique(np.concatenate([idle, busy, np.array([most])])))


def limit(copy: Replica, target: Target, points: Pace | None = None) -> float:
    """The requests that run at once where a replica does most within a target.

    Args:
        copy: A replica that fits.
        target: Longest times allowed.
        points: Its frontier, where that is known already.

    Raises:
        BadInput: No load keeps to the target; the message names the nearest time that one reaches.
    """
    found = points if points is not None else frontier(copy)
    early = found.first <= (math.inf if target.first_seconds is None else target.first_seconds)
    fast = found.token <= (math.inf if target.token_seconds is None else target.token_seconds)
    inside = early & fast
    if inside.any():
        best = np.where(inside, found.requests_per_second, -1.0).argmax()
        return float(found.running[best])
    where = f"on {copy.gpus} × {copy.gpu.name}"
    if not fast.any():
        raise _unreachable("tpot_ms", target.token_seconds, found.token, where)
    raise _unreachable("ttft_ms", target.first_seconds, found.first[fast], where)


def _unreachable(field: str, asked: float | None, times: Vector, where: str) -> BadInput:
    nearest = _upwards(KILO * float(times.min()))
    return BadInput(
        f"{field}: {KILO * (asked or 0.0):g} ms cannot be reached {where}; the nearest that can is "
        f"{nearest:g}: give that or more, or take more GPUs, a faster one or fewer bits."
    )


def _upwards(value: float, digits: int = 3) -> float:
    """A value rounded up to some digits."""
    step = 10.0 ** (math.floor(math.log10(value)) - digits + 1)
    return float(f"{math.ceil(value / step) * step:.{digits}g}")
