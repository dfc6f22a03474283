"""Figures of where a model is weak: slices with their intervals, score against disturbance."""

from collections.abc import Callable, Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.evaluate import notation
from core.evaluate.robustness import Robustness
from core.evaluate.sliced import Sliced
from core.text.catalog import t

NAME_CHARACTERS = 38
DODGE = 0.35
"""Percentage points that lines stand apart, so that their intervals can be told apart."""
LABEL_SHARE = 0.075
"""Least distance of two labels, as a share of the height."""


def slices(
    rows: Sequence[Sliced], name: Callable[[Sliced], str], metric: str, unit: str, scheme: str,
    language: str = "en", *, present: bool = False,
) -> go.Figure:  # fmt: skip
    """Dot and 95 % interval of each slice: of the difference, or of the score without A.

    Args:
        rows: Measured slices, each with an interval.
        name: What a slice is called, literal; it may hold the user's text.
        metric: What scored them.
        unit: Of the metric.
        scheme: "light" or "dark".
        language: Code of the reader's language.
        present: Larger, for a room.
    """
    ink, by = grammar.tokens(scheme), notation.factor(unit)
    paired = any(row.p_value is not None for row in rows)
    key = "difference" if paired else "score"
    title = t(f"where.chart.{key}", language, metric=notation.axis(metric, unit, language))
    figure = grammar.figure(scheme, height=80 + 34 * len(rows), present=present, x=title)
    colors = {"better": ink.better, "worse": ink.worse}
    ends = [
        (row.difference, row.difference_low, row.difference_high)
        if paired else (row.value, row.low, row.high) for row in rows
    ]  # fmt: skip
    known = [
        [by * (end if end is not None else value or 0.0) for end in (value, low, high)]
        for value, low, high in ends
    ]
    # Two slices may be called alike when their names are cut: the place tells them apart.
    places = [str(place) for place in range(len(rows))]
    values, lows, highs = zip(*known, strict=True)
    pattern = notation.pattern(unit)
    grammar.interval_dots(
        figure, ink, places, values, lows, highs,
        [colors.get(row.verdict or "", ink.base if paired else ink.tuned) for row in rows],
        fmt=("+" if paired else "") + pattern, hover=f"%{{x:{pattern}}}",
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=places, ticktext=[_short(name(row)) for row in rows],
        range=[len(rows) - 0.5, -0.5], autorange=False,
    )  # fmt: skip
    low, high = min(low for _, low, _ in known), max(high for _, _, high in known)
    room = (high - low) or max(abs(high), 1.0) * 0.1
    low, high = (min(low, 0.0), max(high, 0.0)) if paired else (low, high)
    figure.update_xaxes(range=[low - 0.06 * room, high + 0.16 * room])
    if paired:
        figure.add_vline(x=0, line_color=ink.axis, line_width=1)
    return figure


def _short(name: str) -> str:
    line = " ".join(name.split())
    return grammar.safe(line if len(line) <= NAME_CHARACTERS else f"{line[: NAME_CHARACTERS - 1]}…")


def robustness(
    made: Robustness, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Score against strength, a line for each disturbance with its 95 % intervals."""
    ink, by = grammar.tokens(scheme), notation.factor(made.unit)
    figure = grammar.figure(
        scheme, height=360, present=present, x=t("where.chart.strength", language),
        y=notation.axis(made.metric, made.unit, language),
    )  # fmt: skip
    ends = []
    pattern = notation.pattern(made.unit)
    for place, name in enumerate(made.disturbances):
        curve, color = made.curve(name), ink.categorical[place % len(ink.categorical)]
        values = [by * point.value for point in curve]
        aside = DODGE * (place - (len(made.disturbances) - 1) / 2)
        figure.add_scatter(
            x=[100 * point.strength + (aside if point.disturbance else 0) for point in curve],
            y=values, mode="lines+markers", text=[f"{point.strength:.0%}" for point in curve],
            line={"color": color, "width": 2.25}, marker={"size": 7, "color": color},
            error_y={
                "type": "data", "symmetric": False, "thickness": 1, "width": 0, "color": color,
                "array": [by * ((p.high or p.value) - p.value) for p in curve],
                "arrayminus": [by * (p.value - (p.low or p.value)) for p in curve],
            },
            hovertemplate=f"%{{text}}: %{{y:{pattern}}}<extra></extra>",
        )  # fmt: skip
        ends.append((values[-1], 100 * curve[-1].strength, name, color))
    _labels(figure, ends, language)
    widest = max(x for _, x, _, _ in ends)
    figure.update_xaxes(range=[-0.03 * widest, 1.5 * widest], ticksuffix=" %",
                        tickvals=sorted({100 * p.strength for p in made.points}))  # fmt: skip
    return figure


def _labels(
    figure: go.Figure, ends: Sequence[tuple[float, float, str, str]], language: str
) -> None:
    """The name of each line at its end, moved apart where two ends meet."""
    values = [value for trace in figure.data for value in trace.y]
    apart = LABEL_SHARE * ((max(values) - min(values)) or 1.0)
    last = None
    for value, x, name, color in sorted(ends):
        place = value if last is None else max(value, last + apart)
        last = place
        words = t(f"where.disturbance.{name}", language)
        grammar.label(figure, x, place, words, color, dx=16)
