"""Figures of the Update page: what users liked, the versions, what the gate measured."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.evaluate import notation
from core.evaluate.share import Share
from core.text.catalog import t
from core.text.format import day
from core.update.gate import Gate
from core.update.story import Version

NAME_CHARACTERS = 22
MOST_VERSIONS = 12
"""Drawn: the newest, and a champion among the older ones."""


def liked(
    shares: Mapping[str, Share], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Share of answers liked, a row a model, with its Wilson interval; best first."""
    ink = grammar.tokens(scheme)
    rows = sorted(shares.items(), key=lambda item: -item[1].value)
    figure = grammar.figure(
        scheme, height=90 + 44 * len(rows), present=present, x=t("update.chart.x", language)
    )
    grammar.interval_dots(
        figure, ink,
        [grammar.safe(name) for name, _ in rows],
        [100 * share.value for _, share in rows],
        [100 * share.low for _, share in rows],
        [100 * share.high for _, share in rows],
        [ink.tuned] * len(rows),
        fmt=".0f", hover="%{y}: %{x:.0f} %",
    )  # fmt: skip
    figure.update_xaxes(range=[-3, 108], tickvals=[0, 25, 50, 75, 100])
    return figure


def drawn(versions: Sequence[Version]) -> list[Version]:
    """The scored versions that a chart of them shows, oldest first."""
    scored = [one for one in versions if one.score]
    recent = scored[-MOST_VERSIONS:]
    return [one for one in scored if one.champion and one not in recent] + recent


def versions(
    found: Sequence[Version], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Score of each version with its interval, in the order of time; a square serves now.

    Args:
        found: As `drawn` gives them, at least one.
        scheme: "light" or "dark".
        language: Code of the reader's language.
        present: Larger, for a room.
    """
    ink = grammar.tokens(scheme)
    metric, unit = str((found[0].score or {})["metric"]), str((found[0].score or {})["unit"])
    by, form = notation.factor(unit), notation.pattern(unit)
    figure = grammar.figure(
        scheme, height=300, present=present, y=notation.axis(metric, unit, language)
    )
    values = [by * float((one.score or {})["value"]) for one in found]
    ends = [_ends(one, by) for one in found]
    places = list(range(len(found)))
    figure.add_scatter(
        x=places, y=values, mode="lines", hoverinfo="skip",
        line={"color": ink.grid, "width": 2},
    )  # fmt: skip
    figure.add_scatter(
        x=places, y=values, mode="markers",
        marker={
            "symbol": ["square" if one.champion else "circle" for one in found],
            "size": [13 if one.champion else 9 for one in found], "color": ink.tuned,
        },
        error_y={
            "type": "data", "symmetric": False, "thickness": 1.25, "width": 0, "color": ink.tuned,
            "array": [high - value for value, (_, high) in zip(values, ends, strict=True)],
            "arrayminus": [value - low for value, (low, _) in zip(values, ends, strict=True)],
        },
        text=[grammar.safe(one.run) for one in found],
        hovertemplate=f"%{{text}}: %{{y:{form}}}<extra></extra>",
    )  # fmt: skip
    for place, value, one in zip(places, values, found, strict=True):
        grammar.label(figure, place, value, f"{value:{form}}", ink.text, dx=9)
        if one.champion:
            grammar.label(figure, place, value, t("update.versions.serving", language), ink.muted,
                          xanchor="right", dx=-10)  # fmt: skip
    # Few versions keep every name level; many have room for the days alone.
    names = [f"{_short(one.run)}<br>{day(one.at)}" for one in found]
    figure.update_xaxes(
        tickvals=places, ticktext=names if len(found) <= 4 else [day(one.at) for one in found],
        range=[-0.5, len(found) - 0.4], showgrid=False,
    )  # fmt: skip
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    room = 0.18 * ((high - low) or 1.0)
    figure.update_yaxes(range=[low - room, high + room])
    return figure


def _ends(one: Version, by: float) -> tuple[float, float]:
    score = one.score or {}
    low, high = (
        score["value"] if score.get(end) is None else score[end] for end in ("low", "high")
    )
    return by * float(low), by * float(high)


def _short(name: str) -> str:
    cut = name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"
    return grammar.safe(cut)


def gate(verdict: Gate, scheme: str, language: str = "en", *, present: bool = False) -> go.Figure:
    """Paired differences on the test split and on the new slice, with zero and the margin."""
    ink, by = grammar.tokens(scheme), notation.factor(verdict.unit)
    form = notation.pattern(verdict.unit)
    axis = notation.axis(verdict.metric, verdict.unit, language)
    sides = [
        (t(f"update.gate.{key}", language), found, shown)
        for key, found, shown in (
            ("test", verdict.locked, verdict.not_worse), ("new", verdict.new, verdict.better),
        )
        if found is not None and found.difference is not None
    ]  # fmt: skip
    figure = grammar.figure(
        scheme, height=90 + 46 * len(sides), present=present,
        x=t("update.gate.x", language, metric=axis),
    )  # fmt: skip
    lows = [by * (s.difference if s.low is None else s.low) for _, s, _ in sides]  # type: ignore[operator]
    highs = [by * (s.difference if s.high is None else s.high) for _, s, _ in sides]  # type: ignore[operator]
    grammar.interval_dots(
        figure, ink, [f"{name} (n = {s.n:,})" for name, s, _ in sides],
        [by * (s.difference or 0.0) for _, s, _ in sides], lows, highs,
        [ink.better if shown else ink.base for _, _, shown in sides],
        fmt=f"+{form}", hover=f"%{{y}}: %{{x:{form}}}",
    )  # fmt: skip
    margin = -by * verdict.margin
    figure.add_vline(x=0, line_color=ink.axis, line_width=1)
    figure.add_vline(x=margin, line_color=ink.risk, line_width=2, line_dash="dash")
    low, high = min([*lows, margin, 0.0]), max([*highs, 0.0])
    room = (high - low) or 1.0
    figure.update_xaxes(range=[low - 0.08 * room, high + 0.2 * room])
    return figure
