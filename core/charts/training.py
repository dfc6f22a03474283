"""The figures of one training: losses, the metric, learning rate and gradient norm, forgetting."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.evaluate import notation
from core.text.catalog import t
from core.train.curve import Curve

FAINT = 0.35
NAMES_PIXELS = 84
"""Kept free at the right for the names of the lines, however narrow the screen."""
SMALL = 190
"""Height of the small figures, pixels."""


def losses(
    curve: Curve,
    scheme: str,
    language: str = "en",
    *,
    kept_step: int | None = None,
    present: bool = False,
) -> go.Figure:
    """Loss against steps: training raw and faint, smoothed and strong; validation with dots.

    Args:
        curve: The losses, nats.
        scheme: "light" or "dark".
        language: "en" or "zh".
        kept_step: The step whose weights were kept, marked on the validation line.
        present: Larger text, for a projector.
    """
    ink = grammar.tokens(scheme)
    figure = grammar.figure(
        scheme, height=320, present=present,
        x=t("train.chart.x", language), y=t("train.chart.y", language),
    )  # fmt: skip
    hover = t("train.chart.hover", language, step="%{x:,}", loss="%{y:.3f}")
    if curve.training:
        steps, raw = zip(*curve.training, strict=True)
        grammar.line(figure, steps, raw, ink.base, estimated=False, hover=hover, width=1)
        figure.data[-1].opacity = FAINT
        _, smooth = zip(*curve.smoothed, strict=True)
        grammar.line(figure, steps, smooth, ink.base, estimated=False, hover=hover)
    if curve.validation:
        steps, loss = zip(*curve.validation, strict=True)
        grammar.line(figure, steps, loss, ink.tuned, estimated=False, hover=hover)
        figure.data[-1].update(mode="lines+markers", marker={"size": 7, "color": ink.tuned})
    _name_lines(figure, curve, ink, language)
    _mark_kept(figure, curve, kept_step, ink, language)
    _end(
        figure,
        max((step for step, _ in (*curve.training, *curve.validation)), default=1),
        NAMES_PIXELS,
    )
    figure.update_yaxes(rangemode="tozero")
    return figure


def metric(
    curve: Curve, name: str, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """A metric on the bounded validation sample, each value with its 95 % interval.

    Args:
        curve: What was told.
        name: A metric that it has scores of.
        scheme: "light" or "dark".
        language: "en" or "zh".
        present: Larger text, for a projector.
    """
    ink, found = grammar.tokens(scheme), curve.scores(name)
    unit = found[0][1]["unit"]
    by = notation.factor(unit)
    figure = grammar.figure(
        scheme, height=320, present=present,
        x=t("train.chart.x", language), y=notation.axis(name, unit, language),
    )  # fmt: skip
    for look, row in found:
        if row["low"] is not None:
            figure.add_scatter(
                x=[look.step, look.step], y=[by * row["low"], by * row["high"]], mode="lines",
                line={"color": ink.tuned, "width": 2}, opacity=0.55, hoverinfo="skip",
            )  # fmt: skip
    steps = [look.step for look, _ in found]
    values = [by * row["value"] for _, row in found]
    hover = t("train.chart.hover", language, step="%{x:,}", loss="%{y:.1f}")
    grammar.line(figure, steps, values, ink.tuned, estimated=False, hover=hover)
    figure.data[-1].update(mode="lines+markers", marker={"size": 8, "color": ink.tuned})
    grammar.label(figure, steps[-1], values[-1],
                  notation.number(found[-1][1]["value"], unit, language), ink.tuned)  # fmt: skip
    if len(found) > 1:
        grammar.label(figure, steps[0], values[0], t("train.chart.base", language), ink.base,
                      yanchor="bottom", dx=10, bgcolor=ink.ground)  # fmt: skip
    last = max([steps[-1], *(row.step for row in curve.steps[-1:])])
    _end(figure, last, NAMES_PIXELS)
    figure.update_yaxes(rangemode="tozero")
    return figure


def rate(
    curve: Curve, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure | None:
    """Learning rate against steps; None where it was not told."""
    points = [(row.step, row.learning_rate) for row in curve.steps if row.learning_rate is not None]
    figure = _small(points, t("train.chart.rate", language), "%{y:.2g}", scheme, language, present)
    if figure:
        figure.update_yaxes(tickformat=".1e")
    return figure


def norm(
    curve: Curve, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure | None:
    """Gradient norm against steps; None where it was not told."""
    points = [(row.step, row.grad_norm) for row in curve.steps if row.grad_norm is not None]
    return _small(points, t("train.chart.norm", language), "%{y:.3g}", scheme, language, present)


def _small(points: Sequence[tuple[int, float]], y: str, value: str, scheme: str, language: str,
           present: bool) -> go.Figure | None:  # fmt: skip
    if not points:
        return None
    figure = grammar.figure(scheme, height=SMALL, present=present, x=t("train.chart.x", language),
                            y=y)  # fmt: skip
    steps, values = zip(*points, strict=True)
    hover = t("train.chart.hover", language, step="%{x:,}", loss=value)
    ink = grammar.tokens(scheme)
    grammar.line(figure, steps, values, ink.base, estimated=False, hover=hover, width=1.5)
    _end(figure, steps[-1])
    figure.update_yaxes(rangemode="tozero", nticks=4)
    return figure


def _end(figure: go.Figure, last: float, names_pixels: int | None = None) -> None:
    """An axis from the start to the last step, and room for names after it."""
    figure.update_xaxes(range=[-0.01 * last, 1.02 * last], showgrid=False)
    if names_pixels:
        figure.update_layout(margin_r=names_pixels)


def _name_lines(figure: go.Figure, curve: Curve, ink: grammar.Tokens, language: str) -> None:
    """Name each line at its end; the upper name sits higher where the ends are close."""
    ends = []
    if curve.smoothed:
        ends.append((*curve.smoothed[-1], t("train.chart.training", language), ink.base))
    if curve.last:
        ends.append((*curve.last, t("train.chart.validation", language), ink.tuned))
    ends.sort(key=lambda end: -end[1])
    for number, (step, loss, name, color) in enumerate(ends):
        anchor = "middle" if len(ends) == 1 else "bottom" if number == 0 else "top"
        grammar.label(figure, step, loss, name, color, yanchor=anchor)


def _mark_kept(
    figure: go.Figure, curve: Curve, kept_step: int | None, ink: grammar.Tokens, language: str
) -> None:
    kept = next((point for point in curve.validation if point[0] == kept_step), None)
    if kept is None or kept == curve.last:
        return
    figure.add_scatter(
        x=[kept[0]], y=[kept[1]], mode="markers", hoverinfo="skip",
        marker={"size": 13, "color": ink.ground, "line": {"color": ink.tuned, "width": 2}},
    )  # fmt: skip
    grammar.label(
        figure, kept[0], kept[1], t("train.chart.kept", language), ink.tuned,
        dx=0, dy=-14, xanchor="center", yanchor="top",
    )  # fmt: skip
