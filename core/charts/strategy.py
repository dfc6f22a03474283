"""Figures of the Strategy page: cost by volume, a month by part, cash to the horizon.

Everything is estimated, so lines are dashed and bars hatched, but for an API's list price, which
is a straight solid line. The tuned option has the colour of what is yours, its rivals that of
rivals; which rival is which stands beside its mark.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.charts import grammar
from core.strategy.answer import deciding_pair, option_of
from core.strategy.curve import Curve
from core.strategy.findings import act_by
from core.strategy.options import PARTS
from core.strategy.plan import Outcome, Plan
from core.strategy.say import requests
from core.text.catalog import t
from core.text.format import number, usd
from core.units import KILO

Document = dict[str, Any]

POINTS = 200
WIDEST = 5.0
"""A crossing further off than this many times today's volume is not drawn."""
HATCHES = {"api_tokens": ".", "gpu": "/", "team": "x", "retraining": "-"}
"""The part of a month, by its form: the colour already says whose option it is."""
LABEL_PIXELS = 12


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
    able = [outcome for outcome in plan.outcomes if outcome.priced.problem is None]
    drawn = {pair["a"], pair["b"]} if pair else {outcome.name for outcome in able}
    top = 1.2 * max(o.priced.monthly("high").at(end) for o in able if o.name in drawn)
    for outcome in able:
        _line(figure, ink, outcome, end, language)
    figure.add_vline(x=today, line={"color": ink.text, "width": 1.5})
    words = t("strategy.chart.today", language, requests_per_day=requests(today, language))
    grammar.label(figure, today, 1, words, ink.text, yref="paper", yanchor="top", dx=6,
                  bgcolor=ink.ground)  # fmt: skip
    _names(figure, ink, able, end, top)
    figure.update_xaxes(range=[0, end], showgrid=False, nticks=6)
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


def _volumes(curve: Curve, end: float) -> list[float]:
    """Volumes at which to draw: evenly, and at both sides of each step."""
    volumes = [end * point / POINTS for point in range(POINTS + 1)]
    for stair in curve.stairs:
        for step in range(1, min(POINTS, int(end // stair.requests_per_day) + 1)):
            edge = step * stair.requests_per_day
            volumes += [edge, edge * (1 + 1e-9)]
    return sorted(volumes)


def _line(
    figure: go.Figure, ink: grammar.Tokens, outcome: Outcome, end: float, language: str
) -> None:
    curve = outcome.priced.monthly()
    volumes = _volumes(curve, end)
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


def _names(
    figure: go.Figure, ink: grammar.Tokens, able: list[Outcome], end: float, top: float
) -> None:
    """Name each line above its right end, kept apart from the one below."""
    ends = sorted(((o.priced.monthly().at(end), o) for o in able), key=lambda row: row[0])
    last = -1.0
    for value, outcome in ends:
        place = max(min(value, 0.93 * top), last + 0.075 * top)
        last = place
        grammar.label(
            figure, end, place, grammar.safe(outcome.name), _color(ink, outcome), xanchor="right",
            yanchor="bottom", dx=-2, dy=2,
        )  # fmt: skip


def parts(
    document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """A month of each option by part, hatched; what is paid once stands apart, hollow."""
    ink = grammar.tokens(scheme)
    rows = [row for row in document["options"] if row["feasible"]]
    figure = grammar.figure(
        scheme, height=110 + 70 * len(rows), present=present,
        x=t("strategy.chart.usd_month", language),
    )  # fmt: skip
    widest = max(
        (row["monthly_usd_high"] + row["one_time_usd_per_month"] for row in rows), default=1
    )
    for row in rows:
        color = ink.tuned if row["kind"] == "tuned" else ink.base
        start = 0.0
        for part in PARTS:
            amount = row["parts"][f"{part}_usd"]
            if amount:
                marker = grammar.hatch(color, ink)
                marker["pattern"] = {**marker["pattern"], "shape": HATCHES[part]}
                _bar(figure, ink, row, part, start, amount, marker, language)
                start += amount
        once = row["one_time_usd_per_month"]
        if once:
            hollow = {"color": ink.ground, "line": {"color": color, "width": 1.5}}
            _bar(figure, ink, row, "one_time", start + 0.01 * widest, once, hollow, language)
        total = t("common.approximately", language, value=usd(row["monthly_usd"], language))
        grammar.label(figure, start + once + 0.01 * widest, grammar.safe(row["name"]), total,
                      ink.text, dx=6)  # fmt: skip
    figure.update_layout(barmode="overlay", uniformtext={"mode": "hide", "minsize": LABEL_PIXELS})
    figure.update_xaxes(range=[0, 1.3 * widest], nticks=5)
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"color": ink.text})
    return figure


def _bar(
    figure: go.Figure, ink: grammar.Tokens, row: dict[str, Any], part: str, start: float,
    amount: float, marker: dict[str, Any], language: str,
) -> None:  # fmt: skip
    """One part, and under it its name where there is room for it."""
    name = t(f"strategy.part.{part}", language)
    hover = f"{grammar.safe(row['name'])}, {name}: ≈ {usd(amount, language)}<extra></extra>"
    where = {"x": [amount], "y": [grammar.safe(row["name"])], "base": [start], "orientation": "h"}
    figure.add_bar(**where, marker=marker, width=0.34, offset=-0.17, hovertemplate=hover)
    figure.add_bar(
        **where, marker={"color": "rgba(0,0,0,0)", "line": {"width": 0}}, width=0.26, offset=0.18,
        text=[name], textposition="inside", insidetextanchor="start", textangle=0,
        insidetextfont={"color": ink.muted, "size": LABEL_PIXELS}, hoverinfo="skip",
        constraintext="inside",
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
        figure.add_vline(x=act, line={"color": ink.risk, "width": 2})
        words = t("strategy.chart.act", language, month=number(act, 2))
        grammar.label(figure, act, 1, words, ink.text, yref="paper", yanchor="top", dx=6,
                      bgcolor=ink.ground)  # fmt: skip
    if end is not None:
        words = t("strategy.chart.out", language, month=number(end, 2))
        late = end > 0.6 * document["horizon_months"]
        grammar.label(figure, end, 0, words, ink.text, xanchor="right" if late else "left",
                      dx=-8 if late else 8, dy=-14, bgcolor=ink.ground)  # fmt: skip
