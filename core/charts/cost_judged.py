"""The back-test as a picture: estimated against measured, both on logarithmic axes."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.cost.backtest import Check
from core.cost.findings import misses
from core.cost.scores import WITHIN
from core.text.catalog import t
from core.text.format import MINUS
from core.units import GIGA

NAMED_MISSES = 3
FIRST, LAST = 0.35, 0.65
"""Of the width: where a name above the line begins to stand left of its dot, one below right no
longer. There is nothing above the line at the left and below it at the right."""
DECADES_SHOWN = 3.5
"""Over more, every second power of ten is written."""


def errors(
    found: Sequence[Check], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Estimated against measured, both on logarithmic axes; the worst misses are named."""
    ink = grammar.tokens(scheme)
    memory = found[0].kind.endswith("memory")
    unit = t(f"cost_page.unit.{found[0].kind}", language)
    scale = 1 / GIGA if memory else 1.0
    figure = grammar.figure(
        scheme, height=400, x=t("cost.chart.measured", language, unit=unit),
        y=t("cost.chart.estimated", language, unit=unit), present=present,
    )  # fmt: skip
    at = [(check.measured * scale, check.predicted * scale) for check in found]
    values = [value for pair in at for value in pair]
    low, high = math.log10(min(values)) - 0.15, math.log10(max(values)) + 0.15
    ends = [10**low, 10**high]
    grammar.band(figure, ends, [(1 - WITHIN) * end for end in ends],
                 [(1 + WITHIN) * end for end in ends], ink.base_soft)  # fmt: skip
    figure.add_scatter(
        x=ends, y=ends, mode="lines", hoverinfo="skip", line={"color": ink.axis, "width": 1}
    )
    colors = [ink.worse if abs(check.error) > WITHIN else ink.text for check in found]
    signs = ["diamond" if abs(check.error) > WITHIN else "circle" for check in found]
    hover = [
        f"{grammar.safe(check.model)}: {signed(check.error)}<br>{grammar.safe(check.name)}"
        for check in found
    ]
    figure.add_scatter(
        x=[x for x, _ in at], y=[y for _, y in at], mode="markers",
        marker={"size": 7, "color": colors, "opacity": 0.8, "symbol": signs}, text=hover,
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    drawn: list[tuple[float, float]] = []
    named: set[str] = set()
    for check in misses(tuple(found), WITHIN, 4 * NAMED_MISSES):
        place = (math.log10(check.measured * scale), math.log10(check.predicted * scale))
        near = any(math.dist(place, other) < 0.12 * (high - low) for other in drawn)
        if near or check.model in named or len(drawn) == NAMED_MISSES:
            continue
        named.add(check.model)
        drawn.append(place)
        under, across = check.error < 0, (place[0] - low) / (high - low)
        to_left = across > LAST if under else across > FIRST
        grammar.label(
            figure, *place, f"{grammar.safe(check.model)} {signed(check.error)}", ink.worse,
            xanchor="right" if to_left else "left", yanchor="top" if under else "bottom",
            dx=-6 if to_left else 6, dy=-4 if under else 4 if to_left else 16,
        )  # fmt: skip
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(
            type="log",
            range=[low, high],
            dtick=2 if high - low > DECADES_SHOWN else 1,
            tickformat=",~r",
        )
    figure.update_yaxes(range=[low, high + 0.1 * (high - low)])
    return figure


def signed(error: float) -> str:
    """An error with its sign, in whole per cent."""
    size = f"{abs(100 * error):.0f}"
    return f"{'' if size == '0' else '+' if error > 0 else MINUS}{size} %"
