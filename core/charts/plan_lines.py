"""A plan over volume and over time: a month's cost by requests a day, and the cash in the bank.

Everything is estimated, so lines are dashed, but for an API's list price, which is solid. The
recommended option is drawn thick and with its range; names stand at the ends of the lines.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.charts import grammar, labels, planned
from core.charts.planned import Document, Row
from core.strategy.answer import act_by, deciding_pair
from core.text.catalog import t
from core.text.format import count, number, round_up
from core.units import KILO

HEIGHT = 310
MARGIN, MARGIN_PRESENT = 116, 140
"""Right of the plot, for the names."""
BESIDE = 52
"""Pixels of a figure's height that are not plot: the title above, the ticks and title below."""
WIDEST = 5.0
"""A crossing further off than this many times today's volume is not drawn."""


def _drawn(document: Document) -> list[Row]:
    """The options to draw, the recommended one last, so that it lies over the others."""
    rows = planned.able(document)[: planned.MOST_LINES]
    lead = planned.leading(document)
    if lead is not None and lead not in rows:
        rows = [*rows[:-1], lead]
    return sorted(rows, key=lambda row: row is lead)


def _names(
    figure: go.Figure, ink: grammar.Tokens, rows: Sequence[Row], ends: Sequence[float],
    at: float, span: tuple[float, float], present: bool,
) -> None:  # fmt: skip
    """Name each line right of its end, with a thin line to it where there was no room beside it."""
    size, margin = labels.size_of(present), MARGIN_PRESENT if present else MARGIN
    height = figure.layout.height - BESIDE - figure.layout.margin.t
    texts = [labels.lines_of(row["option"], margin - 22, 2, size) for row in rows]
    sizes = [labels.LINE * size * len(text) + 3 for text in texts]
    wanted = [height * (min(max(end, span[0]), span[1]) - span[0]) / (span[1] - span[0])
              for end in ends]  # fmt: skip
    found = labels.spread(wanted, sizes, -0.06 * height, height + 0.06 * height)
    for row, text, own, put in zip(rows, texts, wanted, found, strict=True):
        figure.add_annotation(
            x=at, y=span[0] + (span[1] - span[0]) * own / height,
            text="<br>".join(map(grammar.safe, text)), font={"color": planned.color(ink, row)},
            showarrow=True, arrowhead=0, arrowwidth=1, arrowcolor=ink.axis, standoff=2,
            ax=14, ay=own - put, xanchor="left", yanchor="middle", align="left",
            hovertext=grammar.safe(row["option"]),
        )  # fmt: skip
    figure.update_layout(margin_r=margin)


def cash_fan(
    document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Money in the bank with each option, month by month, in thousand US$."""
    ink = grammar.tokens(scheme)
    rows, lead = _drawn(document), planned.leading(document)
    figure = grammar.figure(
        scheme, height=HEIGHT, present=present, x=t("plan_figures.cash.x", language),
        y=t("plan_figures.cash.y", language),
    )  # fmt: skip
    months = list(range(document["horizon_months"] + 1))
    middles = {row["option"]: _balance(document, row, "p50") for row in rows}
    for row in rows:
        if row is lead:
            low, high = (_balance(document, row, end) for end in ("p5", "p95"))
            grammar.band(figure, months, low, high, planned.soft(ink, row))
        grammar.line(
            figure, months, middles[row["option"]], planned.color(ink, row), estimated=True,
            width=2.75 if row is lead else 1.25,
            hover=t("plan_figures.cash.hover", language, option=grammar.safe(row["option"])),
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": ink.text, "width": 1.5})
    span = cash_span(document)
    if lead is not None:
        _marks(figure, ink, document, lead, span, language)
        _names(figure, ink, rows, [middles[row["option"]][-1] for row in rows], months[-1], span,
               present)  # fmt: skip
    figure.update_xaxes(range=[0, months[-1]], dtick=_every(months[-1]), showgrid=False)
    figure.update_yaxes(range=span, nticks=6, tickformat=",d")
    return figure


def _every(months: int) -> int:
    """Months between two ticks."""
    return next((step for step in (1, 2, 3, 6, 12) if months / step <= 6), 24)


def _balance(document: Document, row: Row, end: str) -> list[float]:
    """Thousand US$ at the start and after each month."""
    own = [month for month in document["monthly"] if month["option"] == row["option"]]
    found = [month[f"cash_{end}_usd"] for month in sorted(own, key=lambda month: month["month"])]
    return [amount / KILO for amount in (document["company"]["cash_usd"], *found)]


def cash_span(document: Document) -> tuple[float, float]:
    """From a little below the lowest line, but not so far that what is above zero gets small."""
    lead = planned.leading(document)
    held = [value for row in _drawn(document) for value in _balance(document, row, "p50")]
    if lead is not None:
        held += [value for end in ("p5", "p95") for value in _balance(document, lead, end)]
    top = max([*held, 1.0])
    low = max(min([*held, 0.0]), -0.5 * top)
    return low - 0.05 * (top - low), top + 0.07 * (top - low)


def _marks(
    figure: go.Figure, ink: grammar.Tokens, document: Document, row: Row,
    span: tuple[float, float], language: str,
) -> None:  # fmt: skip
    """The month to act by, and the month in which the money ends."""
    months, act, end = document["horizon_months"], act_by(document), row["runway_months"]
    zero: dict[str, Any] = {"bgcolor": ink.ground, "borderpad": 2}
    if act is not None:
        figure.add_scatter(
            x=[act, act], y=[max(0.0, span[0]), span[1]], mode="lines", hoverinfo="skip",
            line={"color": ink.risk, "width": 2},
        )  # fmt: skip
        right = act > 0.5 * months
        grammar.label(
            figure, act, span[1], t("plan_figures.cash.act", language, month=act), ink.text,
            yanchor="top", xanchor="right" if right else "left", dx=-5 if right else 5, **zero,
        )  # fmt: skip
    if end["p50"] is not None:
        late = end["p50"] > 0.5 * months
        words = t("plan_figures.cash.out", language, month=number(end["p50"], 2))
        grammar.label(figure, end["p50"], 0, words, ink.text, xanchor="right" if late else "left",
                      dx=-10 if late else 10, dy=13, **zero)  # fmt: skip


def by_volume(
    document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """A month's cost of each option against requests a day; the break-even zone is shaded."""
    ink = grammar.tokens(scheme)
    rows, lead = _drawn(document), planned.leading(document)
    curves = {curve["option"]: curve for curve in document["curves"]}
    rows = [row for row in rows if row["option"] in curves]
    pair = deciding_pair(document)
    banded = {pair["a"], pair["b"]} if pair else {row["option"] for row in rows}
    today, zone = document["demand"]["requests_per_day"], _zone(document)
    end = max(2 * today, 1.25 * zone[1] if zone else 0.0)
    end = min([end, *(curves[row["option"]]["requests_per_day"][-1] for row in rows)])
    figure = grammar.figure(
        scheme, height=HEIGHT + 36, present=present, x=t("plan_figures.volume.x", language),
        y=t("plan_figures.volume.y", language),
    )  # fmt: skip
    ends = [cost_at(curves[row["option"]], end) / KILO for row in rows]
    top = 1.15 * max([*ends, 0.001])
    if zone:
        figure.add_vrect(x0=zone[0], x1=max(zone[1], zone[0] + 0.012 * end),
                         fillcolor=ink.risk_soft, line_width=0, layer="below")  # fmt: skip
    for row in rows:
        _cost_line(figure, ink, row, curves[row["option"]], row is lead, end, language,
                   banded=row["option"] in banded)  # fmt: skip
    figure.add_vline(x=today, line={"color": ink.text, "width": 1.5})
    _volumes(figure, ink, document, zone, labels.size_of(present), language)
    _names(figure, ink, rows, ends, end, (0, top), present)
    figure.update_xaxes(range=[0, end], showgrid=False, dtick=round_up(end / 4), tickformat=",d")
    figure.update_yaxes(range=[0, top], nticks=5)
    return figure


def _zone(document: Document) -> tuple[float, float] | None:
    """The range of the break-even, if it lies where the chart can show it."""
    pair = deciding_pair(document)
    if pair is None or not pair["requests_per_day"]:
        return None
    at = pair["requests_per_day"]
    if at > WIDEST * document["demand"]["requests_per_day"]:
        return None
    return pair["low"] or at, pair["high"] or at


def cost_at(curve: Row, volume: float) -> float:
    """What a month costs at a volume of requests a day, on an option's curve."""
    return float(np.interp(volume, curve["requests_per_day"], curve["usd_month"]))


def _cost_line(
    figure: go.Figure, ink: grammar.Tokens, row: Row, curve: Row, lead: bool, end: float,
    language: str, *, banded: bool,
) -> None:  # fmt: skip
    """One option to the end of the chart; all of their ranges would be one shade."""
    held = sum(volume <= end for volume in curve["requests_per_day"])
    volumes, usd, low, high = (
        [*curve[key][:held], float(np.interp(end, curve["requests_per_day"], curve[key]))]
        for key in ("requests_per_day", "usd_month", "low_usd", "high_usd")
    )
    estimated = low != high
    if banded and estimated:
        grammar.band(figure, volumes, [one / KILO for one in low], [one / KILO for one in high],
                     planned.soft(ink, row))  # fmt: skip
    grammar.line(
        figure, volumes, [one / KILO for one in usd], planned.color(ink, row), estimated=estimated,
        width=2.75 if lead else 1.5,
        hover=t("plan_figures.volume.hover", language, option=grammar.safe(row["option"])),
    )  # fmt: skip


def _volumes(
    figure: go.Figure, ink: grammar.Tokens, document: Document, zone: tuple[float, float] | None,
    size: int, language: str,
) -> None:  # fmt: skip
    """Name today's volume and the break-even over the plot, one to the left, one to the right."""
    today, pair = document["demand"]["requests_per_day"], deciding_pair(document)
    words = t("plan_figures.volume.today", language, volume=count(today, language))
    left = zone is not None and today < zone[1]
    _over(figure, ink, today, words, left=left)
    if zone and pair:
        even = count(float(f"{pair['requests_per_day']:.3g}"), language)
        words = t("plan_figures.volume.even", language, volume=even)
        _over(figure, ink, max(zone[0], today) if left else zone[1], words, left=not left)
    over = round(2 * labels.LINE * size) + 4
    figure.layout.annotations[0].yshift = over + 8  # the y title, which stands over all of it
    figure.update_layout(margin_t=34 + over)


def _over(figure: go.Figure, ink: grammar.Tokens, volume: float, words: str, *, left: bool) -> None:
    grammar.label(
        figure, volume, 1, words, ink.text, yref="paper", yanchor="bottom", dy=2,
        xanchor="right" if left else "left", dx=2 if left else -2,
        align="right" if left else "left",
    )  # fmt: skip
