"""How often a classifier is right, against how sure it says it is."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.evaluate.calibration import Bin
from core.text.catalog import t


def curve(
    bins: Sequence[Bin], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """A dot with its interval for each bin that holds an answer; the number of answers beside it.

    On the line a model is as often right as it is sure; below it, it is too sure.
    """
    ink = grammar.tokens(scheme)
    figure = grammar.figure(
        scheme, height=360, present=present, x=t("board.calibration.x", language),
        y=t("board.calibration.y", language),
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", hoverinfo="skip",
        line={"color": ink.axis, "width": 1},
    )  # fmt: skip
    figure.add_scatter(
        x=[100 * one.confidence for one in bins], y=[100 * one.right.value for one in bins],
        mode="markers", marker={"size": 10, "color": ink.base},
        error_y={"type": "data", "symmetric": False, "color": ink.base, "thickness": 2, "width": 0,
                 "array": [100 * (one.right.high - one.right.value) for one in bins],
                 "arrayminus": [100 * (one.right.value - one.right.low) for one in bins]},
        customdata=[f"{one.n:,}" for one in bins],
        hovertemplate="%{x:.0f} % → %{y:.0f} %, n = %{customdata}<extra></extra>",
    )  # fmt: skip
    for one in bins:
        grammar.label(figure, 100 * one.confidence, 100 * one.right.value, f"{one.n:,}", ink.muted,
                      yanchor="bottom", dy=2)  # fmt: skip
    figure.update_xaxes(range=[0, 108])
    figure.update_yaxes(range=[0, 108])
    return figure
