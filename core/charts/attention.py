"""Attention: every head in one picture, and one head large, with its numbers."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.charts import grammar
from core.interpret.attention import Tile
from core.text.catalog import t

PRINTED_FROM = 0.10
PRINTED_TOKENS = 18
"""More columns than this leave no room for a number in a cell."""
TICKS_MOST = 64
ROW_PIXELS, SMALL_ROW_PIXELS = 26, 14
OUTLINE_CELLS = 0.9
"""How far outside its head the outline runs, in cells."""


def all_heads(
    tile: Tile, layers: int, heads: int, chosen: tuple[int, int | None], scheme: str,
    language: str, *, present: bool = False,
) -> go.Figure:  # fmt: skip
    """The tiled heat map: a row a layer, a column a head, the chosen head outlined.

    Args:
        tile: The picture.
        layers: Rows of heads.
        heads: Columns of heads.
        chosen: Layer and head; None = all heads of the layer.
        scheme: "light" or "dark".
        language: Of the axis titles.
        present: For a room.
    """
    ink = grammar.tokens(scheme)
    height = max(180, min(900, 70 + 62 * layers))
    fig = grammar.figure(scheme, height=height, present=present)
    fig.add_heatmap(
        z=tile.picture, zmin=0, zmax=1, colorscale=grammar.scale(ink.sequential), showscale=False,
        hoverinfo="skip", hoverongaps=False,
    )  # fmt: skip
    layer, head = chosen
    x, y = tile.corner(layer, head or 0)
    width = tile.columns if head is not None else tile.picture.shape[1]
    fig.add_shape(
        type="rect", x0=x - 0.5 - OUTLINE_CELLS, x1=x + width - 0.5 + OUTLINE_CELLS,
        y0=y - 0.5 - OUTLINE_CELLS, y1=y + tile.rows - 0.5 + OUTLINE_CELLS,
        line={"color": ink.text, "width": 2.5},
    )  # fmt: skip
    centre_x = [tile.corner(0, i)[0] + (tile.columns - 1) / 2 for i in range(heads)]
    centre_y = [tile.corner(i, 0)[1] + (tile.rows - 1) / 2 for i in range(layers)]
    fig.update_xaxes(
        tickvals=centre_x, ticktext=list(map(str, range(heads))), side="top", showgrid=False,
        title_text=t("attention.tile.head", language),
    )  # fmt: skip
    fig.update_yaxes(
        tickvals=centre_y, ticktext=list(map(str, range(layers))), autorange="reversed",
        showgrid=False, title_text=t("attention.tile.layer", language),
    )  # fmt: skip
    return fig


def one_head(
    weights: NDArray[np.float32], queries: Sequence[str], keys: Sequence[str], scheme: str,
    language: str, *, causal: bool = False, present: bool = False,
) -> go.Figure:  # fmt: skip
    """One head large: a row for each token that looks; values from 0.10 printed where they fit.

    Args:
        weights: (queries, keys).
        queries: Label of each row; any text, drawn as it is.
        keys: Label of each column.
        scheme: "light" or "dark".
        language: Of what the pointer says.
        causal: Leave what a row cannot see empty.
        present: For a room.
    """
    ink = grammar.tokens(scheme)
    shown = np.array(weights, np.float64)
    if causal:
        shown[np.triu(np.ones(shown.shape, bool), 1)] = np.nan
    rows, columns = _names(queries), _names(keys)
    longest = min(24, max(map(len, keys)))
    row_pixels = ROW_PIXELS if prints(keys) else SMALL_ROW_PIXELS
    height = max(240, 40 + 7 * longest + row_pixels * len(rows))
    fig = grammar.figure(scheme, height=height, present=present)
    fig.add_heatmap(
        z=shown, x=columns, y=rows, zmin=0, zmax=1, colorscale=grammar.scale(ink.sequential),
        showscale=False, hoverongaps=False, xgap=1 if prints(keys) else 0,
        ygap=1 if prints(keys) else 0,
        hovertemplate=t("attention.one.hover_cell", language) + "<extra></extra>",
    )  # fmt: skip
    if prints(keys):
        _print(fig, shown, rows, columns, ink, present=present)
    fig.update_xaxes(
        type="category", side="top", showgrid=False, tickangle=-90, tickfont={"color": ink.text},
        **_ticks(columns, keys),
    )  # fmt: skip
    fig.update_yaxes(
        type="category", autorange="reversed", showgrid=False, tickfont={"color": ink.text},
        **_ticks(rows, queries),
    )  # fmt: skip
    return fig


def prints(keys: Sequence[str]) -> bool:
    """Whether the cells are large enough for numbers."""
    return len(keys) <= PRINTED_TOKENS


def _names(labels: Sequence[str]) -> list[str]:
    """A name for each place: equal tokens must stay apart on the axis."""
    return [f"{grammar.safe(label)} ({place})" for place, label in enumerate(labels)]


def _ticks(names: list[str], labels: Sequence[str]) -> dict[str, list[str]]:
    step = -(-len(names) // TICKS_MOST)
    return {"tickvals": names[::step], "ticktext": [grammar.safe(x) for x in labels[::step]]}


def _print(
    fig: go.Figure, shown: NDArray[np.float64], rows: list[str], columns: list[str],
    ink: grammar.Tokens, *, present: bool,
) -> None:  # fmt: skip
    cells = [(int(q), int(k)) for q, k in np.argwhere(np.nan_to_num(shown) >= PRINTED_FROM)]
    fig.add_scatter(
        x=[columns[k] for _, k in cells],
        y=[rows[q] for q, _ in cells],
        mode="text",
        hoverinfo="skip",
        text=[f"{shown[q, k]:.2f}".removeprefix("0") for q, k in cells],
        textfont={
            "size": 14 if present else 12,
            "color": [
                grammar.text_on(grammar.shade(float(shown[q, k]), ink.sequential)) for q, k in cells
            ],
        },
    )
