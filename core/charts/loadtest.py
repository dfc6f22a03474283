"""Figures of a load test: time against the rate offered, and the spread of times."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.deploy.loadtest_quantile import Quantile
from core.deploy.loadtest_store import SHARES, LoadTest
from core.deploy.loadtest_summary import Summary
from core.text.catalog import t
from core.text.format import number
from core.units import KILO

SKIPPED = 50
"""Times the shortest: a time axis that holds more than this is logarithmic."""
_HEIGHTS = (0.8, 0.5, 0.2)
"""Where on its curve each is named, so that neighbours do not write over each other."""


def by_rate(
    made: LoadTest, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Median and p95 of each rate with their intervals, the knee, and the estimated mean."""
    ink = grammar.tokens(scheme)
    figure = grammar.figure(
        scheme, height=340, present=present, x=t("loadtest.chart.rate", language),
        y=t("loadtest.chart.seconds", language),
    )  # fmt: skip
    steps = sorted((s for s in made.loaded if s.rate is not None and s.sent),
                   key=lambda s: s.offered)  # fmt: skip
    shown: list[float] = []
    for name, color in (("p50", ink.base), ("p95", ink.tuned)):
        shown += _quantiles(figure, steps, name, color, language)
    shown += _predicted(figure, made, ink, language)
    _marks(figure, made, ink, language, bool(steps))
    if shown:
        low, high = min(shown), max(shown)
        if high > SKIPPED * low:
            _logarithmic(figure, "y")
        else:
            figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(rangemode="tozero", showgrid=False)
    return figure


def _quantiles(
    figure: go.Figure, steps: Sequence[Summary], name: str, color: str, language: str
) -> list[float]:
    """A line of one quantile with an interval at each step; what it drew, in ms."""
    known: list[tuple[float, Quantile, float]] = []
    for step in steps:
        found: Quantile = getattr(step.total, name)
        if found.value is not None:
            known.append((step.offered, found, found.value))
    if not known:
        return []
    x, y = [rate for rate, *_ in known], [KILO * value for *_, value in known]
    grammar.line(figure, x, y, color, estimated=False, hover="%{x:,.3~g} /s: %{y:,.3~g} ms")
    figure.add_scatter(
        x=x, y=y, mode="markers", marker={"size": 8, "color": color}, hoverinfo="skip",
        error_y={
            "type": "data", "symmetric": False, "color": color, "thickness": 2, "width": 0,
            "array": [KILO * max(0.0, (q.high if q.high is not None else v) - v)
                      for _, q, v in known],
            "arrayminus": [KILO * max(0.0, v - (q.low if q.low is not None else v))
                           for _, q, v in known],
        },
    )  # fmt: skip
    grammar.label(figure, x[-1], y[-1], t(f"loadtest.chart.{name}", language), color)
    return y


def _predicted(
    figure: go.Figure, made: LoadTest, ink: grammar.Tokens, language: str
) -> list[float]:
    """The estimated mean time, dashed, as far as the estimate could bear the rate."""
    found = made.predicted
    pairs = [
        (rate, KILO * seconds)
        for rate, seconds in zip(found.rates, found.seconds, strict=True)
        if seconds is not None
    ] if found else []  # fmt: skip
    if len(pairs) < 2:
        return []
    x, y = [rate for rate, _ in pairs], [seconds for _, seconds in pairs]
    grammar.line(figure, x, y, ink.estimated, estimated=True,
                 hover="≈ %{x:,.3~g} /s: ≈ %{y:,.3~g} ms")  # fmt: skip
    grammar.label(figure, x[-1], y[-1], t("loadtest.chart.predicted", language), ink.estimated,
                  xanchor="right", yanchor="top", dx=-4, dy=-4)  # fmt: skip
    return y


def _marks(
    figure: go.Figure, made: LoadTest, ink: grammar.Tokens, language: str, drawn: bool
) -> None:
    """The knee, and what p95 may be there."""
    knee = made.knee
    if knee is None or not drawn:
        return
    most = KILO * knee.allowed_p95
    figure.add_hline(y=most, line={"color": ink.axis, "width": 1, "dash": "dot"})
    figure.add_annotation(
        text=t("loadtest.chart.allowed", language, seconds=number(most)), xref="paper", x=0,
        y=most, xanchor="left", yanchor="bottom", font={"color": ink.muted},
    )  # fmt: skip
    if knee.rate is None:
        return
    if knee.beyond is not None:
        # The true knee lies between the last step that is kept up with and the first that is not.
        figure.add_vrect(x0=knee.rate, x1=knee.beyond, fillcolor=ink.risk_soft, line_width=0)
        figure.add_vline(x=knee.rate, line={"color": ink.risk, "width": 2})
        figure.add_annotation(
            text=t("loadtest.chart.knee", language, rate=number(knee.rate)), yref="paper", y=1,
            x=knee.rate, xanchor="right", yanchor="top", xshift=-6, font={"color": ink.text},
            bgcolor=ink.ground,
        )  # fmt: skip


def spread(
    made: LoadTest, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Share of requests that took at most so long, of one stage or of the three that tell most."""
    ink = grammar.tokens(scheme)
    figure = grammar.figure(
        scheme, height=300, present=present, x=t("loadtest.chart.seconds", language),
        y=t("loadtest.chart.share", language),
    )  # fmt: skip
    colors = (ink.base, ink.tuned, ink.worse)
    low, high, named = float("inf"), 0.0, 0
    for place, color in zip(told(made), colors, strict=False):
        curve = made.curves[place]
        pairs = [(KILO * s, 100 * share) for s, share in zip(curve, SHARES, strict=False)
                 if s is not None]  # fmt: skip
        if not pairs:
            continue
        x, y = [at for at, _ in pairs], [share for _, share in pairs]
        low, high = min(low, x[0]), max(high, x[-1])
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"color": color, "width": 2.25},
            hovertemplate="%{x:,.3~g} ms: %{y:.0f} %<extra></extra>",
        )  # fmt: skip
        at = round(_HEIGHTS[named] * (len(x) - 1))
        named += 1
        grammar.label(figure, x[at], y[at], grammar.safe(stage_name(made, place, language)),
                      color, bgcolor=ink.ground)  # fmt: skip
    if high > SKIPPED * low > 0:
        _logarithmic(figure, "x")
    else:
        figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(range=[0, 104], tickvals=[0, 25, 50, 75, 100])
    return figure


def _logarithmic(figure: go.Figure, axis: str) -> None:
    """Make an axis logarithmic; annotations then take the logarithm of their place."""
    update = figure.update_xaxes if axis == "x" else figure.update_yaxes
    update(type="log")
    for note in figure.layout.annotations:
        if note[f"{axis}ref"] != "paper" and note[axis] is not None:
            note[axis] = math.log10(note[axis])


def told(made: LoadTest) -> list[int]:
    """Places of the stages whose spread is drawn: of a ramp one at a time, knee, beyond."""
    places = [place for place, curve in enumerate(made.curves) if curve]
    if made.knee is None:
        busiest = sorted(places, key=lambda place: made.stages[place].offered)
        return busiest[-1:]
    at = [made.alone, _place(made, made.knee.rate), _place(made, made.knee.beyond)]
    return [place for place in at if place is not None and place in places]


def _place(made: LoadTest, rate: float | None) -> int | None:
    """Of the step at a rate."""
    if rate is None:
        return None
    found = [place for place, s in enumerate(made.stages)
             if place != made.alone and abs(s.offered - rate) < 1e-9 * rate]  # fmt: skip
    return found[0] if found else None


def stage_name(made: LoadTest, place: int, language: str = "en") -> str:
    """How a stage is called where it is drawn."""
    if place == made.alone:
        return t("loadtest.chart.alone", language)
    return t("loadtest.reading.per_second", language, value=number(made.stages[place].offered))
