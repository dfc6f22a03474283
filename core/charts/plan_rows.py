"""Charts of rows from the top down, each named above its bar: they hold on a phone."""

from typing import Any

import plotly.graph_objects as go

from core.charts import grammar, labels

WIDEST, WIDEST_PRESENT = 318, 460
"""Pixels of a line above a bar, on a phone; before a room nobody has one."""


def named(
    ink: grammar.Tokens, place: int, name: str, said: str, size: int
) -> list[dict[str, Any]]:  # fmt: skip
    """A row's name above its bar at the left, and its figure at the right end of that line.

    Where there is no room for the name it gives way.
    """
    widest = WIDEST if size == labels.SIZE else WIDEST_PRESENT
    most = widest - labels.wide(said, size) - 12
    shown = grammar.safe(labels.shorten(name, most, size))
    where: dict[str, Any] = {"yanchor": "bottom", "xref": "paper", "dx": 0, "dy": 0, "borderpad": 0}
    own = grammar.note(0, place - 0.15, shown, ink.text, hovertext=grammar.safe(name),
                       bgcolor=ink.ground, **where)  # fmt: skip
    if not said:
        return [own]
    return [own, grammar.note(1, place - 0.15, grammar.safe(said), ink.muted, xanchor="right",
                              bgcolor=ink.ground, **where)]  # fmt: skip


def as_rows(figure: go.Figure, count: int) -> None:
    """Rows from the top down, named above their bars and not at an axis."""
    figure.update_yaxes(range=[count - 0.4, -0.62], showgrid=False, showticklabels=False)
    figure.update_layout(margin_l=12)
