"""Schemes and ways to extend a context side by side: the same pictures, the same axes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core import table
from core.errors import BadInput
from core.interpret import positions
from core.interpret.extension import EXTENSIONS, Stretch, Stretched
from core.interpret.panels import LINES_MOST, Array, Panel

SLOPE_HEADS = 8
POINTS = 240
"""Distances that are drawn, evenly spread on a logarithmic axis."""
FLOOR = -25.0
"""Of the change of a score that is drawn: e to this power of a weight is none."""
UNCHANGED = 1.01
"""A pair that turns less than 1 % slower counts as left alone."""


@dataclass(frozen=True)
class Side:
    """What can stand side by side with others.

    Attributes:
        name: Of a scheme or of a way to extend; "rope" is the rotary scheme without extension.
        turn: Its frequencies; None = it turns nothing.
    """

    name: str
    turn: Callable[[Stretch], Stretched] | None = None


def beside(names: Sequence[str], what: Stretch, t5: Array | None = None,
           max_distance: int = 128) -> tuple[Panel, ...]:  # fmt: skip
    """The pictures of several schemes.

    Args:
        names: Of SIDES, two or more.
        what: Dimension, base, training length and factor of those that turn pairs.
        t5: A learnt table (buckets, heads), where "t5" is among the names; the head whose bias
            differs most with distance is drawn.
        max_distance: Of that table.

    Raises:
        NotFound: There is no such scheme.
        BadInput: They are fewer than two or too many, or T5 has no table.
    """
    rows = {name: table.find(SIDES, name, "scheme to compare") for name in names}
    chosen = list(rows)
    if not 2 <= len(chosen) <= LINES_MOST:
        raise BadInput(
            f"{len(chosen)} cannot be compared; name from 2 to {LINES_MOST} different ones of "
            f"{', '.join(row.name for row in SIDES)}."
        )
    if "t5" in chosen and t5 is None:
        raise BadInput(
            "T5's bias is learnt, no formula gives it: choose a T5 model whose positions were "
            "read, or leave t5 out."
        )
    turning = {name: row.turn(what) for name, row in rows.items() if row.turn}
    distance = np.unique(np.geomspace(1, max(what.read, 2), POINTS).round())
    lines = {
        name: change(turning[name], what.dimension, distance) if name in turning
        else _learnt(np.asarray(t5), distance, max_distance) if name == "t5"
        else _faded(distance)
        for name in chosen
    }  # fmt: skip
    found = [_scores(lines, distance, what)]
    if turning:
        found.insert(0, _waves(turning, what))
    if turning.keys() - PLAIN:
        found.insert(1, _ratios(turning, what))
    hues = {name: place for place, name in enumerate(chosen)}
    return tuple(replace(panel, hues=hues) for panel in found)


def change(turned: Stretched, dimension: int, distance: Array) -> Array:
    """By how much the score of a key that far away is lower than at distance 0.

    For a query and a key whose numbers are all 1: √d·(mean cos(ω_i·k) − 1), times the square of
    the attention factor. e to this power is what is left of the key's weight, all else equal.
    """
    share = positions.similarity(distance, turned.frequency)
    return np.asarray(turned.attention_factor**2 * math.sqrt(dimension) * (share - 1))


def _faded(distance: Array) -> Array:
    """ALiBi's middle head of eight: the bias is −m·distance."""
    return np.asarray(-positions.alibi_slopes(SLOPE_HEADS)[SLOPE_HEADS // 2 - 1] * distance)


def _learnt(biases: Array, distance: Array, max_distance: int) -> Array:
    """T5's bias looking back, from that at distance 0, of the head where it differs most."""
    bias = positions.t5_bias(
        biases, -np.concatenate([[0], distance]).astype(int), bidirectional=False,
        max_distance=max_distance,
    )  # fmt: skip
    head = int((bias.max(axis=1) - bias.min(axis=1)).argmax())
    return np.asarray(bias[head, 1:] - bias[head, 0])


def _waves(turning: dict[str, Stretched], what: Stretch) -> Panel:
    lines = {name: positions.wavelengths(one.frequency) for name, one in turning.items()}
    longest = max(lines, key=lambda name: lines[name][-1])
    shortest = min(lines, key=lambda name: lines[name][-1])
    same = math.isclose(lines[longest][-1], lines[shortest][-1])
    return Panel(
        "beside_waves",
        np.arange(what.dimension // 2, dtype=np.float64),
        finding="one" if len(lines) == 1 else "same" if same else "finding",
        values={"slow": longest, "fast": shortest, "longest": float(lines[longest][-1]),
                "shortest": float(lines[shortest][-1])},
        lines=lines,
        levels={"trained": float(what.trained)},
        logarithmic=True,
    )  # fmt: skip


def _ratios(turning: dict[str, Stretched], what: Stretch) -> Panel:
    plain = positions.frequencies(what.dimension, what.base)
    lines = {name: np.asarray(plain / one.frequency) for name, one in turning.items()
             if name not in PLAIN}  # fmt: skip
    kept = {name: int((line < UNCHANGED).sum()) for name, line in lines.items()}
    most, least = max(kept, key=kept.__getitem__), min(kept, key=kept.__getitem__)
    return Panel(
        "beside_ratios",
        np.arange(len(plain), dtype=np.float64),
        finding="finding" if kept[most] > kept[least] else "alone",
        values={"most": most, "kept": kept[most], "least": least, "lost": kept[least],
                "pairs": len(plain), "slowest": float(lines[most][-1])},
        lines=lines,
    )  # fmt: skip


def _scores(lines: dict[str, Array], distance: Array, what: Stretch) -> Panel:
    at = int(np.argmin(np.abs(distance - what.trained)))
    high = max(lines, key=lambda name: lines[name][at])
    low = min(lines, key=lambda name: lines[name][at])
    return Panel(
        "beside_scores",
        distance,
        values={"high": high, "low": low, "most": float(lines[high][at]),
                "least": float(lines[low][at]), "distance": int(distance[at])},
        lines=lines,
        marks={"trained": float(what.trained)} if what.read > what.trained else {},
        floor=FLOOR if min(line.min() for line in lines.values()) < FLOOR else None,
        wide=True,
    )  # fmt: skip


def _plain(what: Stretch) -> Stretched:
    return Stretched(positions.frequencies(what.dimension, what.base))


SIDES = (
    Side("sinusoidal", _plain),
    Side("rope", _plain),
    *(Side(row.name, row.stretch) for row in EXTENSIONS if row.name != "default"),
    Side("alibi"),
    Side("t5"),
)
PLAIN = {"sinusoidal", "rope"}
"""Sides that are not extended."""
