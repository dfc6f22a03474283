"""A month of each option by part, as bars."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import grammar, labels, planned
from core.charts.plan_rows import as_rows, named
from core.charts.planned import Document, Row
from core.text.catalog import t
from core.text.format import usd
from core.units import KILO

HATCHES = {"api_tokens": ".", "gpu": "/", "devices": "\\", "team": "x", "retraining": "-"}
"""The part of a month, by its form: the colour already says whose option it is."""


def parts(
    document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """A month of each option by part, hatched; what is paid once is spread over it, hollow."""
    ink, rows = grammar.tokens(scheme), planned.able(document)
    figure = grammar.figure(
        scheme, height=58 + 64 * len(rows), present=present, x=t("plan_figures.parts.x", language)
    )
    size = labels.size_of(present)
    colors = [planned.color(ink, row) for row in rows]
    starts = [0.0 for _ in rows]
    for part in planned.PARTS:
        amounts = [row["parts_month_usd"][f"{part}_usd"] / KILO for row in rows]
        marker: dict[str, Any] = {"color": ink.ground, "line": {"color": colors, "width": 1.5}}
        if part in HATCHES:
            marker = grammar.hatch(ink.base, ink)
            marker["line"] = {**marker["line"], "color": colors}
            marker["pattern"] = {**marker["pattern"], "shape": HATCHES[part], "fgcolor": colors}
        _bars(figure, ink, rows, part, (starts, amounts), marker, language, size)
        starts = [start + amount for start, amount in zip(starts, amounts, strict=True)]
    notes = []
    for place, (row, color) in enumerate(zip(rows, colors, strict=True)):
        cost = row["cost_month_usd"]
        figure.add_scatter(
            x=[cost["p5"] / KILO, cost["p95"] / KILO], y=[place, place], mode="lines",
            line={"color": color, "width": 2}, hoverinfo="skip",
        )  # fmt: skip
        said = t("plan_figures.parts.total", language, usd=usd(sum(row["parts_month_usd"].values()),
                                                               language))  # fmt: skip
        notes += named(ink, place, row["option"], said, size)
    grammar.add(figure, notes)
    ends = [max(row["cost_month_usd"]["p95"] / KILO, start)
            for row, start in zip(rows, starts, strict=True)]  # fmt: skip
    figure.update_layout(barmode="overlay", uniformtext={"mode": "hide", "minsize": size})
    figure.update_xaxes(range=[0, 1.04 * max([*ends, 0.001])], nticks=5)
    as_rows(figure, len(rows))
    return figure


def _bars(
    figure: go.Figure, ink: grammar.Tokens, rows: Sequence[Row], part: str,
    places: tuple[Sequence[float], Sequence[float]], marker: dict[str, Any], language: str,
    size: int,
) -> None:  # fmt: skip
    """One part of every option, from its start over its length; under it its name, if it fits."""
    starts, amounts = places
    if not any(amounts):
        return
    name = t(f"plan_figures.part.{part}", language)
    where: dict[str, Any] = {
        "x": amounts, "y": list(range(len(rows))), "base": starts, "orientation": "h",
    }  # fmt: skip
    said = [
        f"{grammar.safe(row['option'])}, {name}: ≈ {usd(KILO * amount, language)}"
        for row, amount in zip(rows, amounts, strict=True)
    ]
    figure.add_bar(
        **where, marker=marker, width=0.28, offset=-0.14, customdata=said,
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    figure.add_bar(
        **where, marker={"color": "rgba(0,0,0,0)", "line": {"width": 0}}, width=0.36, offset=0.15,
        text=[name if amount else "" for amount in amounts], textposition="inside",
        insidetextanchor="start", textangle=0, constraintext="inside", hoverinfo="skip",
        insidetextfont={"color": ink.muted, "size": size},
    )  # fmt: skip
