"""The life cycle as a track: two lead-in stations, then a loop of four; and who leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from core.charts import grammar
from core.charts.grammar import Tokens

TRACK = "M 0,1 L 2.9,1 Q 3,1 3,0.86 L 3,0.14 Q 3,0 2.9,0 L 2.1,0 Q 2,0 2,0.14 L 2,1"
PLACES = ((0, 1), (1, 1), (2, 1), (3, 1), (3, 0), (2, 0))
"""Where the six stages stand, in their order: the last leads back to the third."""
ARROWS = (
    (0.5, 1, "triangle-right"), (1.5, 1, "triangle-right"), (2.5, 1, "triangle-right"),
    (3, 0.5, "triangle-down"), (2.5, 0, "triangle-left"), (2, 0.5, "triangle-up"),
)  # fmt: skip


@dataclass(frozen=True)
class Stop:
    """A stage as it is drawn: its name, one line under it, and "done", "running", "due", "open"."""

    name: str
    note: str
    state: str


def lifecycle(stops: Sequence[Stop], scheme: str, *, present: bool = False) -> go.Figure:
    """Draw the six stages in the order of `core.pipeline.STAGES`.

    Done is a filled dot, running a ring, due a diamond, not begun a small hollow dot.
    """
    ink = grammar.tokens(scheme)
    figure = grammar.figure(scheme, height=250, present=present)
    figure.add_shape(type="path", path=TRACK, line={"color": ink.axis, "width": 2}, layer="below")
    for x, y, symbol in ARROWS:
        figure.add_scatter(
            x=[x], y=[y], mode="markers", hoverinfo="skip",
            marker={"symbol": symbol, "size": 9, "color": ink.axis},
        )  # fmt: skip
    looks = _looks(ink)
    for stop, (x, y) in zip(stops, PLACES, strict=True):
        name, note = grammar.safe(stop.name), grammar.safe(stop.note)
        figure.add_scatter(
            x=[x], y=[y], mode="markers", marker=looks[stop.state],
            hovertemplate=f"{name}: {note}<extra></extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=x, y=y, yanchor="bottom" if y else "top", yshift=16 if y else -16, align="center",
            text=f"<b>{name}</b><br>{note}",
        )  # fmt: skip
    figure.update_xaxes(visible=False, range=[-0.45, 3.45])
    figure.update_yaxes(visible=False, range=[-0.62, 1.6])
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})
    return figure


def _looks(ink: Tokens) -> dict[str, dict[str, Any]]:
    return {
        "done": {"symbol": "circle", "size": 18, "color": ink.text, "line": {"width": 0}},
        "running": {
            "symbol": "circle", "size": 22, "color": ink.ground,
            "line": {"color": ink.tuned, "width": 6},
        },
        "due": {
            "symbol": "diamond", "size": 20, "color": ink.risk,
            "line": {"color": ink.ground, "width": 2},
        },
        "open": {
            "symbol": "circle", "size": 12, "color": ink.ground,
            "line": {"color": ink.axis, "width": 2},
        },
    }  # fmt: skip


@dataclass(frozen=True)
class Entrant:
    """A model in the ranking: its score with the interval, and whether it was tuned here."""

    name: str
    value: float
    low: float | None
    high: float | None
    tuned: bool


def ranking(
    entrants: Sequence[Entrant], scheme: str, *, unit: str, decimals: int, present: bool = False
) -> go.Figure:
    """Draw models by score, best first: dot and 95 % interval."""
    ink = grammar.tokens(scheme)
    figure = grammar.figure(scheme, height=76 + 40 * len(entrants), x=unit, present=present)
    lows = [one.value if one.low is None else one.low for one in entrants]
    highs = [one.value if one.high is None else one.high for one in entrants]
    form = f".{decimals}f"
    grammar.interval_dots(
        figure, ink, [grammar.safe(one.name) for one in entrants],
        [one.value for one in entrants], lows, highs,
        [ink.tuned if one.tuned else ink.base for one in entrants],
        fmt=form, hover=f"%{{y}}: %{{x:{form}}}",
    )  # fmt: skip
    room = 0.14 * max(max(highs) - min(lows), 10 * 10**-decimals)
    figure.update_xaxes(range=[min(lows) - room, max(highs) + 2 * room])
    return figure
