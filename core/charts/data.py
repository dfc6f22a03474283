"""Figures of the Data page: how long the texts are, how even the labels."""

from collections.abc import Mapping

import plotly.graph_objects as go

from core.charts import grammar
from core.data.profile import Bar, Lengths
from core.text.catalog import t

MOST_LABELS = 20
"""More bars than that are not read: the most frequent and the rarest are drawn."""


def lengths(
    found: Lengths, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Histogram of a part's lengths in characters, with its median and 95th percentile."""
    ink = grammar.tokens(scheme)
    figure = grammar.figure(
        scheme, height=260, present=present,
        x=t("data.chart.length_x", language), y=t("data.chart.length_y", language),
    )  # fmt: skip
    width = found.bars[0].high - found.bars[0].low + 1 if found.bars[0].high is not None else 1
    figure.add_bar(
        x=[bar.low + (width - 1) / 2 for bar in found.bars],
        y=[bar.count for bar in found.bars],
        width=width * 0.92,
        marker=grammar.solid(ink.base, ink),
        customdata=[_span(bar, language) for bar in found.bars],
        hovertemplate="%{customdata}: %{y:,}<extra></extra>",
    )
    figure.update_xaxes(showgrid=False)
    highest = max(bar.count for bar in found.bars)
    figure.update_yaxes(range=[0, highest * 1.25])
    median = t("data.chart.length_median", language, n=f"{found.median_characters:,.0f}")
    p95 = t("data.chart.length_p95", language, n=f"{found.p95_characters:,}")
    _mark(figure, ink, found.median_characters, median, row=1)
    if found.p95_characters - found.median_characters > width:
        _mark(figure, ink, found.p95_characters, p95, row=0)
    return figure


def _mark(figure: go.Figure, ink: grammar.Tokens, at: float, words: str, *, row: int) -> None:
    """A thin line at a length, named above the bars; two rows, so that names do not meet."""
    figure.add_vline(x=at, line={"color": ink.axis, "width": 1.5})
    figure.add_annotation(
        x=at, y=1, yref="paper", yanchor="top", yshift=-18 * row, xanchor="left", xshift=5,
        text=words, bgcolor=ink.ground, font={"color": ink.text},
    )  # fmt: skip


def _span(bar: Bar, language: str) -> str:
    if bar.high is None:
        return t("data.chart.length_more", language, n=f"{bar.low:,}")
    return f"{bar.low:,}" if bar.low == bar.high else f"{bar.low:,}–{bar.high:,}"


def labels(
    counts: Mapping[str, int], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Training examples of each label, most frequent first.

    Args:
        counts: Label to its training examples; of more than MOST_LABELS the ends are drawn.
        scheme: "light" or "dark".
        language: Of the axis title.
        present: Larger text.
    """
    ink = grammar.tokens(scheme)
    shown = ends(counts)
    figure = grammar.figure(
        scheme, height=70 + 24 * len(shown), present=present, x=t("data.chart.label_x", language)
    )
    # Numbers as places: two labels may differ only in what the axis would cut off.
    places = list(range(len(shown)))
    figure.add_bar(
        x=[count for _, count in shown],
        y=places,
        orientation="h",
        marker=grammar.solid(ink.base, ink),
        text=[f"{count:,}" for _, count in shown],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x:,}<extra></extra>",
    )
    figure.update_yaxes(
        tickvals=places, ticktext=[_short(name) for name, _ in shown], autorange="reversed",
        showgrid=False, tickfont={"color": ink.text},
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1.12 * max(count for _, count in shown) or 1])
    return figure


def ends(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Labels by frequency: all, or as many of the most frequent as of the rarest."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    half = MOST_LABELS // 2
    return ranked if len(ranked) <= MOST_LABELS else [*ranked[:half], *ranked[-half:]]


def _short(label: str) -> str:
    return grammar.safe(label if len(label) <= 32 else f"{label[:31]}…")
