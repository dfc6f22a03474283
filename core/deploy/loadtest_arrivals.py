"""When requests come: a Poisson process, at one rate for each stage."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.deploy.loadtest import Stage

Vector = NDArray[np.float64]


def poisson(
    rate: float, seconds: float, random: np.random.Generator, *, counted: bool = False
) -> Vector:
    """Times of a Poisson process, in order, from 0 to `seconds`.

    Given how many there are, they lie as independent uniform draws do (Ross 2019, Introduction to
    Probability Models, theorem 5.2). `counted` = there are as many as are expected.
    """
    expected = rate * seconds
    count = round(expected) if counted else int(random.poisson(expected))
    return np.sort(random.uniform(0.0, seconds, count))


def arrivals(stages: Sequence[Stage], seed: int) -> tuple[Vector, NDArray[np.int64]]:
    """Times of all requests of stages that follow each other, and the stage of each."""
    random = np.random.default_rng(seed)
    times, places, begin = [np.empty(0)], [np.empty(0, np.int64)], 0.0
    for place, stage in enumerate(stages):
        found = poisson(stage.rate or 0.0, stage.seconds, random, counted=stage.counted)
        times.append(begin + found)
        places.append(np.full(len(found), place, np.int64))
        begin += stage.seconds
    return np.concatenate(times), np.concatenate(places)
