"""The loss by position, measured, with the places where an input's length is bounded."""

import plotly.graph_objects as go

from core.charts import grammar
from core.interpret.context import Advice
from core.interpret.loss_curve import Curve
from core.text.catalog import t

PIXELS = 320
NAME_ROOM = 0.12
"""Of the height of the line, for each name above it."""


def loss(curve: Curve, advice: Advice, scheme: str, language: str, *,
         present: bool = False) -> go.Figure:  # fmt: skip
    """A line through the bins with its 95 % band; vertical lines where something ends or begins.

    Args:
        curve: What was measured.
        advice: Its reasons are drawn where they lie within the picture.
        scheme: "light" or "dark".
        language: Of axes and names.
        present: For a room.
    """
    ink = grammar.tokens(scheme)
    joined = curve.way == "joined"
    places = [float(b.end) if joined else (b.start + b.end) / 2 for b in curve.bins]
    fig = grammar.figure(
        scheme, height=PIXELS, x=t(f"context.axis.{curve.way}", language),
        y=t("context.axis.loss", language), present=present,
    )  # fmt: skip
    grammar.band(
        fig, places, [b.low for b in curve.bins], [b.high for b in curve.bins], ink.tuned_soft
    )
    hover = "%{x:,.0f}: %{y:.3f}"
    grammar.line(fig, places, [b.nats for b in curve.bins], ink.tuned, estimated=False, hover=hover)
    fig.data[-1].mode = "lines+markers"
    best = curve.bins[curve.best].nats
    fig.add_hline(y=best, line={"color": ink.axis, "width": 1, "dash": "2px,3px"})
    marks = [(curve.rises, "rises")]
    marks += [(reason.tokens, "hard" if reason.hard else reason.kind)
              for reason in advice.reasons if reason.kind != "slow"]  # fmt: skip
    low, high = min(b.low for b in curve.bins), max(b.high for b in curve.bins)
    seen = [(at, name) for at, name in marks if at is not None and at <= curve.length]
    # The names of marks stand above all of the line.
    room = (high - low) * NAME_ROOM * max(1, len(seen))
    fig.update_yaxes(range=[low - (high - low) * 0.05, high + room])
    for place, (at, name) in enumerate(seen):
        color = ink.worse if name == "rises" else ink.muted
        late = at > curve.length / 2
        fig.add_vline(x=at, line={"color": color, "width": 1.5, "dash": "2px,3px"})
        fig.add_annotation(
            x=at, y=high + room * (1 - place / len(seen)), yanchor="top", font={"color": color},
            text=t(f"context.mark.{name}", language, n=f"{at:,}"), bgcolor=ink.ground,
            xanchor="right" if late else "left", xshift=-4 if late else 4,
        )  # fmt: skip
    return fig
