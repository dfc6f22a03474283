"""A plan as bars: a month by part, and what each input can do to the answer.

Names stand above their bars, so that they have the whole width at any size of screen.
"""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import grammar, labels, planned
from core.charts.planned import Document, Row
from core.text.catalog import t
from core.text.format import number, usd
from core.units import KILO

MOST_INPUTS = 10
HATCHES = {"api_tokens": ".", "gpu": "/", "devices": "\\", "team": "x", "retraining": "-"}
"""The part of a month, by its form: the colour already says whose option it is."""
NARROW = 318
"""Pixels that a row has on a phone."""


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
        amounts = [row["parts_month_usd"][part] / KILO for row in rows]
        marker: dict[str, Any] = {"color": ink.ground, "line": {"color": colors, "width": 1.5}}
        if part in HATCHES:
            marker = grammar.hatch(ink.base, ink)
            marker["line"] = {**marker["line"], "color": colors}
            marker["pattern"] = {**marker["pattern"], "shape": HATCHES[part], "fgcolor": colors}
        _bars(figure, ink, rows, part, (starts, amounts), marker, language, size)
        starts = [start + amount for start, amount in zip(starts, amounts, strict=True)]
    for place, (row, color) in enumerate(zip(rows, colors, strict=True)):
        cost = row["cost_month_usd"]
        figure.add_scatter(
            x=[cost["p5"] / KILO, cost["p95"] / KILO], y=[place, place], mode="lines",
            line={"color": color, "width": 2}, hoverinfo="skip",
        )  # fmt: skip
        said = t("plan_figures.parts.total", language, usd=usd(sum(row["parts_month_usd"].values()),
                                                               language))  # fmt: skip
        _over(figure, ink, place, row["option"], said, size)
    ends = [max(row["cost_month_usd"]["p95"] / KILO, start)
            for row, start in zip(rows, starts, strict=True)]  # fmt: skip
    figure.update_layout(barmode="overlay", uniformtext={"mode": "hide", "minsize": size})
    figure.update_xaxes(range=[0, 1.04 * max([*ends, 0.001])], nticks=5)
    _rows(figure, len(rows))
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
        "x": amounts,
        "y": list(range(len(rows))),
        "base": starts,
        "orientation": "h",
    }
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


def _over(
    figure: go.Figure, ink: grammar.Tokens, place: int, name: str, said: str, size: int,
    tail: str = "",
) -> None:  # fmt: skip
    """A row's name above its bar at the left, and its figure at the right end of that line.

    Where there is no room for the name it gives way; the `tail` behind it stays.
    """
    most = NARROW - labels.wide(said + tail, size) - 12
    shown = grammar.safe(labels.shorten(name, most, size) + tail)
    where: dict[str, Any] = {"yanchor": "bottom", "xref": "paper", "dx": 0, "dy": 0, "borderpad": 0}
    grammar.label(figure, 0, place - 0.18, shown, ink.text, hovertext=grammar.safe(name),
                  bgcolor=ink.ground, **where)  # fmt: skip
    grammar.label(figure, 1, place - 0.18, grammar.safe(said), ink.muted, xanchor="right",
                  bgcolor=ink.ground if said else None, **where)  # fmt: skip


def _rows(figure: go.Figure, count: int) -> None:
    """Rows from the top down, named above their bars and not at an axis."""
    figure.update_yaxes(range=[count - 0.4, -0.62], showgrid=False, showticklabels=False)
    figure.update_layout(margin_l=12)


def tornado(
    document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """What each input can do to the saving: from its low to its high end, all others as planned."""
    ink, inputs = grammar.tokens(scheme), document["tornado"][:MOST_INPUTS]
    figure = grammar.figure(
        scheme, height=96 + 50 * len(inputs), present=present,
        x=t("plan_figures.tornado.x", language),
    )  # fmt: skip
    if not inputs:
        return figure
    size = labels.size_of(present)
    base = document["gain_usd_per_month"]["value"] / KILO if document["gain_usd_per_month"] else 0.0
    ends = [base, 0.0]
    for place, row in enumerate(inputs):
        gains = sorted((row[f"gain_at_{end}_usd"] / KILO, end) for end in ("low", "high"))
        ends += [gain for gain, _ in gains]
        _swing(figure, ink, place, row, gains, base, language)
        _over(figure, ink, place, planned.input_name(row, language), _flip(row, language), size,
              tail=_range(row, language))  # fmt: skip
    low, high = min(ends), max(ends)
    room = 0.17 * (high - low) or 1.0
    span = (low - room, high + room)
    zero: dict[str, Any] = {
        "x0": 0,
        "x1": 0,
        "y0": -0.62,
        "y1": len(inputs) - 0.4,
        "layer": "below",
    }
    figure.add_shape(type="line", line={"color": ink.text, "width": 1.5}, **zero)
    figure.add_shape(type="line", line={"color": ink.axis, "width": 1, "dash": "3px,3px"},
                     **{**zero, "x0": base, "x1": base})  # fmt: skip
    _sides(figure, ink, document, span, size, language)
    figure.update_layout(barmode="overlay", margin_t=46)
    figure.update_xaxes(range=span, nticks=5)
    _rows(figure, len(inputs))
    return figure


def _swing(
    figure: go.Figure, ink: grammar.Tokens, place: int, row: Row,
    gains: Sequence[tuple[float, str]], base: float, language: str,
) -> None:  # fmt: skip
    """A bar from the planned saving down to the lower end, and one up to the higher."""
    for (gain, end), down in zip(gains, (True, False), strict=True):
        color = ink.worse if gain < base else ink.better
        name = grammar.safe(planned.input_name(row, language))
        said = t("plan_figures.tornado.hover", language, name=name,
                 at=planned.amount(row[end], row["unit"], language),
                 usd=usd(KILO * gain, language))  # fmt: skip
        if gain != base:
            figure.add_bar(
                x=[gain - base], base=[base], y=[place], orientation="h", width=0.3, offset=-0.1,
                marker=grammar.hatch(color, ink), customdata=[said],
                hovertemplate="%{customdata}<extra></extra>",
            )  # fmt: skip
        grammar.label(
            figure, min(gain, base) if down else max(gain, base), place + 0.05,
            number(gain, 2, sign=True), ink.text, xanchor="right" if down else "left",
            dx=-5 if down else 5, bgcolor=ink.ground, borderpad=0,
        )  # fmt: skip


def _range(row: Row, language: str) -> str:
    """The two ends of an input, behind its name: ", 250,000–700,000"."""
    low, high = (planned.amount(row[end], row["unit"], language) for end in ("low", "high"))
    joint = t("common.to", language) if row["low"] is None or row["low"] < 0 else "–"
    return f"{t('plan_figures.tornado.joint', language)}{low}{joint}{high}"


def _flip(row: Row, language: str) -> str:
    """At which value another option wins; nothing where none in its range does."""
    if row["flips_at"] is None:
        return ""
    at = planned.amount(row["flips_at"], row["unit"], language)
    return t("plan_figures.tornado.flip", language, at=at)


def _sides(
    figure: go.Figure, ink: grammar.Tokens, document: Document, span: tuple[float, float],
    size: int, language: str,
) -> None:  # fmt: skip
    """What each side of zero means, and the name of zero."""
    chosen = document["recommended_option"]
    name = labels.shorten(chosen or "", 150, size)
    words = t("plan_figures.tornado.better", language, option=name)
    top: dict[str, Any] = {"yref": "paper", "yanchor": "bottom"}
    grammar.label(figure, 0, 1, t("plan_figures.tornado.worse", language), ink.worse, xref="paper",
                  dx=0, dy=18, **top)  # fmt: skip
    grammar.label(figure, 1, 1, grammar.safe(words), ink.better, xref="paper", xanchor="right",
                  dx=0, dy=18, **top)  # fmt: skip
    if span[0] < 0 < span[1]:
        grammar.label(figure, 0, 1, t("plan_figures.tornado.zero", language), ink.text,
                      xanchor="center", dx=0, dy=0, **top)  # fmt: skip
