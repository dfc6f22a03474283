"""Positions: lines by distance, and heat maps centred on 0."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from core.charts import grammar
from core.interpret import position_words as words
from core.interpret.panels import Panel

LINE_PIXELS, MATRIX_PIXELS = 300, 360
LABEL_GAP = 0.07
"""Least distance of two names at the ends of lines, as a share of the height."""


def panel(shown: Panel, scheme: str, language: str, *, present: bool = False) -> go.Figure:
    """Draw a panel: a heat map if it has a matrix, else its lines.

    Args:
        shown: What to draw.
        scheme: "light" or "dark".
        language: Of axes and names.
        present: For a room.
    """
    x, y = words.axes(shown, language)
    height = LINE_PIXELS if shown.matrix is None else MATRIX_PIXELS
    fig = grammar.figure(scheme, height=height, x=x, y=y, present=present)
    if shown.matrix is None:
        _lines(fig, shown, grammar.tokens(scheme), language)
    else:
        _heat_map(fig, shown, grammar.tokens(scheme), x, y)
    for name, at in shown.marks.items():
        _vertical(fig, at, words.mark_name(name, at, language), grammar.tokens(scheme))
    return fig


def _heat_map(fig: go.Figure, shown: Panel, ink: grammar.Tokens, x: str, y: str) -> None:
    matrix = np.asarray(shown.matrix)
    largest = float(np.abs(matrix).max()) or 1.0
    fig.add_heatmap(
        z=matrix.astype(np.float32), x=shown.x, y=shown.y, zmin=-largest, zmax=largest,
        colorscale=grammar.scale(ink.diverging), showscale=True,
        colorbar={"thickness": 10, "outlinewidth": 0, "nticks": 5, "len": 1, "xpad": 8},
        hovertemplate=f"{x} %{{x}}, {y} %{{y}}: %{{z:.3f}}<extra></extra>",
    )  # fmt: skip
    fig.update_xaxes(showgrid=False)
    fig.update_yaxes(showgrid=False, autorange="reversed")


def _lines(fig: go.Figure, shown: Panel, ink: grammar.Tokens, language: str) -> None:
    colors = [ink.tuned] if len(shown.lines) == 1 else list(ink.categorical)
    ends: list[tuple[float, str, str]] = []
    for (name, values), color in zip(shown.lines.items(), colors, strict=False):
        title = words.line_name(name, language)
        hover = f"{title} %{{x}}: %{{y:.3g}}".strip()
        grammar.line(fig, shown.x.tolist(), values.tolist(), color, estimated=False, hover=hover)
        ends.append((float(values[-1]), title, color))
    if shown.logarithmic:
        fig.update_yaxes(type="log", dtick=1, tickformat=",")
    low = min(float(v.min()) for v in shown.lines.values())
    high = max(float(v.max()) for v in shown.lines.values())
    if len(ends) > 1:
        for at, (_, title, color) in zip(
            _apart([end[0] for end in ends], (high - low) * LABEL_GAP), ends, strict=True
        ):
            grammar.label(fig, float(shown.x[-1]), at, title, color)
        fig.update_layout(margin_r=72)
    for name, at in shown.levels.items():
        fig.add_hline(y=at, line={"color": ink.axis, "width": 1.5, "dash": "2px,3px"})
        where = float(np.log10(at)) if shown.logarithmic else at
        title = words.mark_name(name, at, language)
        grammar.label(
            fig, float(shown.x[0]), where, title, ink.muted, yanchor="bottom", bgcolor=ink.ground
        )


def _apart(places: Sequence[float], gap: float) -> list[float]:
    """Move places up until none is nearer than `gap` to another, in their order."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = list(places)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    return moved


def _vertical(fig: go.Figure, at: float, name: str, ink: grammar.Tokens) -> None:
    fig.add_vline(x=at, line={"color": ink.axis, "width": 1.5, "dash": "2px,3px"})
    fig.add_annotation(
        x=at, yref="paper", y=0, text=name, xanchor="left", yanchor="bottom", xshift=4,
        font={"color": ink.muted}, bgcolor=ink.ground,
    )  # fmt: skip
