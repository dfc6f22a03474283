"""Figures of the data gate: how long rows are in a base's tokens, against where training cuts."""

import math

import plotly.graph_objects as go

from core.charts import grammar
from core.data.tokens import PartTokens
from core.text.catalog import t

BARS = 30


def lengths(
    part: PartTokens, limit: int, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Histogram of a part's lengths in tokens; what lies beyond the limit is in its own colour."""
    ink = grammar.tokens(scheme)
    figure = grammar.figure(
        scheme, height=260, present=present,
        x=t("gate.page.tokens_x", language), y=t("gate.page.tokens_y", language),
    )  # fmt: skip
    bars = _bars(part, limit)
    width = bars[0][1] - bars[0][0]
    figure.add_bar(
        x=[(low + high - 1) / 2 for low, high, _ in bars],
        y=[count for _, _, count in bars],
        width=width * 0.92,
        marker_color=[ink.worse if low > limit else ink.base for low, _, _ in bars],
        customdata=[f"{low:,}–{high - 1:,}" if width > 1 else f"{low:,}" for low, high, _ in bars],
        hovertemplate="%{customdata}: %{y:,}<extra></extra>",
    )
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(range=[0, 1.25 * max(count for _, _, count in bars)])
    if limit <= bars[-1][1]:
        figure.add_vline(x=limit + 0.5, line={"color": ink.axis, "width": 1.5})
        figure.add_annotation(
            x=limit + 0.5, y=1, yref="paper", yanchor="top", xanchor="left", xshift=5,
            text=t("gate.page.tokens_limit", language, n=f"{limit:,}"), bgcolor=ink.ground,
        )  # fmt: skip
    return figure


def _bars(part: PartTokens, limit: int) -> list[tuple[int, int, int]]:
    """About BARS bars (first length, first that is beyond, rows), with an edge at the limit."""
    first, last = part.lengths[0][0], part.percentile(1.0)
    width = max(1, math.ceil((last - first + 1) / BARS))
    start = limit + 1 - width * math.ceil((limit + 1 - first) / width) if last > limit else first
    counts: dict[int, int] = {}
    for length, count in part.lengths:
        place = (length - start) // width
        counts[place] = counts.get(place, 0) + count
    places = range((last - start) // width + 1)
    return [(start + n * width, start + (n + 1) * width, counts.get(n, 0)) for n in places]
