"""Figures of a service on the Cost page: latency against throughput, the day, dollars by card."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts import grammar
from core.cost.batches import Point
from core.cost.candidates import ServeCandidate
from core.cost.served import ServingEstimate
from core.text.catalog import t
from core.text.format import number, usd
from core.units import KILO

MOST_SHOWN = 2.5
"""Times the target or the chosen point, what the latency axis reaches: beyond, nobody would go."""


def pareto(
    found: ServingEstimate, quantity: str, points: Sequence[Point], scheme: str,
    language: str = "en", *, present: bool = False,
) -> go.Figure:  # fmt: skip
    """Latency against the throughput of one replica, by how many requests run at once.

    Args:
        found: A service that fits.
        quantity: "first" or "token".
        points: Measured batches, for "token".
        scheme: "light" or "dark".
        language: Code of the language.
        present: For a room.
    """
    ink = grammar.tokens(scheme)
    pace, copy, load = found.points, found.replica, found.load
    writes = bool(copy.output_tokens)
    words = "token" if quantity == "token" else "first" if writes else "answer"
    figure = grammar.figure(
        scheme, height=290, y=t(f"cost_page.chart.{words}_ms", language), present=present,
        x=t("cost_page.chart.tokens_a_second" if writes else "cost_page.chart.requests_a_second",
            language),
    )  # fmt: skip
    if pace is None:
        return figure
    per_request = copy.output_tokens or 1
    rates = np.asarray(pace.requests_per_second) * per_request
    times = KILO * np.asarray(pace.token if quantity == "token" else pace.first)
    target = load.target.token_seconds if quantity == "token" else load.target.first_seconds
    at = int(np.abs(np.asarray(pace.running) - (found.running or 0)).argmin())
    most = MOST_SHOWN * max(
        KILO * target if target else 0.0, float(times[at]), *(p.token_ms for p in points),
        float(times.min()) * 1.5,
    )  # fmt: skip
    shown = times <= most
    grammar.line(
        figure, rates[shown].tolist(), times[shown].tolist(), ink.tuned, estimated=True,
        hover="≈ %{x:,.3~g}: ≈ %{y:.3~g} ms",
    )  # fmt: skip
    if points:
        figure.add_scatter(
            x=[p.tokens_per_second for p in points], y=[p.token_ms for p in points],
            mode="markers", marker={"size": 8, "color": ink.base},
            text=[f"{grammar.safe(p.model)}: {p.batch:g} × ({p.input_tokens:,} → "
                  f"{p.output_tokens:,})" for p in points],
            hovertemplate="%{text}<br>%{x:,.3~g}: %{y:.3~g} ms<extra></extra>",
        )  # fmt: skip
        first = min(points, key=lambda p: p.token_ms)
        right = first.tokens_per_second > 0.6 * max(p.tokens_per_second for p in points)
        grammar.label(figure, first.tokens_per_second, first.token_ms,
                      t("cost_page.chart.measured", language), ink.muted, yanchor="top",
                      xanchor="right" if right else "left", dx=8 if right else 2, dy=-6,
                      bgcolor=ink.ground)  # fmt: skip
    if target is not None:
        figure.add_hline(y=KILO * target, line={"color": ink.text, "width": 1.5})
        grammar.label(
            figure, 0, KILO * target,
            t("cost_page.chart.target", language, ms=f"{KILO * target:,.4g}"), ink.text, dx=4,
            xref="paper", yanchor="bottom", dy=2,
        )  # fmt: skip
    figure.add_scatter(
        x=[rates[at]], y=[times[at]], mode="markers", hoverinfo="skip",
        marker={"size": 13, "color": ink.ground, "line": {"color": ink.tuned, "width": 3}},
    )  # fmt: skip
    late = rates[at] > 0.75 * rates[shown].max()
    grammar.label(
        figure, float(rates[at]), float(times[at]),
        t("cost_page.chart.chosen", language, n=number(found.running, 2)), ink.text,
        xanchor="right" if late else "left", yanchor="bottom" if late else "top",
        dx=-4 if late else 0, dy=8 if late else -10,
        bgcolor=ink.ground,
    )  # fmt: skip
    widest = max([float(rates[shown].max()), *(p.tokens_per_second for p in points)])
    highest = max([float(times[shown].max()), *(p.token_ms for p in points),
                   KILO * (target or 0)])  # fmt: skip
    figure.update_xaxes(range=[0, 1.06 * widest], nticks=6)
    figure.update_yaxes(range=[0, 1.12 * highest], nticks=6)
    return figure


def day(
    found: ServingEstimate, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Requests by hour against what the replicas of each hour can bear."""
    ink = grammar.tokens(scheme)
    figure = grammar.figure(
        scheme, height=290, x=t("cost_page.chart.hour", language),
        y=t("cost_page.chart.requests_a_second", language), present=present,
    )  # fmt: skip
    if found.day is None or found.crew is None:
        return figure
    hours = list(range(25))
    asked = [float(n) for n in found.day.requests_per_second]
    able = [float(n) * found.crew.rate for n in found.day.needed]
    counts = [int(n) for n in found.day.needed]
    steps = {"mode": "lines", "hoverinfo": "skip"}
    figure.add_scatter(
        x=hours, y=[*asked, asked[-1]], fill="tozeroy", fillcolor=ink.base_soft,
        line={"color": ink.base, "width": 1.5, "shape": "hv"}, **steps,
    )  # fmt: skip
    figure.add_scatter(
        x=hours, y=[*able, able[-1]],
        line={"color": ink.tuned, "width": 2.25, "shape": "hv", "dash": "6px,4px"}, **steps,
    )  # fmt: skip
    figure.add_scatter(
        x=[hour + 0.5 for hour in range(24)], y=able, mode="markers", marker={"opacity": 0},
        text=[t("cost_page.chart.hour_words", language, hour=hour, n=n, asked=number(rate, 2),
                able=f"≈ {number(bears, 2)}")
              for hour, (n, rate, bears) in enumerate(zip(counts, asked, able, strict=True))],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    top = max(*able, *asked)
    before = None
    for hour, n in enumerate(counts):
        if n != before and (hour == 0 or n == max(counts) or n == min(counts)):
            grammar.label(
                figure, hour, able[hour], t(
                    "cost_page.chart.replica" if n == 1 else "cost_page.chart.replicas", language,
                    n=n), ink.tuned, yanchor="bottom", dx=2, dy=2,
            )  # fmt: skip
        before = n
    peak = found.day.peak
    grammar.label(
        figure, peak + 0.5, asked[peak] / 2, t("cost_page.chart.asked", language), ink.muted,
        xanchor="center" if 3 < peak < 20 else "left" if peak <= 3 else "right", dx=0,
    )  # fmt: skip
    figure.update_xaxes(range=[0, 24], tickvals=list(range(0, 25, 4)), showgrid=False)
    figure.update_yaxes(range=[0, 1.18 * top], nticks=5)
    return figure


def by_card(
    found: Sequence[ServeCandidate], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Dollars of a million tokens by card, on its cheapest offer: hollow dots on soft bands."""
    ink = grammar.tokens(scheme)
    best: dict[str, ServeCandidate] = {}
    for one in found:
        if one.usd_per_million is not None:
            best.setdefault(one.offer.gpu.name, one)
    rows = sorted(best.values(), key=lambda one: one.usd_per_million.value
                  if one.usd_per_million else 0.0)  # fmt: skip
    writes = all(one.estimate is None or one.estimate.shape.generates for one in rows)
    figure = grammar.figure(
        scheme, height=90 + 46 * max(1, len(rows)), present=present,
        x=t(f"cost.chart.million_{'output' if writes else 'input'}", language),
    )  # fmt: skip
    most = 0.0
    for one in rows:
        cost, count = one.usd_per_million, one.estimate.gpus if one.estimate else 1
        if cost is None:
            continue
        most = max(most, cost.high)
        who = "" if one.offer.provider in ("", "median") else grammar.safe(one.offer.provider)
        name = f"{count} × {one.offer.gpu.title}<br>{who}"
        figure.add_scatter(
            x=[cost.low, cost.high], y=[name, name], mode="lines", hoverinfo="skip",
            line={"color": ink.base_soft, "width": 11},
        )  # fmt: skip
        figure.add_scatter(
            x=[cost.value], y=[name], mode="markers",
            marker={"size": 11, "color": ink.ground, "line": {"color": ink.base, "width": 2}},
            hovertemplate=f"{name}: ≈ {usd(cost.value)} ({usd(cost.low)} – {usd(cost.high)})"
            "<extra></extra>",
        )  # fmt: skip
        grammar.label(figure, cost.high, name, f"≈ {usd(cost.value)}", ink.text)
    figure.update_xaxes(range=[0, 1.55 * most or 1], nticks=5)
    figure.update_yaxes(showgrid=False, autorange="reversed", tickfont={"color": ink.text})
    return figure
