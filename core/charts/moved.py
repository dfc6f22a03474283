"""What heads do on a user's data: how far they moved, how well they align, what they are worth."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts import grammar
from core.charts import moved_words as words
from core.evaluate import notation
from core.interpret.aligned import Alignment
from core.interpret.moved import Moved, MovedSentence
from core.interpret.prices import Prices
from core.interpret.sentence import SentenceView
from core.text.catalog import t

LISTED = 12
"""Heads that a chart of dots shows."""
PRINTED_HEADS = 12
"""More heads a layer leave no room for a number in a cell."""
PRINTED_WORDS = 14
ROW_PIXELS = 30
PRINTED_CHANGE = 0.1
WIDE_CELLS = 8
"""More columns leave room for one digit of a change on a phone."""
FAINT = 0.05
"""Weights below it are not printed."""


def moved_map(
    made: Moved, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Distance of each head, a row a layer; heads that moved beyond the floor are outlined."""
    rows = list(dict.fromkeys((head.kind, head.layer) for head in made.heads))
    columns = 1 + max(head.head for head in made.heads)
    z = np.full((len(rows), columns), np.nan)
    for head in made.heads:
        z[rows.index((head.kind, head.layer)), head.head] = head.distance_nats
    ink = grammar.tokens(scheme)
    figure = grammar.figure(scheme, height=90 + ROW_PIXELS * len(rows), present=present)
    top = float(np.nanmax(z)) or 1.0
    names = [f"{t(f'attention.kind_{kind}', language)} {layer}" for kind, layer in rows]
    figure.add_heatmap(
        z=z, y=list(range(len(rows))), zmin=0, zmax=top, showscale=False, hoverongaps=False,
        colorscale=grammar.scale(ink.sequential), xgap=3, ygap=3,
        text=_hover(made, rows, columns, language), hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    for head in made.moved:
        x, y = head.head, rows.index((head.kind, head.layer))
        figure.add_shape(
            type="rect", x0=x - 0.47, x1=x + 0.47, y0=y - 0.44, y1=y + 0.44,
            line={"color": ink.text, "width": 2},
        )  # fmt: skip
    if columns <= PRINTED_HEADS:
        cells = [(y, x) for y in range(len(rows)) for x in range(columns) if np.isfinite(z[y, x])]
        figure.add_scatter(
            x=[x for _, x in cells], y=[y for y, _ in cells], mode="text", hoverinfo="skip",
            text=[f"{z[cell]:.2f}".removeprefix("0") for cell in cells],
            textfont={
                "size": 14 if present else 12,
                "color": [grammar.text_on(grammar.shade(z[cell] / top, ink.sequential))
                          for cell in cells],
            },
        )  # fmt: skip
    figure.update_xaxes(
        tickvals=list(range(columns)), side="top", showgrid=False,
        title_text=t("attention.tile.head", language), range=[-0.5, columns - 0.5],
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=names, range=[len(rows) - 0.5, -0.5],
        showgrid=False, tickfont={"color": ink.text},
    )  # fmt: skip
    return figure


def _hover(
    made: Moved, rows: Sequence[tuple[str, int]], columns: int, language: str
) -> list[list[str]]:
    found = [[""] * columns for _ in rows]
    for head in made.heads:
        case = "moved" if head.moved else "still"
        found[rows.index((head.kind, head.layer))][head.head] = t(
            f"moved.chart.hover_{case}", language, head=words.head(head.place, language),
            distance=words.nats(head.distance_nats, language, sign=False),
            floor=words.nats(head.floor_nats, language, sign=False),
        )  # fmt: skip
    return found


def moved_heads(
    made: Moved, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Distance of the heads that moved farthest, with its interval; an upright mark = the floor."""
    ink, heads = grammar.tokens(scheme), made.farthest[:LISTED]
    figure = _dots(
        scheme, language, [words.head(head.place, language) for head in heads],
        [(head.distance_nats, head.low_nats, head.high_nats) for head in heads],
        [ink.tuned if head.moved else ink.base for head in heads],
        x=t("moved.column.distance", language), fmt=".3f", present=present,
    )  # fmt: skip
    figure.add_scatter(
        x=[head.floor_nats for head in heads], y=list(range(len(heads))), mode="markers",
        marker={"symbol": "line-ns", "size": 16, "line": {"width": 2.5, "color": ink.text}},
        hovertemplate=f"{t('moved.column.floor', language)}: %{{x:.3f}}<extra></extra>",
    )  # fmt: skip
    grammar.label(figure, heads[0].floor_nats, 0, t("moved.chart.floor", language), ink.muted,
                  xanchor="center", yanchor="bottom", dx=0, dy=11)  # fmt: skip
    _from_zero(figure, [max(head.high_nats, head.floor_nats) for head in heads])
    return figure


def change(
    one: MovedSentence, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Where a head looks more, and where less, than before: after less before, on one example."""
    ink, z = grammar.tokens(scheme), one.change
    assert z is not None  # noqa: S101 - a sentence without weights has no such picture
    height = 60 + 7 * min(24, max(map(len, one.keys))) + 24 * len(one.queries)
    figure = grammar.figure(scheme, height=max(200, height), present=present)
    top = float(np.abs(z).max()) or 1.0
    x, y = list(range(len(one.keys))), list(range(len(one.queries)))
    hover = [[f"{grammar.safe(a)} → {grammar.safe(b)}: {words.signed(z[j, i])}"
              for i, b in enumerate(one.keys)] for j, a in enumerate(one.queries)]  # fmt: skip
    figure.add_heatmap(
        z=z, x=x, y=y, zmin=-top, zmax=top, colorscale=grammar.scale(ink.diverging),
        showscale=False, xgap=1, ygap=1, text=hover, hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    if len(one.keys) <= PRINTED_WORDS + 4:
        decimals = 2 if len(one.keys) <= WIDE_CELLS else 1
        cells = [(j, i) for j in y for i in x if abs(z[j, i]) >= PRINTED_CHANGE]
        figure.add_scatter(
            x=[i for _, i in cells], y=[j for j, _ in cells], mode="text", hoverinfo="skip",
            text=[words.signed(z[cell], decimals) for cell in cells],
            textfont={
                "size": 13 if present else 11,
                "color": [grammar.text_on(grammar.shade((z[cell] / top + 1) / 2, ink.diverging))
                          for cell in cells],
            },
        )  # fmt: skip
    _cells(figure, one.keys, one.queries, ink)
    return figure


def alignment_heads(
    made: Alignment, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Alignment error of the heads, the best first; a dashed line = the diagonal alone."""
    ink, heads = grammar.tokens(scheme), made.heads[:LISTED]
    figure = _dots(
        scheme, language,
        [words.head(("cross", head.layer, head.head), language) for head in heads],
        [(100 * head.error, 100 * head.error_low, 100 * head.error_high) for head in heads],
        [ink.tuned if place == 0 else ink.base for place in range(len(heads))],
        x=t("moved.chart.error", language), fmt=".0f", present=present,
    )  # fmt: skip
    ends = [100 * head.error_high for head in heads]
    if made.diagonal_error is not None:
        line = 100 * made.diagonal_error
        ends.append(line)
        figure.add_vline(x=line, line={"color": ink.text, "width": 1.5, "dash": "6px,4px"})
        grammar.label(figure, line, -0.5, t("moved.chart.diagonal", language), ink.muted,
                      xanchor="center", yanchor="bottom", dx=0)  # fmt: skip
    _from_zero(figure, ends)
    return figure


def relations(
    made: Alignment, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Rank correlation of each measure with the score, its interval, and the line of none."""
    ink = grammar.tokens(scheme)
    known = [one for one in made.relations if one.rank is not None]
    figure = _dots(
        scheme, language, [t(f"moved.measure.{one.measure}", language) for one in known],
        [(one.rank or 0.0, one.low or 0.0, one.high or 0.0) for one in known],
        [ink.tuned if one.decided and not one.by_length else ink.base for one in known],
        x=t("moved.column.rank", language), fmt="+.2f", present=present,
    )  # fmt: skip
    _over_line(figure, ink)
    reach = max([0.2, *(max(abs(one.low or 0), abs(one.high or 0)) for one in known)])
    figure.update_xaxes(range=[-1.1 * reach, 1.35 * reach])
    return figure


def sentence(
    view: SentenceView, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """One sentence's attention over words; the largest weight of each row is outlined."""
    ink = grammar.tokens(scheme)
    height = 60 + 7 * min(24, max(map(len, view.source))) + ROW_PIXELS * len(view.target)
    figure = grammar.figure(scheme, height=max(200, height), present=present)
    z = view.weights
    x, y = list(range(len(view.source))), list(range(len(view.target)))
    hover = [[f"{grammar.safe(a)} → {grammar.safe(b)}: {z[j, i]:.3f}"
              for i, b in enumerate(view.source)] for j, a in enumerate(view.target)]  # fmt: skip
    figure.add_heatmap(
        z=z, x=x, y=y, zmin=0, zmax=1, colorscale=grammar.scale(ink.sequential), showscale=False,
        xgap=1, ygap=1, text=hover, hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    for j, i in enumerate(z.argmax(-1)):
        figure.add_shape(
            type="rect", x0=i - 0.47, x1=i + 0.47, y0=j - 0.45, y1=j + 0.45,
            line={"color": ink.text, "width": 2},
        )  # fmt: skip
    if len(view.source) <= PRINTED_WORDS:
        cells = [(j, i) for j in y for i in x if z[j, i] >= FAINT]
        figure.add_scatter(
            x=[i for _, i in cells], y=[j for j, _ in cells], mode="text", hoverinfo="skip",
            text=[f"{z[cell]:.2f}".removeprefix("0") for cell in cells],
            textfont={
                "size": 14 if present else 12,
                "color": [grammar.text_on(grammar.shade(float(z[cell]), ink.sequential))
                          for cell in cells],
            },
        )  # fmt: skip
    _cells(figure, view.source, view.target, ink)
    return figure


def _cells(
    figure: go.Figure, columns: Sequence[str], rows: Sequence[str], ink: grammar.Tokens
) -> None:
    """The axes of a picture whose cells are words that somebody wrote."""
    figure.update_xaxes(
        tickvals=list(range(len(columns))), ticktext=list(map(grammar.safe, columns)), side="top",
        tickangle=-90, showgrid=False, range=[-0.5, len(columns) - 0.5],
        tickfont={"color": ink.text},
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=list(map(grammar.safe, rows)), showgrid=False,
        range=[len(rows) - 0.5, -0.5], tickfont={"color": ink.text},
    )  # fmt: skip


def drops(
    made: Prices, metric: str, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """What switching off heads costs, by how many; a line at no change."""
    ink, rows = grammar.tokens(scheme), made.of(metric)
    unit = rows[0].unit
    by = notation.factor(unit)
    ends = [
        tuple(by * (end if end is not None else row.difference)
              for end in (row.difference, row.low, row.high)) for row in rows
    ]  # fmt: skip
    colors = {"better": ink.better, "worse": ink.worse, "tie": ink.base}
    figure = _dots(
        scheme, language,
        [t("moved.chart.off", language, heads=row.heads, total=len(made.heads)) for row in rows],
        ends, [colors[row.verdict] for row in rows],
        x=t("moved.chart.change", language, metric=notation.axis(metric, unit, language)),
        fmt="+" + notation.pattern(unit), present=present,
    )  # fmt: skip
    _over_line(figure, ink)
    low, high = min(0.0, *(end[1] for end in ends)), max(0.0, *(end[2] for end in ends))
    room = (high - low) or 1.0
    figure.update_xaxes(range=[low - 0.06 * room, high + 0.2 * room])
    return figure


def forecasts(
    made: Prices, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Price of each head against what the gradient foretold; the dashed line = it was right."""
    ink, tried = grammar.tokens(scheme), made.tried
    figure = grammar.figure(
        scheme, height=340, present=present, x=t("moved.column.forecast", language),
        y=t("moved.column.price", language),
    )  # fmt: skip
    # Only as wide as the forecasts: they are often a tenth of the prices.
    guesses = [one.forecast_nats for one in tried]
    low, high = min(0.0, *guesses), max(0.0, *guesses)
    room = 0.12 * ((high - low) or 1.0)
    ends = [low - room, high + 2 * room]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", hoverinfo="skip",
        line={"color": ink.axis, "width": 1.5, "dash": "6px,4px"},
    )  # fmt: skip
    figure.add_scatter(
        x=[one.forecast_nats for one in tried], y=[one.price_nats for one in tried],
        mode="markers", marker={"size": 9, "color": ink.tuned},
        error_y={
            "type": "data", "symmetric": False, "thickness": 1.5, "width": 0, "color": ink.tuned,
            "array": [(one.price_high_nats or 0) - (one.price_nats or 0) for one in tried],
            "arrayminus": [(one.price_nats or 0) - (one.price_low_nats or 0) for one in tried],
        },
        text=[words.head(one.place, language) for one in tried],
        hovertemplate="%{text}: %{x:+.3f} → %{y:+.3f}<extra></extra>",
    )  # fmt: skip
    dear = words.dearest(made)
    grammar.label(figure, dear.forecast_nats, dear.price_nats, words.head(dear.place, language),
                  ink.text)  # fmt: skip
    grammar.label(figure, ends[1], ends[1], t("moved.chart.right", language), ink.muted,
                  xanchor="right", yanchor="bottom", dx=0, dy=3)  # fmt: skip
    figure.add_vline(x=0, line_color=ink.grid, line_width=1)
    figure.update_xaxes(range=ends, showgrid=False)
    return figure


def _dots(
    scheme: str, language: str, names: Sequence[str], ends: Sequence[Sequence[float]],
    colors: Sequence[str], *, x: str, fmt: str, present: bool,
) -> go.Figure:  # fmt: skip
    """Dots with intervals, a row each, in their order."""
    figure = grammar.figure(scheme, height=90 + 30 * len(names), present=present, x=x)
    places = list(range(len(names)))
    values, lows, highs = zip(*ends, strict=True)
    grammar.interval_dots(
        figure, grammar.tokens(scheme), places, values, lows, highs, colors,  # type: ignore[arg-type]
        fmt=fmt, hover=f"%{{x:{fmt}}}",
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=places, ticktext=[grammar.safe(name) for name in names],
        range=[len(places) - 0.5, -0.8], autorange=False,
    )  # fmt: skip
    return figure


def _from_zero(figure: go.Figure, ends: Sequence[float]) -> None:
    figure.update_xaxes(range=[0, 1.18 * max(ends)])


def _over_line(figure: go.Figure, ink: grammar.Tokens) -> None:
    """The line of no change, which strikes through no label."""
    figure.update_annotations(bgcolor=ink.ground)
    figure.add_vline(x=0, line_color=ink.axis, line_width=1)
