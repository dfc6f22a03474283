"""The options by what a month costs, each with its range, its quality and when it is ready."""

from typing import Any

import plotly.graph_objects as go

from core.charts import grammar, labels, planned
from core.charts.plan_rows import as_rows
from core.charts.planned import Document, Row
from core.text.catalog import t
from core.text.format import number, usd
from core.units import KILO

ROW_PIXELS = 66
WIDEST = 300
"""Pixels of a line under a mark, on a phone."""


def ranking(
    document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """A dot and the range of 90 % of futures per option, in the order of the ranking.

    Its name stands above; below are its quality and when it answers, in the colour of a miss where
    it does not reach the floor.
    """
    ink, rows = grammar.tokens(scheme), planned.able(document)
    figure = grammar.figure(
        scheme, height=62 + ROW_PIXELS * len(rows), present=present,
        x=t("plan_figures.ranking.x", language),
    )  # fmt: skip
    top = max([row["cost_month_usd"]["p95"] / KILO for row in rows], default=1.0)
    notes = []
    for place, row in enumerate(rows):
        notes += _row(figure, ink, document, place, row, labels.size_of(present), language)
    grammar.add(figure, notes)
    figure.update_xaxes(range=[0, 1.18 * max(top, 0.001)], nticks=5)
    as_rows(figure, len(rows))
    return figure


def _row(
    figure: go.Figure, ink: grammar.Tokens, document: Document, place: int, row: Row, size: int,
    language: str,
) -> list[dict[str, Any]]:  # fmt: skip
    """Draw an option; its words, to be added."""
    color = planned.color(ink, row)
    p5, p50, p95 = (row["cost_month_usd"][end] / KILO for end in ("p5", "p50", "p95"))
    figure.add_scatter(
        x=[p5, p95], y=[place, place], mode="lines", hoverinfo="skip",
        line={"color": planned.soft(ink, row), "width": 11},
    )  # fmt: skip
    said = t("plan_figures.ranking.hover", language, option=grammar.safe(row["option"]),
             usd=usd(KILO * p50, language), low=usd(KILO * p5, language),
             high=usd(KILO * p95, language))  # fmt: skip
    figure.add_scatter(
        x=[p50], y=[place], mode="markers", customdata=[said],
        marker={"size": 11, "color": ink.ground, "line": {"color": color, "width": 2}},
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    start: dict[str, Any] = {"xref": "paper", "dx": 0, "borderpad": 0, "bgcolor": ink.ground}
    name = labels.shorten(row["option"], WIDEST, size)
    below = labels.shorten(under(document, row, language), WIDEST, size)
    return [
        grammar.note(p95, place, f"≈ {number(p50, 3)}", ink.text),
        grammar.note(0, place - 0.13, grammar.safe(name), ink.text, dy=0, yanchor="bottom",
                     hovertext=grammar.safe(row["option"]), **start),
        grammar.note(0, place + 0.13, grammar.safe(below),
                     ink.worse if row["meets_floor"] is False else ink.muted, dy=0, yanchor="top",
                     **start),
    ]  # fmt: skip


def under(document: Document, row: Row, language: str) -> str:
    """Quality and readiness: "29.4 BLEU · ready in 2 months", "27.1 BLEU · misses the floor of 28".

    An entered quality wears "≈"; one that is not known is said so.
    """
    if row["quality"] is None:
        good = t("plan_figures.ranking.no_quality", language)
    else:
        good = planned.quality(document, row["quality"], language)
        good = good if row["quality_kind"] == "measured" else f"≈ {good}"
    then = planned.ready(row, language)
    if row["meets_floor"] is False:
        floor = planned.quality(document, document["quality"]["floor"], language)
        then = t("plan_figures.ranking.misses", language, floor=floor)
    return f"{good} · {then}"
