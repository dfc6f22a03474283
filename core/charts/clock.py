"""Pairs as hands of clocks, and a sentence in two orders as coloured rows."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts import grammar
from core.interpret.clock import Hand
from core.interpret.permutation import Demonstration
from core.text.catalog import t
from core.text.format import number

DIAL_PIXELS, CAPTION_PIXELS = 128, 64
ROW_PIXELS, HEAD_PIXELS = 30, 72
SWEEP_POINTS = 48
"""Points of the arc that a hand has swept; one round at most is drawn."""


def dials(
    hands: Sequence[Hand], chosen: int, scheme: str, language: str, *, columns: int = 2,
    present: bool = False,
) -> go.Figure:  # fmt: skip
    """One dial a pair, from the fastest to the slowest; the chosen one is drawn strong.

    Args:
        hands: What each shows.
        chosen: Its pair.
        scheme: "light" or "dark".
        language: Of the words.
        columns: Dials in a row.
        present: For a room.
    """
    ink = grammar.tokens(scheme)
    rows = -(-len(hands) // columns)
    height = rows * (DIAL_PIXELS + CAPTION_PIXELS)
    fig = grammar.figure(scheme, height=height, present=present)
    fig.set_subplots(rows, columns, vertical_spacing=0.36 / rows, horizontal_spacing=0.03)
    for place, hand in enumerate(hands):
        row, column = divmod(place, columns)
        _dial(fig, hand, hand.pair == chosen, ink, language, row + 1, column + 1)
    fig.update_xaxes(visible=False, range=[-1.15, 1.15])
    fig.update_yaxes(visible=False, range=[-1.15, 1.15], scaleanchor="x")
    fig.update_layout(margin={"t": 8, "b": CAPTION_PIXELS - 8, "l": 8, "r": 8})
    for place in range(len(hands)):
        axis = "" if place == 0 else str(place + 1)
        fig.layout[f"yaxis{axis}"].scaleanchor = f"x{axis}"
    return fig


def _dial(
    fig: go.Figure, hand: Hand, chosen: bool, ink: grammar.Tokens, language: str,
    row: int, column: int,
) -> None:  # fmt: skip
    color = ink.tuned if chosen else ink.base
    at = {"row": row, "col": column}
    around = np.linspace(0, 2 * np.pi, 73)
    fig.add_scatter(x=np.cos(around), y=np.sin(around), mode="lines", hoverinfo="skip",
                    line={"color": ink.axis, "width": 1}, **at)  # fmt: skip
    swept = np.linspace(0, min(hand.angle, 2 * np.pi), SWEEP_POINTS)
    fig.add_scatter(x=[0, *np.cos(swept), 0], y=[0, *np.sin(swept), 0], mode="lines",
                    fill="toself", line={"width": 0}, hoverinfo="skip",
                    fillcolor=ink.tuned_soft if chosen else ink.base_soft, **at)  # fmt: skip
    words = t(
        "clock.hover", language, pair=hand.pair, first=hand.columns[0], second=hand.columns[1],
        angle=number(hand.angle), turns=number(hand.turns), cos=f"{hand.cos:.3f}",
        sin=f"{hand.sin:.3f}",
    )  # fmt: skip
    fig.add_scatter(x=[0, hand.cos], y=[0, hand.sin], mode="lines+markers",
                    line={"color": color, "width": 4 if chosen else 2.25},
                    marker={"size": [5, 11 if chosen else 8], "color": color},
                    hovertemplate=f"{words}<extra></extra>", **at)  # fmt: skip
    title = t("clock.title", language, pair=hand.pair, turns=number(hand.turns))
    wave = t("clock.wave", language, tokens=number(hand.wavelength))
    fig.add_annotation(
        text=f"<b>{title}</b><br>{wave}" if chosen else f"{title}<br>{wave}", x=0, y=0,
        yref="y domain", xanchor="center", yanchor="top", yshift=-4, align="center", **at,
    )  # fmt: skip


def orders(shown: Demonstration, scheme: str, language: str, *, present: bool = False) -> go.Figure:
    """Outputs of a sentence and of the same with two words swapped, without and with positions."""
    ink = grammar.tokens(scheme)
    words = len(shown.words)
    height = 2 * (words * ROW_PIXELS + HEAD_PIXELS)
    fig = make_subplots(2, 2, vertical_spacing=HEAD_PIXELS / height, horizontal_spacing=0.14)
    empty = grammar.figure(scheme, height=height, present=present)
    fig.update_layout(empty.layout)
    sentences = (shown.words, shown.swapped)
    moved = [place for place, word in enumerate(shown.order) if place != word]
    for row, (name, outputs) in enumerate(
        (("without", shown.without), ("with", shown.with_positions)), start=1
    ):
        largest = float(np.abs(outputs).max())
        for column, sentence in enumerate(sentences, start=1):
            fig.add_heatmap(
                z=outputs[column - 1].astype(np.float32), zmin=-largest, zmax=largest,
                colorscale=grammar.scale(ink.diverging), showscale=False, row=row, col=column,
                hovertemplate="%{y}, %{x}: %{z:.3f}<extra></extra>",
            )  # fmt: skip
            axis = f"yaxis{2 * (row - 1) + column}" if (row, column) != (1, 1) else "yaxis"
            names = [
                f"<b>{grammar.safe(word)}</b>" if place in moved else grammar.safe(word)
                for place, word in enumerate(sentence)
            ]
            fig.layout[axis].update(
                tickvals=list(range(words)), ticktext=names, autorange="reversed",
                tickfont={"color": ink.text}, showgrid=False,
            )  # fmt: skip
            title = t(f"permutation.{name}.{'first' if column == 1 else 'second'}", language)
            fig.add_annotation(
                text=title, x=0, y=1, yshift=6, xref="x domain", yref="y domain", xanchor="left",
                yanchor="bottom", font={"color": ink.muted}, row=row, col=column,
            )  # fmt: skip
    fig.update_xaxes(showgrid=False, showticklabels=False)
    fig.update_layout(margin={"t": 30, "b": 8, "l": 8, "r": 8})
    return fig
