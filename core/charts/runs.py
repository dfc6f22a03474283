"""The figures of several runs: their curves over each other, and what each forgot."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.evaluate import notation
from core.text.catalog import t
from core.train.curve import Curve
from core.train.forgetting import Forgot
from core.train.overlay import LOSS, points

MOST = 5
"""More lines than this cannot be told apart."""
ROOM = 0.24
"""Share of the axis kept free at the right for the names of the runs."""
APART = 0.07
"""Share of the height that a name takes."""


def overlay(
    curves: Mapping[str, Curve],
    what: str,
    by: str,
    scheme: str,
    language: str = "en",
    *,
    present: bool = False,
) -> go.Figure:
    """Validation loss or metric of up to MOST runs, each line named at its end.

    Args:
        curves: By the run's name.
        what: LOSS, or a metric's name.
        by: A key of `core.train.overlay.AXES`.
        scheme: "light" or "dark".
        language: "en" or "zh".
        present: Larger text, for a projector.
    """
    ink = grammar.tokens(scheme)
    unit = next((row["unit"] for c in curves.values() for _, row in c.scores(what)), "points")
    y = t("train.chart.y", language) if what == LOSS else notation.axis(what, unit, language)
    factor = 1.0 if what == LOSS else notation.factor(unit)
    figure = grammar.figure(scheme, height=340, present=present,
                            x=t(f"train.overlay.by_{by}", language), y=y)  # fmt: skip
    ends = []
    for number, (name, curve) in enumerate(list(curves.items())[:MOST]):
        found = points(curve, what, by)
        if not found:
            continue
        color = ink.categorical[number]
        xs = [x for x, _ in found]
        ys = [factor * y for _, y in found]
        hover = f"{grammar.safe(name)}: %{{y:.3f}} (%{{x:,}})"
        grammar.line(figure, xs, ys, color, estimated=False, hover=hover)
        figure.data[-1].update(mode="lines+markers", marker={"size": 7, "color": color})
        ends.append((xs[-1], ys[-1], name, color))
    _name_ends(figure, ends, max((y for line in figure.data for y in line.y), default=1.0))
    last = max((x for x, *_ in ends), default=1)
    figure.update_xaxes(range=[-0.01 * last, last * (1 + ROOM)], showgrid=False)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _name_ends(
    figure: go.Figure, ends: Sequence[tuple[float, float, str, str]], top: float
) -> None:
    """Name each line at its end; names that would lie on each other are moved apart.

    `top` is the highest value drawn: the axis begins at 0.
    """
    taken: list[float] = []
    for x, y, name, color in sorted(ends, key=lambda end: -end[1]):
        place = y
        if taken and taken[-1] - place < top * APART:
            place = taken[-1] - top * APART
        taken.append(place)
        grammar.label(figure, x, place, grammar.safe(name), color)


def forgetting(
    rows: Sequence[Forgot], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """General ability of the base and of runs with and without replay: dot and interval.

    Args:
        rows: The base first; all of one metric.
        scheme: "light" or "dark".
        language: "en" or "zh".
        present: Larger text, for a projector.
    """
    ink, score = grammar.tokens(scheme), rows[0].score
    by = notation.factor(score["unit"])
    figure = grammar.figure(
        scheme, height=70 + 44 * len(rows), present=present,
        x=notation.axis(score["metric"], score["unit"], language),
    )  # fmt: skip
    ends = [[by * (s[k] if s[k] is not None else s["value"]) for k in ("value", "low", "high")]
            for s in (row.score for row in rows)]  # fmt: skip
    values, lows, highs = (list(column) for column in zip(*ends, strict=True))
    names = [
        t("train.replay.base", language, name=grammar.safe(row.name)) if row.share is None
        else t("train.replay.run", language, name=grammar.safe(row.name),
               share=f"{100 * row.share:.0f}")
        for row in rows
    ]  # fmt: skip
    colors = [ink.base if row.share is None else ink.tuned for row in rows]
    grammar.interval_dots(figure, ink, names, values, lows, highs, colors,
                          hover="%{x:.1f}")  # fmt: skip
    figure.update_xaxes(range=[0, max(highs) * 1.15 or 1])
    return figure
