"""Figures of drift: the effect of each feature, and what a feature that moved looks like."""

import plotly.graph_objects as go

from core.charts import grammar
from core.text.catalog import t
from core.update import drift_words
from core.update.drift import LEAST_DELTA, Drift
from core.update.drift_looks import Report

NAME_CHARACTERS = 30


def effects(
    report: Report, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Effect of each tested feature with its interval, the largest first; alarms in oxide.

    Numbers: Cliff's delta, −1 to 1; categories: total variation, 0 to 1.
    """
    ink = grammar.tokens(scheme)
    rows = sorted(
        (row for row in report.drifts if row.effect is not None), key=lambda r: -abs(r.effect or 0)
    )
    figure = grammar.figure(
        scheme, height=90 + 36 * len(rows), present=present, x=t("drift.page.x", language)
    )
    figure.add_vrect(
        x0=-LEAST_DELTA, x1=LEAST_DELTA, fillcolor=ink.base_soft, line_width=0, layer="below"
    )
    grammar.interval_dots(
        figure, ink, [_short(drift_words.name(row, language)) for row in rows],
        [row.effect or 0.0 for row in rows], [row.low or 0.0 for row in rows],
        [row.high or 0.0 for row in rows],
        [ink.worse if row.alarm else ink.base for row in rows],
        fmt="+.2f", hover="%{y}: %{x:.2f}",
    )  # fmt: skip
    figure.add_vline(x=0, line_color=ink.axis, line_width=1)
    low = min([-0.3, *(row.low or 0.0 for row in rows)])
    high = max([0.3, *(row.high or 0.0 for row in rows)])
    figure.update_xaxes(range=[low - 0.08, high + 0.24])
    return figure


def _short(name: str) -> str:
    cut = name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"
    return grammar.safe(cut)


def moved(row: Drift, scheme: str, language: str = "en", *, present: bool = False) -> go.Figure:
    """One feature, live beside training and test: cumulative shares, or shares of categories."""
    if row.kind == "category":
        return _mix(row, scheme, language, present=present)
    ink = grammar.tokens(scheme)
    figure = grammar.figure(
        scheme, height=260, present=present, x=drift_words.name(row, language),
        y=t("drift.page.curve_y", language),
    )  # fmt: skip
    by = 100 if row.name in drift_words.SHARES else 1
    levels = [5 * step for step in range(1, 20)]
    pair = row.quantiles or ((), ())
    # Each name stands on the outer side of its line, at another height than the other's.
    right = (row.effect or 0.0) >= 0
    looks = (("training", pair[0], ink.base, 1.5, 14, not right),
             ("live", pair[1], ink.tuned, 2.5, 6, right))  # fmt: skip
    for key, values, color, width, place, outer in looks:
        shown = [by * value for value in values]
        grammar.line(figure, shown, levels, color, estimated=False, width=width,
                     hover=f"{t(f'drift.page.{key}', language)}: %{{x:.3g}}")  # fmt: skip
        if shown:
            grammar.label(figure, shown[place], levels[place], t(f"drift.page.{key}", language),
                          color, bgcolor=ink.ground, xanchor="left" if outer else "right",
                          dx=8 if outer else -8)  # fmt: skip
    figure.update_yaxes(range=[0, 100], tickvals=[0, 25, 50, 75, 100])
    return figure


def _mix(row: Drift, scheme: str, language: str, *, present: bool) -> go.Figure:
    """A row a category: a ring for training and test, a dot for live, a line between."""
    ink = grammar.tokens(scheme)
    names = list(row.live)
    figure = grammar.figure(
        scheme, height=90 + 40 * len(names), present=present, x=t("drift.page.mix_x", language)
    )
    # Two categories may be called alike when their names are cut: the place tells them apart.
    for place, name in enumerate(names):
        before, now = 100 * row.reference[name], 100 * row.live[name]
        figure.add_scatter(
            x=[before, now], y=[place, place], mode="lines", hoverinfo="skip",
            line={"color": ink.axis, "width": 1.5},
        )  # fmt: skip
        figure.add_scatter(
            x=[before], y=[place], mode="markers",
            marker={"size": 11, "color": ink.ground, "line": {"color": ink.base, "width": 2}},
            hovertemplate=f"{t('drift.page.training', language)}: %{{x:.0f}} %<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=[now], y=[place], mode="markers", marker={"size": 11, "color": ink.tuned},
            hovertemplate=f"{t('drift.page.live', language)}: %{{x:.0f}} %<extra></extra>",
        )  # fmt: skip
        grammar.label(figure, max(before, now), place, f"{now:.0f} %", ink.text, dx=12)
    figure.update_yaxes(
        tickvals=list(range(len(names))), range=[len(names) - 0.5, -0.5], autorange=False,
        ticktext=[_short(drift_words.category(row, name, language)) for name in names],
    )  # fmt: skip
    figure.update_xaxes(range=[-4, 116], tickvals=[0, 25, 50, 75, 100])
    return figure
