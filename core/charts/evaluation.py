"""Figures of the Evaluate page: the board, paired change, confusion, forgetting."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.charts import grammar
from core.charts.grammar import Tokens
from core.evaluate import notation
from core.evaluate.board import Entry
from core.evaluate.compare import Changes
from core.evaluate.score import Score
from core.evaluate.scorer import Array
from core.text.catalog import t

BINS = 30


def _row(score: Score) -> tuple[float, float, float]:
    """Value and interval as they are shown; without an interval, the value thrice."""
    by = notation.factor(score.unit)
    value = score.number
    low = value if score.low is None else score.low
    high = value if score.high is None else score.high
    return by * value, by * low, by * high


def _dots(
    names: Sequence[str], scores: Sequence[Score], colors: Sequence[str], ink: Tokens,
    scheme: str, language: str, present: bool,
) -> go.Figure:  # fmt: skip
    """A dot and interval for each score, with room for the numbers at the right."""
    first = scores[0]
    figure = grammar.figure(
        scheme, height=80 + 44 * len(names), present=present,
        x=notation.axis(first.metric, first.unit, language),
    )  # fmt: skip
    rows = [_row(score) for score in scores]
    values, lows, highs = zip(*rows, strict=True)
    shown = [grammar.safe(name) for name in names]
    form = notation.pattern(first.unit)
    grammar.interval_dots(figure, ink, shown, values, lows, highs, colors, fmt=form,
                          hover=f"%{{y}}: %{{x:{form}}}")  # fmt: skip
    low, high = min(lows), max(highs)
    room = (high - low) or max(abs(high), 1.0) * 0.1
    figure.update_xaxes(range=[low - 0.25 * room, high + 0.18 * room])
    figure.update_yaxes(range=[len(names) - 0.5, -0.5], autorange=False)
    return figure


def board(
    entries: Sequence[Entry],
    tuned: frozenset[str],
    scheme: str,
    language: str = "en",
    *,
    present: bool = False,
) -> go.Figure:
    """Dot and 95 % interval of each model, best first; those tied with the first are shaded.

    `tuned` are the names of models tuned here; they have their own colour.
    """
    ink = grammar.tokens(scheme)
    colors = [ink.tuned if entry.evaluation.model in tuned else ink.base for entry in entries]
    figure = _dots(
        [entry.name for entry in entries], [entry.score for entry in entries], colors, ink, scheme,
        language, present,
    )  # fmt: skip
    tied = sum(entry.tied for entry in entries)
    if tied > 1:
        # Only an unbroken block from the top can be shaded; a wide interval lower down may tie too.
        block = next((i for i, entry in enumerate(entries) if not entry.tied), len(entries))
        figure.add_hrect(y0=-0.5, y1=block - 0.5, fillcolor=ink.panel, line_width=0, layer="below")
        figure.add_annotation(
            xref="paper", x=0, y=0, xshift=6, xanchor="left", font={"color": ink.muted},
            text=t("evaluate.board.tied", language),
        )  # fmt: skip
    return figure


def changes(
    found: Changes, unit: str, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Histogram of the gain of each example; the counts stand above their part."""
    ink = grammar.tokens(scheme)
    by = notation.factor(unit)
    parts = (
        ("worse", [by * c.gain for c in found.worse], ink.worse),
        ("same", [by * c.gain for c in found.same], ink.base),
        ("better", [by * c.gain for c in found.better], ink.better),
    )
    metric = notation.axis(found.metric, unit, language)
    binary = found.same_within == 0
    figure = grammar.figure(
        scheme, height=300, present=present, y=t("evaluate.change.y", language),
        x=None if binary else t("evaluate.change.x", language, metric=metric),
    )  # fmt: skip
    edges = _edges([gain for _, gains, _ in parts for gain in gains], by * found.same_within)
    middle, totals = (edges[:-1] + edges[1:]) / 2, np.zeros(len(edges) - 1)
    for _, gains, color in parts:
        counts, _ = np.histogram(gains, edges)
        figure.add_bar(
            x=middle, y=counts, base=totals.copy(), width=0.9 * (edges[1] - edges[0]),
            marker={"color": color, "line": {"width": 0}},
            hovertemplate="%{x:.1f}: %{y}<extra></extra>",
        )  # fmt: skip
        totals += counts
    figure.update_layout(barmode="overlay")
    limit = float(max(abs(edges[0]), abs(edges[-1])))
    figure.update_xaxes(range=[-limit, limit])
    if binary:
        words = [t(f"evaluate.change.{key}", language) for key in ("lost", "kept", "won")]
        figure.update_xaxes(tickvals=middle, ticktext=words, showgrid=False)
    else:
        figure.add_vline(x=0, line_color=ink.axis, line_width=1)
    figure.update_yaxes(range=[0, 1.3 * max(1.0, totals.max())], nticks=4)
    _counts(figure, ink, {name: len(gains) for name, gains, _ in parts}, language)
    return figure


def _counts(figure: go.Figure, ink: Tokens, counts: dict[str, int], language: str) -> None:
    """The three numbers above the bars: left, middle, right."""
    places = (("worse", 0.0, "left", ink.worse), ("same", 0.5, "center", ink.muted),
              ("better", 1.0, "right", ink.better))  # fmt: skip
    for name, x, anchor, color in places:
        words = t(f"evaluate.change.{name}", language, n=f"{counts[name]:,}")
        figure.add_annotation(
            xref="paper", yref="paper", x=x, y=1, xanchor=anchor, yanchor="top",
            text=words if name == "same" else f"<b>{words}</b>", font={"color": color},
            bgcolor=ink.ground,
        )  # fmt: skip


def _edges(gains: Sequence[float], same_within: float) -> Array:
    """Edges of equal bins around 0 that hold every gain; the middle bin is what counts as same."""
    reach = max([abs(gain) for gain in gains] or [0.0])
    if same_within == 0:  # right or wrong: one bar for each
        return np.array([-1.5, -0.5, 0.5, 1.5]) * (reach or 1.0)
    width = 2 * same_within
    width *= max(1.0, np.ceil(2 * reach / BINS / width))
    # Half a bin each side of 0, then whole ones.
    side = width * (0.5 + np.arange(int(np.ceil(max(0.0, reach / width - 0.5))) + 1))
    return np.concatenate([-side[::-1], side])


def confusion(
    names: Sequence[str],
    table: Array,
    scheme: str,
    language: str = "en",
    *,
    present: bool = False,
) -> go.Figure:
    """Share of each right label (row) that got each answer (column); counts are written in.

    Args:
        names: Labels; they are the user's text and are drawn as they are.
        table: Counts, shape (labels, labels), reference by row.
        scheme: "light" or "dark".
        language: Code of the reader's language.
        present: Larger, for a room.
    """
    ink = grammar.tokens(scheme)
    shares = np.divide(table, table.sum(1, keepdims=True), out=np.zeros_like(table),
                       where=table.sum(1, keepdims=True) > 0)  # fmt: skip
    shown = [_short(name) for name in names]
    figure = grammar.figure(
        scheme, height=150 + 30 * len(names), present=present,
        x=t("evaluate.confusion.x", language), y=t("evaluate.confusion.y", language),
    )  # fmt: skip
    places = list(range(len(names)))
    figure.add_heatmap(
        z=shares, x=places, y=places, zmin=0, zmax=1, showscale=False, xgap=1, ygap=1,
        colorscale=grammar.scale(ink.sequential), hoverinfo="skip",
    )  # fmt: skip
    cells = [(i, j) for i in places for j in places if table[i, j]]
    figure.add_scatter(
        x=[j for _, j in cells], y=[i for i, _ in cells], mode="text", hoverinfo="skip",
        text=[f"{table[i, j]:.0f}" for i, j in cells],
        textfont={"color": [
            grammar.text_on(grammar.shade(shares[i, j], ink.sequential)) for i, j in cells]},
    )  # fmt: skip
    axis: dict[str, Any] = {"tickvals": places, "ticktext": shown, "showgrid": False}
    figure.update_xaxes(**axis, tickangle=-90 if len(names) > 4 else 0)
    figure.update_yaxes(**axis, autorange="reversed")
    return figure


def _short(label: str) -> str:
    """A label that fits beside a heat map, literal."""
    line = " ".join(label.split())
    return grammar.safe(line if len(line) <= 24 else f"{line[:23]}…")


def forgetting(
    before: Score, after: Score, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """The base and the tuned model on everyday text, one under the other."""
    ink = grammar.tokens(scheme)
    names = [t("evaluate.forgetting.before", language), t("evaluate.forgetting.after", language)]
    return _dots(names, [before, after], [ink.base, ink.tuned], ink, scheme, language, present)
