"""The figure of the Train page: is it learning?"""

import plotly.graph_objects as go

from core.charts import grammar
from core.text.catalog import t
from core.train.curve import Curve

FAINT = 0.35
ROOM = 0.16
"""Share of the axis kept free at the right for the names of the lines."""


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
    last = max((step for step, _ in (*curve.training, *curve.validation)), default=1)
    figure.update_xaxes(range=[-0.01 * last, last * (1 + ROOM)], showgrid=False)
    figure.update_yaxes(rangemode="tozero")
    return figure


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
