"""Quality against a month's cost, option by option: measured filled, entered hollow."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import plotly.graph_objects as go

from core.charts import grammar, labels, planned
from core.charts.planned import Document, Row
from core.evaluate import notation
from core.text.catalog import t
from core.text.format import usd
from core.units import KILO

NARROW, WIDE = 282, 600
"""Pixels of plot on a phone and on paper: labels of points are placed so that they fit both."""
PARETO_HEIGHT, PARETO_ROOM = 340, 252
FLOOR_WORDS = 110
"""Pixels that the words on the floor take."""


def pareto(
    document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Each option whose quality is known, by it and by a month's cost with its range.

    The line joins the options that none other beats in one of the two without losing in the other.
    """
    ink, unit = grammar.tokens(scheme), planned.unit_of(document)
    by = notation.factor(unit)
    figure = grammar.figure(
        scheme, height=PARETO_HEIGHT, present=present, x=t("plan_figures.pareto.x", language),
        y=notation.axis(document["quality"]["metric"], unit, language),
    )  # fmt: skip
    rows = [row for row in planned.able(document) if row["quality"] is not None]
    if not rows:
        return figure
    floor = document["quality"]["floor"]
    top = 1.12 * max(row["cost_month_usd"]["p95"] for row in rows) / KILO
    span = _quality_span(rows, floor, by)
    front = {point["option"] for point in document["pareto"] if point["on_front"]}
    joined = sorted((row["cost_month_usd"]["p50"], row["quality"]) for row in rows
                    if row["option"] in front)  # fmt: skip
    figure.add_scatter(
        x=[usd / KILO for usd, _ in joined], y=[by * score for _, score in joined],
        mode="lines", hoverinfo="skip",
        line={"color": ink.axis, "width": 1, "shape": "hv"},
    )  # fmt: skip
    for row in rows:
        _point(figure, ink, document, row, by, language)
    view = _View(by, top, span, floor, joined, PARETO_ROOM * (1.25 if present else 1))
    at_left = _point_names(figure, ink, rows, view, labels.size_of(present), language)
    if floor is not None:
        words = t("plan_figures.pareto.floor", language,
                  floor=planned.quality(document, floor, language))  # fmt: skip
        figure.add_hline(y=by * floor, line={"color": ink.worse, "width": 1.5, "dash": "2px,3px"})
        grammar.label(figure, 0 if at_left else 1, by * floor, words, ink.worse, xref="paper",
                      xanchor="left" if at_left else "right", yanchor="top",
                      dx=3 if at_left else 0, dy=-2)  # fmt: skip
    figure.update_xaxes(range=[0, top], nticks=6)
    figure.update_yaxes(range=span, nticks=6)
    return figure


def _quality_span(rows: Sequence[Row], floor: float | None, by: float) -> tuple[float, float]:
    """All qualities with their intervals and the floor, and room for names above and below."""
    keys = ("quality", "quality_low", "quality_high")
    held = [by * row[key] for row in rows for key in keys if row[key] is not None]
    held += [] if floor is None else [by * floor]
    low, high = min(held), max(held)
    room = 0.16 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def _point(
    figure: go.Figure, ink: grammar.Tokens, document: Document, row: Row, by: float, language: str
) -> None:
    """An option: its cost's range a soft band, its score's interval a thin line, its mark."""
    color, cost, value = planned.color(ink, row), row["cost_month_usd"], by * row["quality"]
    figure.add_scatter(
        x=[cost["p5"] / KILO, cost["p95"] / KILO], y=[value, value], mode="lines",
        line={"color": planned.soft(ink, row), "width": 9}, hoverinfo="skip",
    )  # fmt: skip
    if row["quality_low"] is not None and row["quality_high"] is not None:
        figure.add_scatter(
            x=[cost["p50"] / KILO] * 2, y=[by * row["quality_low"], by * row["quality_high"]],
            mode="lines", line={"color": color, "width": 1.5}, hoverinfo="skip",
        )  # fmt: skip
    measured = row["quality_kind"] == "measured"
    said = t("plan_figures.pareto.hover", language, option=grammar.safe(row["option"]),
             quality=planned.quality(document, row["quality"], language),
             usd=usd(cost["p50"], language), seconds=planned.seconds(row, language))  # fmt: skip
    figure.add_scatter(
        x=[cost["p50"] / KILO], y=[value], mode="markers", customdata=[said],
        marker={"size": 11, "color": color if measured else ink.ground,
                "line": {"color": color, "width": 2}},
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


@dataclass(frozen=True)
class _View:
    """What the plot shows: scores × `by` over `span`, cost to `top`; `height` in pixels.

    `front` are the points of the line, from the cheapest on.
    """

    by: float
    top: float
    span: tuple[float, float]
    floor: float | None
    front: Sequence[tuple[float, float]]
    height: float

    def level(self, score: float) -> float:
        """A score as a share of the plot's height."""
        return (self.by * score - self.span[0]) / (self.span[1] - self.span[0])

    def across(self, usd: float) -> float:
        """A cost as a share of the plot's width."""
        return usd / KILO / self.top


def _taken(rows: Sequence[Row], view: _View, at_left: bool, width: float) -> list[labels.Box]:
    """The line, the ranges of cost, the intervals of scores, the floor and the words on it."""
    found = _steps(view, width)
    for row in rows:
        ends, y = row["cost_month_usd"], view.height * view.level(row["quality"])
        left, x, right = (width * view.across(ends[end]) for end in ("p5", "p50", "p95"))
        found.append(labels.Box(left, right, y - 4, y + 4))
        if row["quality_low"] is not None and row["quality_high"] is not None:
            low, high = (view.height * view.level(row[f"quality_{end}"]) for end in ("low", "high"))
            found.append(labels.Box(x - 8, x + 8, low, high))
    if view.floor is not None:
        y, start = view.height * view.level(view.floor), 0 if at_left else width - FLOOR_WORDS
        found.append(labels.Box(start, start + FLOOR_WORDS, y - 18, y + 2))
        found.append(labels.Box(0, width, y - 1, y + 1))
    return found


def _steps(view: _View, width: float) -> list[labels.Box]:
    """The line of the front: along, then up or down."""
    found = []
    for (cost, score), (then_cost, then_score) in pairwise(view.front):
        left, right = (width * view.across(end) for end in (cost, then_cost))
        y, then_y = (view.height * view.level(end) for end in (score, then_score))
        found.append(labels.Box(left, right, y - 1, y + 1))
        found.append(labels.Box(right - 1, right + 1, min(y, then_y), max(y, then_y)))
    return found


def _point_names(
    figure: go.Figure, ink: grammar.Tokens, rows: Sequence[Row], view: _View, size: int,
    language: str,
) -> bool:  # fmt: skip
    """Name the options, with the time of an answer, where neither a mark nor a name is covered.

    Returns:
        Whether the words on the floor have more room at the left.
    """
    texts = [[*labels.lines_of(row["option"], 9.8 * size, 2, size), planned.seconds(row, language)]
             for row in rows]  # fmt: skip
    sizes = [
        (max(labels.wide(line, size) for line in text), labels.LINE * size * len(text))
        for text in texts
    ]  # fmt: skip
    points = [(view.across(row["cost_month_usd"]["p50"]), view.level(row["quality"]))
              for row in rows]  # fmt: skip
    tries = []
    for side in (False, True):
        taken = partial(_taken, rows, view, side)
        tries.append((labels.place(points, sizes, (NARROW, WIDE), view.height, taken), side))
    (spots, _), at_left = min(tries, key=lambda found: found[0][1])
    for row, text, spot in zip(rows, texts, spots, strict=True):
        far = abs(spot.dy) > 2 * labels.GAP  # then a thin line leads to the point
        shift = {"ax": spot.dx, "ay": -spot.dy} if far else {"xshift": spot.dx, "yshift": spot.dy}
        figure.add_annotation(
            x=row["cost_month_usd"]["p50"] / KILO, y=view.by * row["quality"],
            text="<br>".join(map(grammar.safe, text)), font={"color": ink.text},
            xanchor=spot.xanchor, yanchor=spot.yanchor, showarrow=far, arrowhead=0, arrowwidth=1,
            arrowcolor=ink.axis, standoff=6, bgcolor=ink.ground, borderpad=0,
            hovertext=grammar.safe(row["option"]),
            align="left" if spot.xanchor == "center" else spot.xanchor, **shift,
        )  # fmt: skip
    return at_left
