"""Charts of rows from the top down, each named above its bar: they hold on a phone."""

from typing import Any

import plotly.graph_objects as go

from core.charts import grammar, labels

WIDEST = 318
"""Pixels of a line above a bar, on a phone."""


def named(
    figure: go.Figure, ink: grammar.Tokens, place: int, name: str, said: str, size: int
) -> None:  # fmt: skip
    """A row's name above its bar at the left, and its figure at the right end of that line.

    Where there is no room for the name it gives way.
    """
    most = WIDEST - labels.wide(said, size) - 12
    shown = grammar.safe(labels.shorten(name, most, size))
    where: dict[str, Any] = {"yanchor": "bottom", "xref": "paper", "dx": 0, "dy": 0, "borderpad": 0}
    grammar.label(figure, 0, place - 0.15, shown, ink.text, hovertext=grammar.safe(name),
                  bgcolor=ink.ground, **where)  # fmt: skip
    grammar.label(figure, 1, place - 0.15, grammar.safe(said), ink.muted, xanchor="right",
                  bgcolor=ink.ground if said else None, **where)  # fmt: skip


def as_rows(figure: go.Figure, count: int) -> None:
    """Rows from the top down, named above their bars and not at an axis."""
    figure.update_yaxes(range=[count - 0.4, -0.62], showgrid=False, showticklabels=False)
    figure.update_layout(margin_l=12)
