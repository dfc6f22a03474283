"""Figures of the Strategy page: cost by volume, a month by part, cash to the horizon.

Everything is estimated, so lines are dashed and bars hatched, but for an API's list price, which
is a straight solid line. The tuned option has the colour of what is yours, its rivals that of
rivals; which rival is which stands beside its mark.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.charts import grammar
from core.strategy.amount import ENDS
from core.strategy.answer import deciding_pair, option_of
from core.strategy.findings import act_by
from core.strategy.options import PARTS
from core.strategy.plan import Outcome, Plan
from core.strategy.say import requests
from core.text.catalog import t
from core.text.format import number, usd
from core.units import KILO

Document = dict[str, Any]

POINTS, MOST_STEPS = 24, 100
"""Lines are straight between steps: the points are for the pointer to find."""
WIDEST = 5.0
"""A crossing further off than this many times today's volume is not drawn."""
HATCHES = {"api_tokens": ".", "gpu": "/", "team": "x", "retraining": "-"}
"""The part of a month, by its form: the colour already says whose option it is."""
LABEL_PIXELS, LABEL_PIXELS_PRESENT = 12, 15


def by_volume(
    plan: Plan, document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """A month's cost of each option against requests a day; the crossing zone is shaded."""
    ink = grammar.tokens(scheme)
    today = plan.scenario.demand.requests_per_day
    pair = deciding_pair(document)
    zone = _zone(pair, today)
    end = max(2 * today, 1.25 * zone[1] if zone else 0.0)
    figure = grammar.figure(
        scheme, height=320, present=present, x=t("strategy.chart.requests", language),
        y=t("strategy.chart.usd_month", language),
    )  # fmt: skip
    if zone:
        width = max(zone[1] - zone[0], 0.012 * end)
        figure.add_vrect(
            x0=zone[0], x1=zone[0] + width, fillcolor=ink.risk_soft, line_width=0, layer="below"
        )
        _at(figure, ink, zone[0], "even", requests((pair or {})["requests_per_day"], language),
            language, left=True)  # fmt: skip
    able = [outcome for outcome in plan.outcomes if outcome.priced.problem is None]
    drawn = {pair["a"], pair["b"]} if pair else {outcome.name for outcome in able}
    top = 1.2 * max(o.priced.monthly("high").at(end) for o in able if o.name in drawn)
    for outcome in able:
        _line(figure, ink, outcome, end, language)
    figure.add_vline(x=today, line={"color": ink.text, "width": 1.5})
    _at(figure, ink, today, "today", requests(today, language), language,
        left=bool(zone) and today < (zone or (0, 0))[0])  # fmt: skip
    _names(figure, ink, able, end, top)
    figure.update_xaxes(range=[0, end], showgrid=False, nticks=5, tickformat=",d")
    figure.update_yaxes(range=[0, top], nticks=5)
    return figure


def _zone(pair: dict[str, Any] | None, today: float) -> tuple[float, float] | None:
    """The range of the break-even, if it lies where the chart can show it."""
    if pair is None or not pair["requests_per_day"]:
        return None
    low = pair["low"] if pair["low"] is not None else pair["requests_per_day"]
    high = pair["high"] if pair["high"] is not None else pair["requests_per_day"]
    return (low, high) if pair["requests_per_day"] <= WIDEST * today else None


def _color(ink: grammar.Tokens, outcome: Outcome) -> str:
    return ink.tuned if outcome.priced.option.kind == "tuned" else ink.base


def _volumes(outcome: Outcome, end: float) -> list[float]:
    """Volumes at which to draw: evenly, and at both sides of each step of cost and range."""
    volumes = [end * point / POINTS for point in range(POINTS + 1)]
    for name in ENDS:
        for stair in outcome.priced.monthly(name).stairs:
            for step in range(1, min(MOST_STEPS, int(end // stair.requests_per_day) + 1)):
                edge = step * stair.requests_per_day
                volumes += [edge, edge * (1 + 1e-9)]
    return sorted(volumes)


def _line(
    figure: go.Figure, ink: grammar.Tokens, outcome: Outcome, end: float, language: str
) -> None:
    curve = outcome.priced.monthly()
    volumes = _volumes(outcome, end)
    estimated = outcome.priced.fleet is not None
    if estimated:
        low, high = (outcome.priced.monthly(name)(np.array(volumes)) for name in ("low", "high"))
        soft = ink.tuned_soft if outcome.priced.option.kind == "tuned" else ink.base_soft
        grammar.band(figure, volumes, low.tolist(), high.tolist(), soft)
    grammar.line(
        figure, volumes, curve(np.array(volumes)).tolist(), _color(ink, outcome),
        estimated=estimated,
        hover=t("strategy.chart.hover_volume", language, option=grammar.safe(outcome.name)),
    )  # fmt: skip


def _at(
    figure: go.Figure, ink: grammar.Tokens, volume: float, name: str, words: str, language: str, *,
    left: bool,
) -> None:  # fmt: skip
    """Name a volume at the top of the chart, on one side of it."""
    grammar.label(
        figure, volume, 1, t(f"strategy.chart.{name}", language, requests_per_day=words), ink.text,
        yref="paper", yanchor="top", xanchor="right" if left else "left", dx=-6 if left else 6,
        align="right" if left else "left", bgcolor=ink.ground,
    )  # fmt: skip


def _names(
    figure: go.Figure, ink: grammar.Tokens, able: list[Outcome], end: float, top: float
) -> None:
    """Name each line: what rises with volume at its right end, what starts level at its left.

    Two level lines that lie close get their names on their outer sides.
    """
    level = [o.priced.monthly().at(1.0) for o in able if o.priced.fleet is not None]
    for outcome in able:
        curve, rises = outcome.priced.monthly(), outcome.priced.fleet is None
        height = min(curve.at(end if rises else 1.0), 0.92 * top)
        room = min((other - height for other in level if other > height), default=top)
        over = rises or room > 0.09 * top
        grammar.label(
            figure, end if rises else 0, height, grammar.safe(outcome.name), _color(ink, outcome),
            xanchor="right" if rises else "left", yanchor="bottom" if over else "top",
            dx=-2 if rises else 4, dy=2 if over else -2,
        )  # fmt: skip


def parts(
    document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """A month of each option by part, hatched; what is paid once stands apart, hollow."""
    ink = grammar.tokens(scheme)
    rows = [row for row in document["options"] if row["feasible"]]
    figure = grammar.figure(
        scheme, height=80 + 78 * len(rows), present=present,
        x=t("strategy.chart.usd_month", language),
    )  # fmt: skip
    pixels = LABEL_PIXELS_PRESENT if present else LABEL_PIXELS
    widest = max(
        (row["monthly_usd_high"] + row["one_time_usd_per_month"] for row in rows), default=1
    )
    colors = [ink.tuned if row["kind"] == "tuned" else ink.base for row in rows]
    starts = [0.0 for _ in rows]
    for part in PARTS:
        amounts = [row["parts"][f"{part}_usd"] for row in rows]
        marker = grammar.hatch(ink.base, ink)
        marker["line"] = {**marker["line"], "color": colors}
        marker["pattern"] = {**marker["pattern"], "shape": HATCHES[part], "fgcolor": colors}
        _bars(figure, ink, rows, part, (starts, amounts), marker, language, pixels)
        starts = [start + amount for start, amount in zip(starts, amounts, strict=True)]
    hollow = {"color": ink.ground, "line": {"color": colors, "width": 1.5}}
    once = [row["one_time_usd_per_month"] for row in rows]
    apart = [start + 0.01 * widest for start in starts]
    _bars(figure, ink, rows, "one_time", (apart, once), hollow, language, pixels)
    for row in rows:
        total = t("strategy.chart.total", language, usd=usd(row["monthly_usd"], language))
        grammar.label(figure, 0, grammar.safe(row["name"]), total, ink.text, dx=0,
                      dy=31 if present else 24)  # fmt: skip
    figure.update_layout(barmode="overlay", uniformtext={"mode": "hide", "minsize": pixels})
    figure.update_xaxes(range=[0, 1.05 * widest], nticks=5)
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": ink.text})
    return figure


def _bars(
    figure: go.Figure, ink: grammar.Tokens, rows: list[dict[str, Any]], part: str,
    places: tuple[list[float], list[float]], marker: dict[str, Any], language: str, pixels: int,
) -> None:  # fmt: skip
    """One part of every option, from its start over its length; under it its name, if it fits."""
    starts, amounts = places
    if not any(amounts):
        return
    name = t(f"strategy.part.{part}", language)
    where = {
        "x": amounts, "y": [grammar.safe(row["name"]) for row in rows], "base": starts,
        "orientation": "h",
    }  # fmt: skip
    said = [f"{name}: ≈ {usd(amount, language)}" for amount in amounts]
    figure.add_bar(
        **where, marker=marker, width=0.3, offset=-0.15, customdata=said,
        hovertemplate="%{y}, %{customdata}<extra></extra>",
    )  # fmt: skip
    figure.add_bar(
        **where, marker={"color": "rgba(0,0,0,0)", "line": {"width": 0}}, width=0.26, offset=0.17,
        text=[name if amount else "" for amount in amounts], textposition="inside",
        insidetextanchor="start", textangle=0, constraintext="inside", hoverinfo="skip",
        insidetextfont={"color": ink.muted, "size": pixels},
    )  # fmt: skip


def cash(
    document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Money in the bank with each option, month by month, in thousand US$."""
    ink = grammar.tokens(scheme)
    months = list(range(document["horizon_months"] + 1))
    figure = grammar.figure(
        scheme, height=320, present=present, x=t("strategy.chart.months", language),
        y=t("strategy.chart.usd_bank", language),
    )  # fmt: skip
    rows = [row for row in document["options"] if row["feasible"]]
    chosen = document["recommended_option"]
    for row in sorted(rows, key=lambda row: row["name"] == chosen):
        first = row["name"] == chosen
        color = ink.tuned if row["kind"] == "tuned" else ink.base
        if first:
            low, high = _thousands(row["cash_usd_low"]), _thousands(row["cash_usd_high"])
            soft = ink.tuned_soft if row["kind"] == "tuned" else ink.base_soft
            grammar.band(figure, months, low, high, soft)
        grammar.line(
            figure, months, _thousands(row["cash_usd"]), color, estimated=True,
            width=2.75 if first else 1.25,
            hover=t("strategy.chart.hover_cash", language, option=grammar.safe(row["name"])),
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": ink.text, "width": 1.5})
    if chosen is not None:
        _marks(figure, ink, document, option_of(document, chosen), language)
    figure.update_xaxes(range=[0, months[-1]], dtick=6, showgrid=False)
    figure.update_yaxes(nticks=6)
    return figure


def _thousands(amounts: list[float]) -> list[float]:
    return [amount / KILO for amount in amounts]


def _marks(
    figure: go.Figure, ink: grammar.Tokens, document: Document, row: dict[str, Any], language: str
) -> None:
    """The month to act by, and the month in which the money ends."""
    end = row["runway_months"]
    act = act_by(document)
    if act is not None:
        top = document["options"][0]["cash_usd"][0] / KILO
        figure.add_scatter(
            x=[act, act], y=[0, top], mode="lines", line={"color": ink.risk, "width": 2},
            hoverinfo="skip",
        )  # fmt: skip
        words = t("strategy.chart.act", language, month=act)
        right = act > 0.6 * document["horizon_months"]
        grammar.label(
            figure, act, top, words, ink.text, yanchor="top", xanchor="right" if right else "left",
            dx=-6 if right else 6, bgcolor=ink.ground,
        )  # fmt: skip
    if end is not None:
        words = t("strategy.chart.out", language, month=number(end, 2))
        late = end > 0.6 * document["horizon_months"]
        grammar.label(figure, end, 0, words, ink.text, xanchor="right" if late else "left",
                      dx=-8 if late else 8, dy=-14, bgcolor=ink.ground)  # fmt: skip
