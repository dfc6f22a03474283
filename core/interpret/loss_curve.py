"""Loss against position as it was measured: bins with intervals, where it rises, how it is kept."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from core import record
from core.errors import AssayError
from core.interpret import store
from core.interpret.panels import Array
from core.workspace import Workspace

RECORD = "context"
RESAMPLES = 2000
LEVEL = 0.05
FEW_BINS = 4
UNITS_LEAST = 10
"""Fewer documents give no interval worth the name."""


@dataclass(frozen=True)
class Bin:
    """The loss over a stretch of positions, or of input lengths.

    Attributes:
        start, end: Tokens, from `start` up to but not including `end`.
        nats: Mean loss a token.
        low, high: Its 95 % interval.
        tokens: That were measured.
        worse_low: Lower end of the interval of its difference from the best bin, corrected for the
            number of bins; above 0 = the loss is worse here.
    """

    start: int
    end: int
    nats: float
    low: float
    high: float
    tokens: int
    worse_low: float


@dataclass(frozen=True)
class Curve:
    """Loss against position, measured.

    Attributes:
        key: Hash of model, data and settings.
        model, source: Whose loss, on what.
        way: "position" (of each token in long documents), "masked" (of hidden tokens in them),
            "joined" (of targets, against the length of inputs that were joined to that length),
            "length" (of targets, against the length of the inputs as they are).
        units: Documents, or rows, that intervals are drawn from.
        tokens: Measured tokens.
        length: Longest input that was read, in tokens.
        bins: By rising position.
        best: Which bin has the lowest loss.
        rises: Position from which the loss is worse than there in every bin; None = nowhere.
        seconds: Time spent.
        created_at: UTC, ISO 8601.
    """

    key: str
    model: str
    source: str
    way: str
    units: int
    tokens: int
    length: int
    bins: tuple[Bin, ...]
    best: int
    rises: int | None
    seconds: float
    created_at: str


def found_in(
    sums: Array, edges: Sequence[tuple[int, int]], seed: int = 0
) -> tuple[tuple[Bin, ...], int, int | None]:
    """Bins with their intervals, which is the best, and where the loss begins to rise.

    Units are resampled with replacement, all bins of a unit together. The loss rises where the
    difference from the best bin is above 0 in a bin and in every later one, by Student's t at a
    level divided by the number of bins; of many bins the last alone does not count. (On noise alone
    a rise is found in 2 % of trials or fewer, from 10 units on: `tests/interpret/test_context.py`.)

    Args:
        sums: (units, bins, 2): summed nats and number of tokens.
        edges: First token of each bin and one past its last.
        seed: Of the resamples.
    """
    units, count = sums.shape[:2]
    total = sums.sum(axis=0)
    mean = total[:, 0] / total[:, 1]
    best = int(np.argmin(mean))
    weights = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), RESAMPLES)
    drawn = np.einsum("ru,ubk->rbk", weights.astype(np.float64), sums)
    drawn[..., 1] = np.maximum(drawn[..., 1], 1)  # A bin of few units can be empty in a resample.
    ratio = drawn[..., 0] / drawn[..., 1]
    # Of few units a resample's own quantiles are too narrow, far out most of all.
    error = (ratio - ratio[:, [best]]).std(axis=0) * math.sqrt(units / (units - 1))
    worse = mean - mean[best] - student(1 - LEVEL / count, units - 1) * error
    low, high = np.quantile(ratio, [LEVEL / 2, 1 - LEVEL / 2], axis=0)
    bins = tuple(
        Bin(start, end, float(mean[i]), float(low[i]), float(high[i]), int(total[i, 1]),
            float(worse[i]))
        for i, (start, end) in enumerate(edges)
    )  # fmt: skip
    begin = count
    while begin > best + 1 and bins[begin - 1].worse_low > 0:
        begin -= 1
    enough = 2 if count > FEW_BINS else 1
    return bins, best, bins[begin].start if count - begin >= enough else None


def student(share: float, freedom: int) -> float:
    """The quantile of Student's t (Abramowitz and Stegun 26.7.5, to 1/ν³)."""
    z = NormalDist().inv_cdf(share)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def keep(workspace: Workspace, curve: Curve) -> None:
    """Write a curve."""
    record.write(workspace.capture(curve.key).with_suffix(".json"), RECORD, asdict(curve))


def open_curve(workspace: Workspace, key: str) -> Curve:
    """Read a curve.

    Raises:
        NotFound: There is none with that key.
        BadInput: It cannot be read.
    """
    return _curve(record.read(workspace.capture(key).with_suffix(".json"), RECORD))


def known(workspace: Workspace, key: str) -> Curve | None:
    """The curve with a key; None if there is none that can be read."""
    try:
        return open_curve(workspace, key)
    except AssayError:
        return None


def curves(workspace: Workspace, model: str) -> list[Curve]:
    """What was measured of a model, newest first."""
    return [_curve(body) for body in store.records(workspace, RECORD) if body["model"] == model]


def _curve(body: dict[str, Any]) -> Curve:
    fields = {name: body[name] for name in Curve.__dataclass_fields__}
    bins = tuple(Bin(**one) for one in body["bins"])
    return Curve(**{**fields, "bins": bins})
