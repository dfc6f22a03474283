"""Positions: lines by distance, and heat maps centred on 0."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.charts import grammar
from core.interpret import position_words as words
from core.interpret.panels import Panel

LINE_PIXELS, MATRIX_PIXELS = 300, 360
NAME_PIXELS = 18
LABEL_GAP = 0.07
"""Least distance of two names at the ends of lines, as a share of the height."""


def colours() -> dict[str, dict[str, Any]]:
    """What `core.interpret.position_picture` draws with, for a light and for a dark page."""
    return {
        name: {"diverging": ink.diverging, "categorical": ink.categorical, "muted": ink.muted,
               "ground": ink.ground, "text": ink.text}
        for name, ink in (("light", grammar.LIGHT), ("dark", grammar.DARK))
    }  # fmt: skip


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
    ink = grammar.tokens(scheme)
    for order, (name, at) in enumerate(shown.marks.items()):
        _vertical(fig, _across(shown, at), at, words.mark_name(name, at, language), order, ink)
    return fig


def _heat_map(fig: go.Figure, shown: Panel, ink: grammar.Tokens, x: str, y: str) -> None:
    matrix = np.asarray(shown.matrix)
    largest = float(np.nanmax(np.abs(matrix))) or 1.0
    fig.add_heatmap(
        z=matrix.astype(np.float32), x=shown.x, y=shown.y, zmin=-largest, zmax=largest,
        colorscale=grammar.scale(ink.diverging), showscale=True,
        colorbar={"thickness": 10, "outlinewidth": 0, "nticks": 5, "len": 1, "xpad": 8},
        hovertemplate=f"{x} %{{x}}, {y} %{{y}}: %{{z:.3f}}<extra></extra>", hoverongaps=False,
    )  # fmt: skip
    for row, column in shown.cells:
        _frame(fig, shown, row, column, ink.text)
    fig.update_xaxes(showgrid=False)
    fig.update_yaxes(showgrid=False, autorange="reversed")


def _frame(fig: go.Figure, shown: Panel, row: int, column: int, color: str) -> None:
    """A frame around a cell, a little larger than it, so that one of few pixels is seen."""
    rows = np.asarray(shown.y)
    fig.add_shape(
        type="rect", x0=shown.x[column] - 1, x1=shown.x[column] + 1,
        y0=rows[row] - 1, y1=rows[row] + 1, line={"color": color, "width": 2},
    )  # fmt: skip


def _lines(fig: go.Figure, shown: Panel, ink: grammar.Tokens, language: str) -> None:
    ends: list[tuple[float, str, str]] = []
    for place, (name, values) in enumerate(shown.lines.items()):
        color = ink.categorical[shown.hues.get(name, place)]
        title = words.line_name(name, language)
        hover = f"{title} %{{x}}: %{{y:.3g}}".strip()
        grammar.line(fig, shown.x.tolist(), values.tolist(), color, estimated=False, hover=hover)
        if shown.steps:
            fig.data[-1].line.shape = "hvh"
        end = float(values[-1])
        ends.append((float(np.log10(end)) if shown.logarithmic else end, title, color))
    if shown.logarithmic:
        fig.update_yaxes(type="log", dtick=1, tickformat=",")
    if shown.wide:
        fig.update_xaxes(type="log", dtick=1, tickformat=",", tickangle=0)
    low = min(float(v.min()) for v in shown.lines.values())
    high = max(float(v.max()) for v in shown.lines.values())
    if shown.logarithmic:
        low, high = float(np.log10(low)), float(np.log10(high))
    if shown.floor is not None:
        low = max(low, shown.floor)
        fig.update_yaxes(range=[low, high + (high - low) * 0.04])
        ends = [(max(end, low), title, color) for end, title, color in ends]
    if len(ends) > 1:
        for at, (_, title, color) in zip(
            _apart([end[0] for end in ends], (high - low) * LABEL_GAP), ends, strict=True
        ):
            grammar.label(fig, _across(shown, shown.x[-1]), at, title, color)
        # The names stand in the margin: they must not stretch the axis.
        fig.update_xaxes(range=[_across(shown, shown.x[0]), _across(shown, shown.x[-1])])
        fig.update_layout(margin_r=96)
    for x, y, words_ in shown.notes:
        fig.add_scatter(x=[x], y=[y], mode="markers", hoverinfo="skip",
                        marker={"size": 8, "color": ink.tuned})  # fmt: skip
        grammar.label(fig, x, y, words_, ink.text, bgcolor=ink.ground)
    for name, at in shown.levels.items():
        fig.add_hline(y=at, line={"color": ink.axis, "width": 1.5, "dash": "2px,3px"})
        where = float(np.log10(at)) if shown.logarithmic else at
        title = words.mark_name(name, at, language)
        grammar.label(
            fig, _across(shown, shown.x[0]), where, title, ink.muted, yanchor="bottom",
            bgcolor=ink.ground,
        )  # fmt: skip


def _across(shown: Panel, x: float) -> float:
    """Where an annotation stands on the horizontal axis: on a logarithmic one, its exponent."""
    return float(np.log10(x)) if shown.wide else float(x)


def _apart(places: Sequence[float], gap: float) -> list[float]:
    """Move places up until none is nearer than `gap` to another, in their order."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = list(places)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    return moved


def _vertical(
    fig: go.Figure, place: float, at: float, name: str, order: int, ink: grammar.Tokens
) -> None:
    """A line with its name at the bottom; each further one higher, as they may stand close."""
    fig.add_vline(x=at, line={"color": ink.axis, "width": 1.5, "dash": "2px,3px"})
    fig.add_annotation(
        x=place, yref="paper", y=0, text=name, xanchor="left", yanchor="bottom", xshift=4,
        yshift=order * NAME_PIXELS, font={"color": ink.muted}, bgcolor=ink.ground,
    )  # fmt: skip
