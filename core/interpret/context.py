"""How long an input a model can be trusted with: what its positions say, what was measured.

A curve is the loss at each stretch of positions, measured on the user's data; where there is none,
the answer stands on the formula alone and says so.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np

from core import record
from core.cost.transformer import cache_elements_per_token
from core.errors import AssayError
from core.interpret import positions, store
from core.interpret.own import Own
from core.interpret.panels import Array, Panel
from core.models.shape import Shape
from core.workspace import Workspace

RECORD = "context"
RESAMPLES = 2000
LEVEL = 0.05
FEW_BINS = 4
UNITS_LEAST = 10
"""Fewer documents give no interval worth the name."""
PRECISIONS = {"fp16": 2, "fp32": 4}
"""Bytes of a number in the cache."""


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


@dataclass(frozen=True)
class Reason:
    """Something that bounds an input; the sentence is the text `context.reason.KIND`.

    Attributes:
        kind: "table", "waves", "built", "trained", "slow", "saturation", "decay", "window" or
            "extended".
        tokens: The length it speaks of; None where it names none.
        hard: Whether a longer input cannot be read at all.
        values: Further numbers of the sentence.
    """

    kind: str
    tokens: int | None
    hard: bool = False
    values: dict[str, float | str] = field(default_factory=dict)


def reasons(own: Own) -> tuple[Reason, ...]:
    """What a model's own positions say of the length of its input, the hardest first."""
    kind, tokens = own.limit.kind, own.limit.tokens
    found = []
    if kind in ("table", "waves", "built"):
        found.append(Reason(kind, tokens, hard=True))
    if kind == "trained":
        found.append(Reason("trained", tokens))
        if own.facts["slow_pairs"] is not None:
            slow = {"slow": own.facts["slow_pairs"], "pairs": own.facts["pairs"]}
            found.append(Reason("slow", tokens, values=slow))
        if own.facts["scaling"] != "default":
            found.append(Reason("extended", None, values={"way": own.facts["scaling"]}))
    if kind == "saturation":
        both, back = int(own.limit.values["both"]), int(own.limit.values["back"])
        found.append(Reason("saturation", both, values={"both": both, "back": back}))
    if kind in ("decay", "built"):
        half = positions.half_life(own.arrays["slopes"])
        values: dict[str, float | str] = {
            "shortest": float(half.min()), "longest": float(half.max())
        }  # fmt: skip
        found.append(Reason("decay", own.facts["trained_tokens"], values=values))
    windows = own.facts["windows_tokens"]
    seen = [window for window in windows if window]
    if seen:
        values = {"window": max(seen), "sliding": len(seen), "layers": len(windows)}
        found.append(Reason("window", None, values=values))
    return tuple(found)


@dataclass(frozen=True)
class Memory:
    """What keys and values take in the cache at a length.

    Attributes:
        tokens: The length.
        fp16_bytes, fp32_bytes: In numbers of 2 and of 4 bytes.
    """

    tokens: int
    fp16_bytes: int
    fp32_bytes: int


def memory(shape: Shape, windows: Sequence[int | None], tokens: int) -> Memory | None:
    """The cache of one sequence; None for an encoder, which keeps none.

    Grouped queries count as many heads as there are keys, and a layer with a sliding window keeps
    its window. Of an encoder-decoder these are the keys and values of its input, which every layer
    of the decoder keeps for cross-attention; each token that it writes takes as much again.
    """
    elements = cache_elements_per_token(shape)
    if elements == 0:
        return None
    kept = sum(min(tokens, window or tokens) for window in windows)
    numbers = elements // shape.layers * kept
    return Memory(tokens, *(numbers * size for size in PRECISIONS.values()))


@dataclass(frozen=True)
class Advice:
    """The longest input that a model can be trusted with; the text is `context.answer.KEY`.

    Attributes:
        key: "rises", "flat" or "to_the_end" if it was measured, else the kind of the reason that
            it stands on; "open" where nothing bounds the input.
        tokens: The length; None where nothing says one.
        measured: Whether it stands on a measured loss.
        reasons: What the model's own positions say.
        curve: What was measured, if anything was.
    """

    key: str
    tokens: int | None
    measured: bool
    reasons: tuple[Reason, ...]
    curve: Curve | None

    @property
    def hard(self) -> int | None:
        """Tokens beyond which nothing can be read; None = no such end."""
        return next((reason.tokens for reason in self.reasons if reason.hard), None)


def advise(own: Own, curve: Curve | None = None) -> Advice:
    """Put what a model's positions say and what was measured together."""
    why = reasons(own)
    if curve is not None:
        end = next((reason.tokens for reason in why if reason.hard), None)
        if curve.rises is not None:
            return Advice("rises", curve.rises, True, why, curve)
        reached = end is not None and curve.length >= end
        return Advice("to_the_end" if reached else "flat", curve.length, True, why, curve)
    for reason in why:
        if reason.tokens is not None:
            return Advice(reason.kind, reason.tokens, False, why, None)
    return Advice("open", None, False, why, None)


def picture(curve: Curve, advice: Advice) -> Panel:
    """The curve with the ends of its intervals, for a file."""
    at = [b.end if curve.way == "joined" else (b.start + b.end) / 2 for b in curve.bins]
    ends = [(reason.kind, reason.tokens) for reason in advice.reasons if reason.kind != "slow"]
    marks = {kind: float(tokens) for kind, tokens in ends if tokens and at[0] <= tokens <= at[-1]}
    if curve.rises is not None:
        marks["rises"] = float(max(curve.rises, at[0]))
    best, last = curve.bins[curve.best], curve.bins[-1]
    return Panel(
        "loss",
        np.array(at, np.float64),
        finding="flat" if curve.rises is None else "rises",
        values={"tokens": curve.rises or curve.length, "best": best.nats, "last": last.nats,
                "end": curve.length, "units": curve.units},
        lines={"mean": np.array([b.nats for b in curve.bins]),
               "low": np.array([b.low for b in curve.bins]),
               "high": np.array([b.high for b in curve.bins])},
        marks=marks,
        hues={"mean": 0, "low": 5, "high": 5},
    )  # fmt: skip


SHARES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of the length that a model is meant for: where the cache's memory is told."""
UNKNOWN_TOKENS = 1024


def meant_for(own: Own, advice: Advice) -> int:
    """The longest length that anything speaks of: measured, made for, or the end of a table."""
    said = [advice.tokens, own.facts["trained_tokens"], *(one.tokens for one in advice.reasons)]
    return max((tokens for tokens in said if tokens), default=UNKNOWN_TOKENS)


def memories(own: Own, advice: Advice, shape: Shape) -> list[Memory]:
    """The cache at some lengths, and at the trusted one; empty for an encoder.

    Lengths that cannot be read are left out.
    """
    at = {max(1, round(meant_for(own, advice) * share)) for share in SHARES}
    at |= {advice.tokens} if advice.tokens else set()
    windows, end = own.facts["windows_tokens"], advice.hard
    found = [memory(shape, windows, n) for n in sorted(at) if end is None or n <= end]
    return [one for one in found if one]


def growth(shape: Shape, windows: Sequence[int | None], longest: int) -> Panel | None:
    """Memory of the cache against the length of the input; None for an encoder."""
    lengths = np.unique(np.geomspace(1, max(2, longest), 60).round()).astype(int)
    found = [memory(shape, windows, int(tokens)) for tokens in lengths]
    rows = [one for one in found if one]
    if not rows:
        return None
    mega = 1e6
    return Panel(
        "memory",
        lengths.astype(np.float64),
        values={"tokens": longest, "fp16_bytes": rows[-1].fp16_bytes,
                "fp32_bytes": rows[-1].fp32_bytes},
        lines={"fp16": np.array([one.fp16_bytes / mega for one in rows]),
               "fp32": np.array([one.fp32_bytes / mega for one in rows])},
        logarithmic=True,
        wide=True,
    )  # fmt: skip


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
