"""Figures of the Update page."""

from collections.abc import Mapping

import plotly.graph_objects as go

from core.charts import grammar
from core.evaluate.share import Share
from core.text.catalog import t


def liked(
    shares: Mapping[str, Share], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Share of answers liked, a row a model, with its Wilson interval; best first."""
    ink = grammar.tokens(scheme)
    rows = sorted(shares.items(), key=lambda item: -item[1].value)
    figure = grammar.figure(
        scheme, height=90 + 44 * len(rows), present=present, x=t("update.chart.x", language)
    )
    grammar.interval_dots(
        figure, ink,
        [grammar.safe(name) for name, _ in rows],
        [100 * share.value for _, share in rows],
        [100 * share.low for _, share in rows],
        [100 * share.high for _, share in rows],
        [ink.tuned] * len(rows),
        fmt=".0f", hover="%{y}: %{x:.0f} %",
    )  # fmt: skip
    figure.update_xaxes(range=[-3, 108], tickvals=[0, 25, 50, 75, 100])
    return figure
