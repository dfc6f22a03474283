"""Figures of the trust meter: each method beside chance, and the curves behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.charts import grammar
from core.charts.explained import broken
from core.interpret.faithfulness import COVERAGE, CURVES, Curves, Verdict
from core.interpret.trust_test import TrustTest
from core.text.catalog import t
from core.text.format import number

Array = NDArray[np.float64]

LABEL_SHARE = 0.14
"""Least distance of two labels, as a share of the height."""


def meter(
    verdicts: Sequence[Verdict], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Each method's gap beside random, with its verdict; chance is a shade, or an interval."""
    ink = grammar.tokens(scheme)
    one = verdicts[0].n == 1
    fig = grammar.figure(
        scheme, height=110 + 44 * len(verdicts), present=present, x=t("trust.meter.gap", language)
    )
    names = [broken(t(f"trust.method.{v.method}", language)) for v in verdicts]
    colors = {"better": ink.better, "tie": ink.base, "worse": ink.worse}
    if one:
        bound = verdicts[0].high
        fig.add_vrect(x0=-bound, x1=bound, fillcolor=ink.base_soft, line_width=0, layer="below")
    for name, verdict in zip(names, verdicts, strict=True):
        color = colors[verdict.outcome]
        if not one:
            fig.add_scatter(x=[verdict.low, verdict.high], y=[name, name], mode="lines",
                            hoverinfo="skip", line={"color": color, "width": 2})  # fmt: skip
        fig.add_scatter(
            x=[verdict.difference], y=[name], mode="markers",
            marker={"size": 11, "color": color}, hovertemplate="%{x:+.3g}<extra></extra>",
        )  # fmt: skip
        end = verdict.difference if one else verdict.high
        words = f"{number(verdict.difference, 2, language, sign=True)}<br>" + t(
            f"trust.verdict.short_{verdict.outcome}", language
        )
        grammar.label(fig, end, name, words, color if color != ink.base else ink.text, dx=10)
    fig.add_vline(x=0, line_color=ink.axis, line_width=1)
    zero = t("trust.meter.zone" if one else "trust.meter.zero", language)
    fig.add_annotation(x=0, y=1, yref="paper", text=zero, font={"color": ink.muted},
                       xanchor="center", yanchor="bottom", bgcolor=ink.ground)  # fmt: skip
    ends = [0.0, *(v.low for v in verdicts), *(v.high for v in verdicts),
            *(v.difference for v in verdicts)]  # fmt: skip
    room = (max(ends) - min(ends)) or 1.0
    fig.update_xaxes(range=[min(ends) - 0.06 * room, max(ends) + 0.55 * room], nticks=5,
                     exponentformat="power")  # fmt: skip
    fig.update_yaxes(type="category", autorange="reversed", showgrid=False,
                     tickfont={"color": ink.text})  # fmt: skip
    fig.update_layout(margin_t=28)
    return fig


@dataclass(frozen=True)
class Drawn:
    """The two curves of one method and chance around them, (points,) each.

    Attributes:
        shares: 0 to 1.
        curves: "deletion" and "insertion".
        low, high: Of the random orders, by curve.
    """

    shares: Array
    curves: Mapping[str, Array]
    low: Mapping[str, Array]
    high: Mapping[str, Array]


def drawn_one(curves: Curves, method: str) -> Drawn:
    """The curves of one text."""
    tail = (1 - COVERAGE) / 2
    ends = {name: np.quantile(getattr(curves, f"random_{name}"), [tail, 1 - tail], axis=0)
            for name in CURVES}  # fmt: skip
    return Drawn(
        curves.shares, {name: getattr(curves, name)[method] for name in CURVES},
        {name: ends[name][0] for name in CURVES}, {name: ends[name][1] for name in CURVES},
    )  # fmt: skip


def drawn_many(made: TrustTest, method: str) -> Drawn:
    """The mean curves over many texts."""

    def kept(table: Mapping[str, list[float]], end: str) -> dict[str, Array]:
        return {name: np.asarray(table[f"{name}.{end}"]) for name in CURVES}

    return Drawn(np.asarray(made.shares), kept(made.curves, method), kept(made.random, "low"),
                 kept(made.random, "high"))  # fmt: skip


def curves(
    drawn: Drawn, verdict: Verdict, top: float, scheme: str, language: str = "en", *,
    present: bool = False,
) -> go.Figure:  # fmt: skip
    """One method's deletion and insertion over the bands of random orders, with the verdict.

    Args:
        drawn: What to draw.
        verdict: Said on the chart.
        top: End of the y axis, the same for all methods.
        scheme: "light" or "dark".
        language: Of the labels.
        present: For a room.
    """
    ink = grammar.tokens(scheme)
    fig = grammar.figure(
        scheme, height=250, present=present, x=t("trust.meter.share", language),
        y=t("trust.meter.probability", language),
    )  # fmt: skip
    x = [100 * share for share in drawn.shares]
    colors = {"deletion": ink.text, "insertion": ink.tuned}
    for name in CURVES:
        grammar.band(fig, x, drawn.low[name].tolist(), drawn.high[name].tolist(), ink.base_soft)
    for name in CURVES:
        grammar.line(fig, x, drawn.curves[name].tolist(), colors[name], estimated=False,
                     hover="%{x:.0f} %: %{y:.3g}")  # fmt: skip
    # Named at its end; two that end at the same height are written one above the other.
    ends = {name: float(drawn.curves[name][-1]) for name in CURVES}
    apart = max(0.0, LABEL_SHARE * top - abs(ends["insertion"] - ends["deletion"])) / 2
    for name, aside in (("insertion", apart), ("deletion", -apart)):
        grammar.label(fig, 100, ends[name] + aside, t(f"trust.meter.{name}", language),
                      colors[name])  # fmt: skip
    said = {"better": ink.better, "tie": ink.text, "worse": ink.worse}[verdict.outcome]
    fig.add_annotation(
        x=50, y=1, yref="paper", xanchor="center", yanchor="top",
        text=t(f"trust.verdict.short_{verdict.outcome}", language), font={"color": said},
        bgcolor=ink.ground,
    )  # fmt: skip
    fig.update_xaxes(range=[0, 128], showgrid=False, tickvals=[0, 50, 100],
                     ticktext=["0 %", "50 %", "100 %"])  # fmt: skip
    fig.update_yaxes(range=[0, 1.15 * top], nticks=4, exponentformat="power")
    return fig


def top_of(drawn: Sequence[Drawn]) -> float:
    """The highest point of several methods' curves and bands."""
    highest = [float(np.max([*one.curves.values(), *one.high.values()])) for one in drawn]
    return max(highest, default=0.0) or 1.0
