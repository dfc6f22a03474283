"""The chart grammar: one look for every figure, light and dark.

    ink = grammar.tokens("dark")                    # colours by meaning, not by hue
    fig = grammar.figure("dark", height=280, x="US$ per month")
    grammar.interval_dots(fig, ink, ...)

  measured   solid mark, solid line
  estimated  hatched bar, dashed line, hollow dot; its error is a soft band; its number wears "≈"
  interval   measured: a thin line (95 %). Estimated: a soft band; the caption says how wide
  base       slate      tuned  cobalt      better  verdigris      worse  oxide      risk  brass

Titles, captions and sources live in the page (real headings that a screen reader can find), not
in the figure. Text that came from a user or a model goes through `safe` before it is drawn.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import plotly.graph_objects as go

FONT = (
    "'IBM Plex Sans', 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', 'PingFang SC', "
    "'Microsoft YaHei', 'Noto Sans SC', 'Noto Sans CJK SC', sans-serif"
)
CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False, "responsive": True}
"""Pass as `st.plotly_chart(config=...)`: no toolbar, no logo, the wheel scrolls the page."""


@dataclass(frozen=True)
class Tokens:
    """Colours by meaning. `soft` colours are fills under text or lines; all others reach 3:1."""

    scheme: str
    ground: str
    panel: str
    text: str
    muted: str
    grid: str
    axis: str
    tuned: str
    tuned_soft: str
    base: str
    base_soft: str
    better: str
    worse: str
    risk: str
    risk_soft: str
    failed: str
    estimated: str
    categorical: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]


LIGHT = Tokens(
    scheme="light",
    ground="#FFFFFF",
    panel="#F4F6F8",
    text="#0E1822",
    muted="#52606D",
    grid="#E7EBEF",
    axis="#8793A0",
    tuned="#2450B2",
    tuned_soft="rgba(36,80,178,0.14)",
    base="#74818D",
    base_soft="rgba(116,129,141,0.18)",
    better="#0A7F79",
    worse="#B5500C",
    risk="#C18600",
    risk_soft="rgba(193,134,0,0.16)",
    failed="#B3202C",
    estimated="#7A52B3",
    categorical=("#2450B2", "#C18600", "#318C8C", "#A9470B", "#A77BEE", "#2E3945"),
    sequential=(
        "#EEF7FC", "#C5E0F6", "#9FC8F1", "#78AAE6", "#5588D9",
        "#3E6AC3", "#2D52A7", "#203C89", "#1B2E68", "#152148",
    ),
    diverging=(
        "#803200", "#B15517", "#D68A56", "#EBC19E", "#F6EFE8",
        "#E8F3F2", "#ACDAD5", "#64B1AA", "#1C827B", "#005350",
    ),
)  # fmt: skip

DARK = Tokens(
    scheme="dark",
    ground="#11171E",
    panel="#1A222B",
    text="#E9EEF3",
    muted="#A7B3BF",
    grid="#242E38",
    axis="#6B7986",
    tuned="#8FB0FF",
    tuned_soft="rgba(143,176,255,0.18)",
    base="#93A1AE",
    base_soft="rgba(147,161,174,0.20)",
    better="#4CC7BA",
    worse="#F08C4A",
    risk="#E0B03F",
    risk_soft="rgba(224,176,63,0.18)",
    failed="#F0767F",
    estimated="#B796F0",
    categorical=("#8FB0FF", "#F0BE5A", "#3F9D8F", "#D36500", "#9B69E0", "#D7E5F4"),
    sequential=(
        "#17202B", "#1C2C46", "#233862", "#2E4A85", "#3A60AB",
        "#4B7CCA", "#679DDF", "#88BDF0", "#B0D9F5", "#DEF2FC",
    ),
    diverging=(
        "#FDBF89", "#EA9152", "#B86330", "#784023", "#372B24",
        "#233131", "#235957", "#298982", "#51BAAF", "#93E3D7",
    ),
)  # fmt: skip


def tokens(scheme: str | None) -> Tokens:
    """Return the tokens for "light" or "dark" (anything else means light)."""
    return DARK if scheme == "dark" else LIGHT


def scale(colors: Sequence[str]) -> list[list[float | str]]:
    """Turn a list of colours into a Plotly colour scale."""
    last = len(colors) - 1
    return [[i / last, c] for i, c in enumerate(colors)]


def safe(text: object) -> str:
    """Make text literal: Plotly reads `<s>`, `</s>`, `<b>`, `<a href>` as markup, even in ticks."""
    return html.escape(str(text), quote=False)


@cache
def template(scheme: str | None, *, present: bool = False) -> go.layout.Template:
    """Build the layout template. `present` enlarges text for a projector."""
    t = tokens(scheme)
    size = 16 if present else 13
    small = size - 1
    axis = {
        "showgrid": True,
        "gridcolor": t.grid,
        "gridwidth": 1,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "ticklabelstandoff": 6,
        "separatethousands": True,
        "tickfont": {"size": small, "color": t.muted},
        "title": {"font": {"size": small, "color": t.muted}, "standoff": 10},
        "automargin": True,
        "fixedrange": True,
    }
    layout = go.Layout(
        font={"family": FONT, "size": size, "color": t.text},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=list(t.categorical),
        margin={"l": 8, "r": 16, "t": 12, "b": 8},
        xaxis=axis,
        yaxis=axis,
        showlegend=False,
        bargap=0.42,
        separators=".,",  # 1,000.5 in both languages, the same as in the text around it
        hovermode="closest",
        dragmode=False,
        hoverlabel={
            "bgcolor": t.panel,
            "bordercolor": t.axis,
            "align": "left",
            "font": {"family": FONT, "size": small, "color": t.text},
        },
        colorscale={
            "sequential": scale(t.sequential),
            "diverging": scale(t.diverging),
        },
        annotationdefaults={
            "font": {"size": small, "color": t.text},
            "showarrow": False,
            "align": "left",
        },
        uniformtext={"mode": "hide", "minsize": 10},
    )
    return go.layout.Template(layout=layout)


def figure(
    scheme: str | None,
    *,
    height: int,
    x: str | None = None,
    y: str | None = None,
    present: bool = False,
) -> go.Figure:
    """Return an empty figure in the house style. `x` and `y` name the quantity and its unit.

    The y title is drawn level, above the axis, because nobody reads sideways.
    """
    fig = go.Figure()
    fig.update_layout(
        template=template(scheme, present=present), height=int(height * (1.25 if present else 1))
    )
    if x:
        fig.update_xaxes(title_text=x)
    if y:
        fig.add_annotation(
            text=y, xref="paper", yref="paper", x=0, y=1, xanchor="left", yanchor="bottom",
            yshift=6, font={"color": tokens(scheme).muted},
        )  # fmt: skip
        fig.update_layout(margin_t=34)
    return fig


def hatch(color: str, t: Tokens) -> dict[str, Any]:
    """Bar marker for an estimate: hatched in its own hue, so the entity stays recognisable."""
    return {
        "color": t.ground,
        "line": {"color": color, "width": 1.5},
        "pattern": {
            "shape": "/",
            "fillmode": "overlay",
            "fgcolor": color,
            "bgcolor": t.ground,
            "size": 5,
            "solidity": 0.35,
        },
    }


def solid(color: str, t: Tokens) -> dict[str, Any]:
    """Bar marker for a measurement."""
    return {"color": color, "line": {"color": t.ground, "width": 1}}


def band(
    fig: go.Figure,
    x: Sequence[Any],
    low: Sequence[Any],
    high: Sequence[Any],
    fill: str,
    **where: int,
) -> None:
    """Draw the error of a line as a light band under it."""
    fig.add_scatter(
        x=[*x, *reversed(list(x))],
        y=[*high, *reversed(list(low))],
        fill="toself",
        fillcolor=fill,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        **where,
    )


def line(
    fig: go.Figure,
    x: Sequence[Any],
    y: Sequence[Any],
    color: str,
    *,
    estimated: bool,
    hover: str,
    width: float = 2.25,
    **where: int,
) -> None:
    """Draw a line: solid if measured, dashed if estimated."""
    fig.add_scatter(
        x=list(x),
        y=list(y),
        mode="lines",
        line={"color": color, "width": width, "dash": "6px,4px" if estimated else "solid"},
        hovertemplate=hover + "<extra></extra>",
        **where,
    )


def label(
    fig: go.Figure, x: object, y: object, text: str, color: str, **where: Any
) -> None:  # fmt: skip
    """Name a mark where it is, in its own colour, instead of in a legend; as `note` takes it."""
    fig.add_annotation(note(x, y, text, color, **where))


def note(
    x: object,
    y: object,
    text: str,
    color: str,
    *,
    xanchor: str = "left",
    yanchor: str = "middle",
    dx: int = 8,
    dy: int = 0,
    **where: object,
) -> dict[str, Any]:
    """What `label` adds, for a figure with many: `add` puts all of them in at once."""
    return {
        "x": x, "y": y, "text": text, "font": {"color": color}, "xanchor": xanchor,
        "yanchor": yanchor, "xshift": dx, "yshift": dy, **where,
    }  # fmt: skip


def add(fig: go.Figure, notes: Sequence[dict[str, Any]]) -> None:
    """Put notes into a figure. One after the other Plotly would check all before each again."""
    held = [one.to_plotly_json() for one in fig.layout.annotations]
    fig.layout.annotations = [*held, *notes]


def interval_dots(
    fig: go.Figure,
    t: Tokens,
    names: Sequence[str],
    values: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    colors: Sequence[str],
    *,
    estimated: Sequence[bool] | None = None,
    fmt: str = ".1f",
    hover: str = "%{y}: %{x:.1f}",
) -> None:
    """Dot and interval per row, with the value at the right end of its interval.

    Measured: filled dot on a thin line. Estimated: hollow dot on a soft band.
    """
    soft = {t.tuned: t.tuned_soft, t.base: t.base_soft}
    est = list(estimated or [False] * len(names))
    for name, v, lo, hi, c, e in zip(names, values, lows, highs, colors, est, strict=True):
        fig.add_scatter(
            x=[lo, hi],
            y=[name, name],
            mode="lines",
            hoverinfo="skip",
            line={"color": soft.get(c, t.base_soft) if e else c, "width": 11 if e else 2},
        )
        fig.add_scatter(
            x=[v],
            y=[name],
            mode="markers",
            marker={"size": 11, "color": t.ground if e else c, "line": {"color": c, "width": 2}},
            hovertemplate=f"{hover} ({lo:{fmt}}–{hi:{fmt}})<extra></extra>",
        )
        label(fig, hi, name, f"{'≈ ' if e else ''}{v:{fmt}}".replace("-", "−"), t.text, dx=8)
    fig.update_yaxes(showgrid=False, autorange="reversed", tickfont={"color": t.text})


def text_on(color: str) -> str:
    """Black or white ink, whichever reads better on `color` (Plotly's own choice is too pale)."""
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    # Darker than the page's ink: on the middle tones that one falls short of 4.5:1.
    return "#05090D" if 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 else "#FFFFFF"


def shade(share: float, colors: Sequence[str]) -> str:
    """The step of a colour scale nearest to a share between 0 and 1."""
    return colors[round(max(0.0, min(1.0, share)) * (len(colors) - 1))]
