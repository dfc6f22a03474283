"""Figures of the Deploy page."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.deploy.latency import Latency
from core.text.catalog import t
from core.text.format import number


def latency(
    milliseconds: Sequence[float],
    summary: Latency,
    scheme: str,
    language: str = "en",
    *,
    present: bool = False,
) -> go.Figure:
    """Share of answers that took at most so long: measured, so the line is solid."""
    ink = grammar.tokens(scheme)
    times = sorted(milliseconds)
    shares = [100 * (i + 1) / len(times) for i in range(len(times))]
    figure = grammar.figure(
        scheme, height=260, present=present, x=t("deploy.chart.x", language),
        y=t("deploy.chart.y", language),
    )  # fmt: skip
    figure.add_scatter(
        x=[times[0], *times], y=[0, *shares], mode="lines",
        line={"color": ink.tuned, "width": 2.25, "shape": "hv"},
        hovertemplate="%{x:.1f} ms: %{y:.0f} %<extra></extra>",
    )  # fmt: skip
    marks = [(summary.p50, t("deploy.chart.half", language))]
    if summary.p95 is not None:
        marks.append((summary.p95, t("deploy.chart.tail", language)))
    for value, name in marks:
        figure.add_vline(x=value, line={"color": ink.axis, "width": 1.5})
        grammar.label(figure, value, 8, f"{name}: {number(value)} ms", ink.text, bgcolor=ink.ground)
    figure.update_yaxes(range=[0, 104], tickvals=[0, 25, 50, 75, 100])
    figure.update_xaxes(rangemode="tozero", showgrid=False)
    return figure
