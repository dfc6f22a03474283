"""Quality against what a model takes: an original and its variants, and the best of them joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from core.charts import compress_words as words
from core.charts import grammar
from core.deploy.measured import Measured, megabytes
from core.deploy.variants import Variant
from core.evaluate import notation
from core.text.catalog import t

PLOT, LETTER, LINE = (900, 240), 8, 16
"""Pixels: of a usual plot, of a letter's width, of a line of text."""
RIGHT = 0.75
"""Beyond this share of the axis a name stands to the left of its dot."""
PRICES = ("latency", "size", "memory", "a100")
"""What quality may be held against; the last is an estimate."""


@dataclass(frozen=True)
class Dot:
    """A model on the picture: `quality` and `price` with the ends of their intervals."""

    name: str
    original: bool
    quality: float
    quality_low: float | None
    quality_high: float | None
    price: float
    price_low: float | None
    price_high: float | None
    verdict: str


def dots(found: Sequence[Variant], price: str, language: str = "en") -> list[Dot]:
    """The original and its measured variants; those without the price or a score are left out."""
    known = [made for made in found if made.measured and made.original]
    if not known:
        return []
    first = known[0]
    rows = [_dot(t("compress.chart.original", language), first.original, first.original_scores,
                 first.original_a100, price, "original")]  # fmt: skip
    rows += [
        _dot(words.form(made, language), made.measured, made.scores, made.a100, price,
             made.against.verdict if made.against else "tie")
        for made in known
    ]  # fmt: skip
    return [row for row in rows if row is not None]


def _dot(
    name: str, measured: Measured | None, scores: Sequence[dict[str, object]],
    a100: dict[str, float] | None, price: str, verdict: str,
) -> Dot | None:  # fmt: skip
    if measured is None or not scores or (price == "a100" and a100 is None):
        return None
    latency = measured.latency
    taken: tuple[float, float | None, float | None] = {
        "latency": (latency.p50, latency.low, latency.high),
        "size": (megabytes(measured.size_bytes), None, None),
        "memory": (megabytes(measured.peak_bytes), None, None),
        "a100": (a100["usd"], a100["low"], a100["high"]) if a100 else (0.0, None, None),
    }[price]
    by = notation.factor(str(scores[0]["unit"]))
    value, low, high = (
        None if (end := scores[0][name]) is None else by * float(str(end))
        for name in ("value", "low", "high")
    )
    return Dot(name, verdict == "original", value or 0.0, low, high, *taken, verdict)


def front(rows: Sequence[Dot]) -> list[Dot]:
    """Those that none beats in both: the cheapest first, and quality rises from each to the next.

    Higher quality is better, as it is for every metric that a run is scored by.
    """
    held: list[Dot] = []
    for row in sorted(rows, key=lambda row: (row.price, -row.quality)):
        if not held or row.quality > held[-1].quality:
            held.append(row)
    return held


def pareto(
    found: Sequence[Variant], price: str, scheme: str, language: str = "en", *,
    present: bool = False,
) -> go.Figure:  # fmt: skip
    """Each model by its price and its quality; the front joined by a line.

    Args:
        found: Measured variants of one run.
        price: One of PRICES.
        scheme: "light" or "dark".
        language: Code of the reader's language.
        present: Larger, for a room.
    """
    ink, rows = grammar.tokens(scheme), dots(found, price, language)
    first = next(made for made in found if made.scores)
    metric, unit = str(first.scores[0]["metric"]), str(first.scores[0]["unit"])
    figure = grammar.figure(
        scheme, height=340, present=present, x=t(f"compress.axis.{price}", language),
        y=notation.axis(metric, unit, language),
    )  # fmt: skip
    best = front(rows)
    estimated = price == "a100"
    figure.add_scatter(
        x=[row.price for row in best], y=[row.quality for row in best], mode="lines",
        line={"color": ink.axis, "width": 1, "shape": "hv", "dash": "dash" if estimated else None},
        hoverinfo="skip",
    )  # fmt: skip
    form = notation.pattern(unit)
    above = lifts(rows)
    for row, lift in zip(rows, above, strict=True):
        color = ink.base if row.original else ink.worse if row.verdict == "worse" else ink.tuned
        name = grammar.safe(row.name)
        figure.add_scatter(
            x=[row.price], y=[row.quality], mode="markers",
            error_x=_arms(row.price, row.price_low, row.price_high, color),
            error_y=_arms(row.quality, row.quality_low, row.quality_high, color),
            marker={"size": 11, "color": ink.ground if estimated else color,
                    "symbol": "diamond" if row.original else "circle",
                    "line": {"color": color, "width": 2}},
            hovertemplate=f"{name}: %{{y:{form}}}, {'≈ ' if estimated else ''}%{{x:.3~g}}"
            "<extra></extra>",
        )  # fmt: skip
        grammar.label(figure, row.price, row.quality, name, ink.text, yanchor="bottom",
                      dy=4 + lift, **_side(row, rows))  # fmt: skip
    figure.update_xaxes(rangemode="tozero")
    low, high = _reach(rows)
    room = (high - low or 1.0) / PLOT[1]
    figure.update_yaxes(range=[low - 12 * room, high + (30 + max(above)) * room])
    return figure


def _reach(rows: Sequence[Dot]) -> tuple[float, float]:
    """The lowest and the highest quality, intervals with them."""
    lows = [row.quality if row.quality_low is None else row.quality_low for row in rows]
    highs = [row.quality if row.quality_high is None else row.quality_high for row in rows]
    return min(lows), max(highs)


def _is_right(row: Dot, rows: Sequence[Dot]) -> bool:
    """Whether a dot lies so far to the right that its name goes to its left."""
    return row.price > RIGHT * max(other.price for other in rows)


def _side(row: Dot, rows: Sequence[Dot]) -> dict[str, Any]:
    return {"xanchor": "right", "dx": -8} if _is_right(row, rows) else {}


def lifts(rows: Sequence[Dot]) -> list[int]:
    """By how many pixels each name is lifted so that none lies on another, in a usual window."""
    most = max(row.price for row in rows) or 1.0
    low, high = _reach(rows)
    held: list[tuple[float, float, float]] = []
    found: dict[int, int] = {}
    for place in sorted(range(len(rows)), key=lambda i: rows[i].price):
        row, width = rows[place], LETTER * len(rows[place].name)
        left = PLOT[0] * row.price / most
        left = left - 8 - width if _is_right(row, rows) else left + 8
        base = PLOT[1] * (row.quality - low) / (high - low or 1.0)
        lift = 0
        while any(
            left < right_ and left_ < left + width and abs(base + lift - up) < LINE
            for left_, right_, up in held
        ):
            lift += LINE
        held.append((left, left + width, base + lift))
        found[place] = lift
    return [found[place] for place in range(len(rows))]


def _arms(value: float, low: float | None, high: float | None, color: str) -> dict[str, object]:
    """The two arms of an interval; none without one."""
    if low is None or high is None:
        return {"visible": False}
    return {"type": "data", "symmetric": False, "array": [high - value],
            "arrayminus": [value - low], "color": color, "thickness": 1, "width": 0}  # fmt: skip
