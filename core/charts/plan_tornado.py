"""The tornado: what each input can do to the lead of the recommended option."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import grammar, labels, planned
from core.charts.plan_rows import as_rows, named
from core.charts.planned import Document, Row
from core.text.catalog import t
from core.text.format import number, usd
from core.units import KILO

MOST_INPUTS, ROW_PIXELS = 8, 70
FURTHEST = 6.0
"""A bar that reaches further than so many times the third longest is cut, and says so."""
Gain = tuple[float, str]
"""Thousand US$ a month at an end of an input ("low" or "high")."""


def tornado(
    document: Document, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """What each input can do to the lead: from its low to its high end, all others as they may be.

    A diamond on the zero line marks an input that can turn the answer within its range.
    """
    ink, inputs = grammar.tokens(scheme), document["tornado"][:MOST_INPUTS]
    figure = grammar.figure(
        scheme, height=96 + ROW_PIXELS * len(inputs), present=present,
        x=t("plan_figures.tornado.x", language),
    )  # fmt: skip
    if not inputs:
        return figure
    size = labels.size_of(present)
    base = document["gain_usd_per_month"]["value"] / KILO if document["gain_usd_per_month"] else 0.0
    low, high = _span(inputs, base)
    notes, bars = [], []
    for place, row in enumerate(inputs):
        swings = _swing(row, base, (low, high), language)
        bars += [(place, *swing) for swing in swings]
        notes += _ends(ink, place, row, base, [to for to, _ in swings], language)
        notes += named(ink, place, planned.input_name(row, language), _flip(row, language), size)
        notes.append(grammar.note(
            0, place + 0.24, grammar.safe(_range(row, language)), ink.muted,
            xref="paper", yanchor="top", dx=0, bgcolor=ink.ground, borderpad=0,
        ))  # fmt: skip
    grammar.add(figure, notes)
    _bars(figure, ink, bars, base)
    room = 0.17 * (high - low) or 1.0
    span = (low - room, high + room)
    zero = {"x0": 0, "x1": 0, "y0": -0.62, "y1": len(inputs) - 0.4, "layer": "below"}
    figure.add_shape(type="line", line={"color": ink.text, "width": 1.5}, **zero)
    figure.add_shape(type="line", line={"color": ink.axis, "width": 1, "dash": "3px,3px"},
                     **{**zero, "x0": base, "x1": base})  # fmt: skip
    _turning(figure, ink, inputs)
    _sides(figure, ink, document, span, size, language)
    figure.update_layout(barmode="overlay", margin_t=46)
    figure.update_xaxes(range=span, nticks=5)
    as_rows(figure, len(inputs))
    return figure


def gains(row: Row) -> list[Gain]:
    """Both ends of an input, the smaller lead first; −∞ = out of the choice, ∞ = no rival."""
    ends: list[Gain] = []
    for end in ("low", "high"):
        gain = row[f"gain_at_{end}_usd"]
        ends.append((gain / KILO if gain is not None else _without(row, row[end]), end))
    return sorted(ends)


def _without(row: Row, at: float) -> float:
    """No lead is known at an end: the option is out there, or no other one is good enough."""
    turns = row["flips_at"]
    lost = turns is not None and min(row["base"], at) <= turns <= max(row["base"], at)
    return -math.inf if lost else math.inf


def _span(inputs: Sequence[Row], base: float) -> tuple[float, float]:
    """From where to where: a bar that dwarfs all others is cut."""
    ends = [gain for row in inputs for gain, _ in gains(row) if math.isfinite(gain)]
    reach = sorted((abs(end - base) for end in ends), reverse=True)
    most = FURTHEST * reach[min(2 * 2, len(reach) - 1)] if reach else 0.0
    kept = [end for end in ends if abs(end - base) <= most] or ends
    held = [base, 0.0, *kept]
    if len(kept) < len(ends):  # what is cut must be longer than any that is not
        held += [base + (most if end > base else -most) for end in ends if abs(end - base) > most]
    return min(held), max(held)


def _swing(
    row: Row, base: float, span: tuple[float, float], language: str
) -> list[tuple[float, str]]:
    """Where the bars of an input end, the smaller lead first, and what is said of each."""
    name, found = grammar.safe(planned.input_name(row, language)), []
    for gain, end in gains(row):
        at = grammar.safe(planned.amount(row, row[end], language))
        if math.isinf(gain):
            key = "out" if gain < 0 else "alone"
            said = t(f"plan_figures.tornado.hover_{key}", language, name=name, at=at)
            found.append((span[0] if gain < 0 else base, said))
        else:
            said = t("plan_figures.tornado.hover", language, name=name, at=at,
                     usd=usd(KILO * gain, language))  # fmt: skip
            found.append((min(max(gain, span[0]), span[1]), said))
    return found


def _bars(
    figure: go.Figure, ink: grammar.Tokens, bars: Sequence[tuple[int, float, str]], base: float
) -> None:
    """All bars as one trace: from the planned lead down to the lower ends and up to the higher."""
    drawn = [bar for bar in bars if bar[1] != base]
    colors = [ink.worse if to < base else ink.better for _, to, _ in drawn]
    marker = grammar.hatch(ink.base, ink)
    marker["line"] = {**marker["line"], "color": colors}
    marker["pattern"] = {**marker["pattern"], "fgcolor": colors}
    figure.add_bar(
        x=[to - base for _, to, _ in drawn], base=[base] * len(drawn),
        y=[place for place, _, _ in drawn], orientation="h", width=0.3, offset=-0.1,
        marker=marker, customdata=[said for _, _, said in drawn],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _ends(
    ink: grammar.Tokens, place: int, row: Row, base: float, shown: Sequence[float], language: str
) -> list[dict[str, Any]]:
    """The lead at both ends of an input, beside its bars."""
    notes = []
    for (gain, _), to, down in zip(gains(row), shown, (True, False), strict=True):
        out = gain == -math.inf
        key = "out" if out else "alone"
        words = (
            t(f"plan_figures.tornado.{key}", language) if math.isinf(gain) else (_signed(gain, to))
        )
        notes.append(grammar.note(
            min(to, base) if down else max(to, base), place + 0.05, words, ink.text,
            xanchor="right" if down and not out else "left",
            dx=-5 if down and not out else 5, bgcolor=ink.ground, borderpad=0,
        ))  # fmt: skip
    return notes


def _signed(gain: float, shown: float) -> str:
    """The lead; an arrow where the bar is cut."""
    words = number(gain, 2, sign=True)
    if gain == shown:
        return words
    return f"◂ {words}" if gain < shown else f"{words} ▸"


def _turning(figure: go.Figure, ink: grammar.Tokens, inputs: Sequence[Row]) -> None:
    """Mark the inputs within whose range another option takes the lead: there the lead is zero."""
    places = [
        place for place, row in enumerate(inputs)
        if row["flips_at"] is not None and row["low"] <= row["flips_at"] <= row["high"]
    ]  # fmt: skip
    figure.add_scatter(
        x=[0] * len(places), y=[place + 0.05 for place in places], mode="markers",
        hoverinfo="skip",
        marker={"symbol": "diamond", "size": 10, "color": ink.risk,
                "line": {"color": ink.ground, "width": 1.5}},
    )  # fmt: skip


def _range(row: Row, language: str) -> str:
    """The two ends of an input, and how they are known: "0.16 to 0.24 people, tried"."""
    low, high = planned.bare(row, row["low"], language), planned.amount(row, row["high"], language)
    how = t(f"plan_figures.tornado.{row['how']}", language)
    return t("plan_figures.tornado.range", language, low=low, high=high, how=how)


def _flip(row: Row, language: str) -> str:
    """At which value another option leads; nothing where none does."""
    if row["flips_at"] is None:
        return ""
    at = planned.bare(row, row["flips_at"], language)
    return t("plan_figures.tornado.flip", language, at=at)


def _sides(
    figure: go.Figure, ink: grammar.Tokens, document: Document, span: tuple[float, float],
    size: int, language: str,
) -> None:  # fmt: skip
    """Who leads on each side of zero, and the name of zero."""
    leads = {"better": document["recommended_option"], "worse": document["second_option"]}
    top: dict[str, Any] = {"yref": "paper", "yanchor": "bottom", "xref": "paper", "dx": 0, "dy": 18}
    turned = {row["flips_to"] for row in document["tornado"] if row["flips_to"] is not None}
    several = turned - {leads["worse"]}
    for key, right in (("worse", False), ("better", True)):
        words = t("plan_figures.tornado.another", language)
        if leads[key] is not None and (right or not several):
            name = labels.shorten(leads[key], 118, size)
            words = t(f"plan_figures.tornado.{key}", language, option=name)
        grammar.label(figure, int(right), 1, grammar.safe(words),
                      ink.better if right else ink.worse,
                      xanchor="right" if right else "left", **top)  # fmt: skip
    if span[0] < 0 < span[1]:
        grammar.label(figure, 0, 1, t("plan_figures.tornado.zero", language), ink.text,
                      xanchor="center", yref="paper", yanchor="bottom", dx=0, dy=0)  # fmt: skip
