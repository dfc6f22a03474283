"""The knee: the last rate at which a server keeps up, and how sure that is.

At a step of a ramp a server keeps up where all of these hold:

    p95 is at most `multiple` times the p95 of one request at a time, or SHORT_SECONDS (and within
    a limit, if given)
    finished answers follow what was offered: at least `FOLLOWS` of it
    at most `ERRORS` of the requests failed, and at most as many were refused as too many (429)

The knee is the last step, by rate, before the first that does not. Its uncertainty: each step's
time is cut into blocks, blocks are drawn with replacement (a moving-block bootstrap would differ
little; Künsch 1989: blocks keep together what waited together), and the knee is found anew; 95 % of
the draws lie in the interval. The true one lies between the knee and the first step beyond it even
so: steps are what was tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.deploy.loadtest_quantile import Vector

SHORT_SECONDS = 0.025
"""Nobody waits: of a server that answers in two milliseconds, three times that is mostly chance."""
FOLLOWS = 0.9
ERRORS = 0.01
BLOCKS = 20
DRAWS = 400
FEWEST = 20
"""Times below which a p95 is no p95."""


@dataclass(frozen=True)
class Step:
    """A step of a ramp as the knee is found from it; all arrays in the order of sending.

    Attributes:
        rate: What was offered, requests a second.
        seconds: From sending to the end, infinite = waited for in vain; NaN = failed or refused.
        finished: Answers that were finished in the step's time ÷ requests that were due in it.
        busy: Whether each was told to come later.
        error: Whether each failed otherwise.
    """

    rate: float
    seconds: Vector
    finished: float
    busy: NDArray[np.bool_]
    error: NDArray[np.bool_]

    def drawn(self, random: np.random.Generator) -> "Step":
        """The same with its blocks drawn anew."""
        rows = _blocks(len(self.seconds), random)
        return Step(self.rate, self.seconds[rows], self.finished, self.busy[rows],
                    self.error[rows])  # fmt: skip

    @property
    def p95(self) -> float:
        """Infinite where it lies beyond what was waited; NaN = nothing was answered."""
        known = self.seconds[~np.isnan(self.seconds)]
        return float(np.quantile(known, 0.95, method="higher")) if len(known) else float("nan")


@dataclass(frozen=True)
class Knee:
    """Where a server stops to keep up.

    Attributes:
        rate: The last rate at which it does, requests a second; None = not even the first.
        low, high: 95 % of the draws.
        beyond: The first rate at which it does not; None = none was tried, so `rate` is a minimum.
        why: What failed there: "slow", "limit", "behind", "errors" or "busy".
        unloaded_p95: Seconds, one request at a time.
        multiple: Times that, what p95 may be.
    """

    rate: float | None
    low: float | None
    high: float | None
    beyond: float | None
    why: str | None
    unloaded_p95: float
    multiple: float

    @property
    def allowed_p95(self) -> float:
        """What p95 may be, in seconds."""
        return allowed(self.unloaded_p95, self.multiple)


def allowed(unloaded_p95: float, multiple: float) -> float:
    """What p95 may be under load, in seconds."""
    return max(multiple * unloaded_p95, SHORT_SECONDS)


def full(step: Step) -> bool:
    """Whether more was asked than a server could answer."""
    return bool(step.busy.mean() > ERRORS or step.finished < FOLLOWS)


def fails(step: Step, unloaded_p95: float, multiple: float, limit: float | None) -> str | None:
    """Why a server does not keep up at a step, in a word; None = it does."""
    if step.busy.mean() > ERRORS:
        return "busy"
    if step.error.mean() > ERRORS:
        return "errors"
    if not step.p95 <= allowed(unloaded_p95, multiple):
        return "slow"
    if limit is not None and not step.p95 <= limit:
        return "limit"
    return "behind" if step.finished < FOLLOWS else None


def knee(
    steps: Sequence[Step], unloaded: Vector, multiple: float, limit: float | None = None,
    seed: int = 0,
) -> Knee | None:  # fmt: skip
    """Find the knee; None where there are no steps, or no p95 of one request at a time.

    Args:
        steps: Of a ramp, in any order.
        unloaded: Times of requests one at a time, in seconds.
        multiple: Times the unloaded p95, what p95 may be.
        limit: What p95 may be besides, in seconds.
        seed: Of the draws.
    """
    ordered = sorted((s for s in steps if len(s.seconds)), key=lambda step: step.rate)
    if not ordered or np.isfinite(unloaded).sum() < FEWEST:
        return None
    base = _p95(unloaded)
    if not np.isfinite(base):
        return None
    at, why = _last(ordered, base, multiple, limit)
    random = np.random.default_rng(seed)
    rates = []
    for _ in range(DRAWS):
        again = [step.drawn(random) for step in ordered]
        floor = _p95(unloaded[_blocks(len(unloaded), random)])
        drawn, _ = _last(again, floor, multiple, limit)
        rates.append(ordered[drawn].rate if drawn >= 0 else 0.0)
    low, high = np.quantile(rates, (0.025, 0.975), method="nearest")
    return Knee(
        ordered[at].rate if at >= 0 else None,
        float(low), float(high),
        ordered[at + 1].rate if at + 1 < len(ordered) else None,
        why, base, multiple,
    )  # fmt: skip


def _last(
    steps: Sequence[Step], base: float, multiple: float, limit: float | None
) -> tuple[int, str | None]:
    """The place of the last step before the first that fails (−1 = none), and why that one does."""
    for place, step in enumerate(steps):
        why = fails(step, base, multiple, limit)
        if why:
            return place - 1, why
    return len(steps) - 1, None


def _p95(times: Vector) -> float:
    return float(np.quantile(times, 0.95, method="higher"))


def _blocks(n: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Places of `n` things in their order, cut into blocks that are drawn with replacement."""
    blocks = np.array_split(np.arange(n), min(BLOCKS, n))
    return np.concatenate([blocks[at] for at in random.integers(0, len(blocks), len(blocks))])
