"""Quality against what it takes: every model a dot, the front a line."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.evaluate import front as fronts
from core.evaluate import notation
from core.evaluate.board import Entry


def front(
    entries: Sequence[Entry],
    price: str,
    tuned: frozenset[str],
    scheme: str,
    language: str = "en",
    *,
    present: bool = False,
) -> go.Figure:
    """Each model by its price and score with their intervals; the Pareto front joined by a line.

    Args:
        entries: At least one, all with a value of `price`.
        price: The metric on x: "latency_p50" or "usd_per_1000".
        tuned: Names of models tuned here; they have their own colour.
        scheme: "light" or "dark".
        language: Code of the reader's language.
        present: Larger, for a room.
    """
    ink = grammar.tokens(scheme)
    unit, by = entries[0].score.unit, notation.factor(entries[0].score.unit)
    found = [entry.evaluation.measured(price) for entry in entries]
    costs = [score for score in found if score is not None]
    figure = grammar.figure(
        scheme, height=340, present=present, x=notation.axis(price, costs[0].unit, language),
        y=notation.axis(entries[0].score.metric, unit, language),
    )  # fmt: skip
    on_front = fronts.front(entries, price)
    figure.add_scatter(
        x=[fronts.cost(entry, price) for entry in on_front],
        y=[by * entry.score.number for entry in on_front],
        mode="lines", line={"color": ink.axis, "width": 1, "shape": "hv"}, hoverinfo="skip",
    )  # fmt: skip
    form = notation.pattern(unit)
    for entry, taken in zip(entries, costs, strict=True):
        color = ink.tuned if entry.evaluation.model in tuned else ink.base
        value, name = by * entry.score.number, grammar.safe(entry.name)
        lead = entry in on_front
        figure.add_scatter(
            x=[taken.number], y=[value], mode="markers",
            error_x=_error(taken.number, taken.low, taken.high, 1.0, color),
            error_y=_error(entry.score.number, entry.score.low, entry.score.high, by, color),
            marker={"size": 11, "color": color if lead else ink.ground,
                    "line": {"color": color, "width": 2}},
            hovertemplate=f"{name}: %{{y:{form}}}, "
            f"{notation.number(taken.number, taken.unit, language)}<extra></extra>",
        )  # fmt: skip
        grammar.label(figure, taken.number, value, name, ink.text, yanchor="bottom", dy=4)
    figure.update_xaxes(rangemode="tozero")
    return figure


def _error(
    value: float, low: float | None, high: float | None, by: float, color: str
) -> dict[str, object]:
    """The two arms of an interval, as Plotly wants them; none without an interval."""
    if low is None or high is None:
        return {"visible": False}
    return {"type": "data", "symmetric": False, "array": [by * (high - value)],
            "arrayminus": [by * (value - low)], "color": color, "thickness": 1,
            "width": 0}  # fmt: skip
