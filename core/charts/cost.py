"""Figures of a training on the Cost page: memory against cards, time by part, by number of GPUs.

All of it is estimated: hatched, dashed, hollow.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

import plotly.graph_objects as go

from core.charts import grammar
from core.cost.estimate import Estimate
from core.cost.hardware import Gpu
from core.cost.training import TrainingEstimate
from core.text.catalog import t
from core.text.format import number, usd
from core.units import GIB

CARDS_GIB = (40, 80)
LETTER = 0.02
"""Of the width, what a letter takes on a telephone: a part that is too narrow is named below."""
LINE_PIXELS = 17
PARTS = (
    ("weights", ("weights",)),
    ("state", ("gradients", "optimizer")),
    ("activations", ("activations", "logits")),
    ("cache", ("cache",)),
    ("context", ("buffers", "context", "reserve")),
)
"""Parts of the bar, and the parts of an estimate that each gathers; those at 0 are left out."""
SMALLEST_SHARE = 0.004
"""Of the whole, a part that is not drawn: its name would say nothing."""


@dataclass(frozen=True)
class Piece:
    """A part of a stacked bar."""

    name: str
    size: float
    color: str


def _letters(name: str) -> int:
    """The width of a name in Latin letters; a Chinese sign is as wide as two."""
    return sum(2 if east_asian_width(sign) in "FW" else 1 for sign in name)


def _stack(
    figure: go.Figure, ink: grammar.Tokens, pieces: Sequence[Piece], end: float, unit: str
) -> float:
    """Stack pieces in one bar, each named where it is or, if too narrow, below; returns the sum."""
    at, narrow = 0.0, []
    for piece in pieces:
        value = number(piece.size, 2)
        figure.add_bar(
            x=[piece.size], y=[""], base=[at], orientation="h", width=0.5,
            marker=grammar.hatch(piece.color, ink),
            hovertemplate=f"{piece.name}: ≈ {value} {unit}<extra></extra>",
        )  # fmt: skip
        if piece.size < LETTER * _letters(piece.name) * end:
            words = f'<span style="color:{piece.color}">■</span> {piece.name} ≈ {value}'
            narrow.append((at, words))
        else:
            grammar.label(
                figure, at + piece.size / 2, 0, f"{piece.name}<br>≈ {value}", ink.text,
                xanchor="center", yanchor="bottom", dx=0, dy=30, align="center",
                bgcolor=ink.ground,
            )  # fmt: skip
        at += piece.size
    if narrow:
        right = narrow[0][0] > end / 2
        grammar.label(
            figure, at if right else narrow[0][0], 0, "<br>".join(line for _, line in narrow),
            ink.text, xanchor="right" if right else "left", yanchor="top", dx=0, dy=-30,
            bgcolor=ink.ground,
        )  # fmt: skip
    figure.update_layout(barmode="overlay", height=figure.layout.height + LINE_PIXELS * len(narrow))
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[-0.6 - 0.2 * len(narrow), 1.3])
    return at


def memory(
    sizes: dict[str, float], total: Estimate | None, card: Gpu, scheme: str, language: str = "en",
    *, present: bool = False,
) -> go.Figure:  # fmt: skip
    """One stacked bar of GPU memory against 40 and 80 GB and the chosen card.

    Args:
        sizes: Bytes on one GPU by part.
        total: Their sum with its range, drawn as a line across the end; None = no range.
        card: The chosen card.
        scheme: "light" or "dark".
        language: Code of the language.
        present: For a room.
    """
    ink = grammar.tokens(scheme)
    figure = grammar.figure(scheme, height=240, x=t("cost.chart.gib", language), present=present)
    colors = (ink.tuned, ink.categorical[1], ink.categorical[2], ink.categorical[4], ink.base)
    whole = sum(sizes.values()) / GIB
    high = total.high / GIB if total else whole
    lines = sorted({*CARDS_GIB, round(card.memory_bytes / GIB)})
    end = 1.05 * max(*CARDS_GIB, card.memory_bytes / GIB, 1.03 * high)
    pieces = [
        Piece(t(f"cost_page.piece.{name}", language), size, color)
        for (name, gathered), color in zip(PARTS, colors, strict=True)
        if (size := sum(sizes.get(part, 0.0) for part in gathered) / GIB) > SMALLEST_SHARE * whole
    ]
    at = _stack(figure, ink, pieces, end, "GiB")
    if total is not None:
        _range_mark(figure, ink, total, at)
    for line in lines:
        own = line == round(card.memory_bytes / GIB)
        figure.add_vline(
            x=line, line={"color": ink.text, "width": 2.5 if own else 1,
                          "dash": "solid" if own else "2px,3px"},
        )  # fmt: skip
        key = "cost_page.chart.own_card" if own else "cost.chart.card"
        holds = f"{card.memory_bytes / GIB:.3g}" if own else str(line)
        grammar.label(
            figure, line, 1, t(key, language, n=holds), ink.text if own else ink.muted,
            xanchor="right", yref="paper", yanchor="top", dx=-6,
        )  # fmt: skip
    figure.update_xaxes(range=[0, end], nticks=9)
    return figure


TIME_PARTS = (
    ("compute", ("compute",)),
    ("communication", ("communication",)),
    ("bubble", ("bubble",)),
    ("pauses", ("pauses",)),
    ("failures", ("failures", "interruptions")),
    ("ramp_up", ("ramp_up",)),
)
"""Parts of the bar of time, and the parts of an estimate that each gathers."""


def time(
    found: TrainingEstimate, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """One stacked bar of the wall-clock time, with the range of the total."""
    ink = grammar.tokens(scheme)
    unit, scale = time_unit([found])
    words = t(f"cost.chart.{unit}", language)
    figure = grammar.figure(scheme, height=220, x=words, present=present)
    total = found.hours.times(scale, unit)
    parts = found.time.parts()
    colors = (ink.tuned, ink.categorical[1], ink.categorical[2], ink.base, ink.worse,
              ink.categorical[4])  # fmt: skip
    end = 1.08 * total.high
    pieces = [
        Piece(t(f"cost_page.time.{name}", language), size, color)
        for (name, gathered), color in zip(TIME_PARTS, colors, strict=True)
        if (size := scale * sum(parts[part] for part in gathered)) > SMALLEST_SHARE * total.value
    ]
    at = _stack(figure, ink, pieces, end, words)
    figure.add_scatter(
        x=[total.low, total.high], y=["", ""], mode="lines", hoverinfo="skip",
        line={"color": ink.text, "width": 2},
    )  # fmt: skip
    figure.add_scatter(
        x=[at], y=[""], mode="markers", hoverinfo="skip",
        marker={"symbol": "line-ns", "size": 14, "line": {"color": ink.text, "width": 2}},
    )  # fmt: skip
    figure.update_xaxes(range=[0, end], nticks=7)
    return figure


def _range_mark(figure: go.Figure, ink: grammar.Tokens, total: Estimate, at: float) -> None:
    figure.add_scatter(
        x=[total.low / GIB, total.high / GIB], y=["", ""], mode="lines", hoverinfo="skip",
        line={"color": ink.text, "width": 2},
    )  # fmt: skip
    figure.add_scatter(
        x=[at], y=[""], mode="markers", hoverinfo="skip",
        marker={"symbol": "line-ns", "size": 14, "line": {"color": ink.text, "width": 2}},
    )  # fmt: skip


def by_gpus(
    found: Sequence[TrainingEstimate], quantity: str, scheme: str, language: str = "en", *,
    present: bool = False,
) -> go.Figure:  # fmt: skip
    """Hours or dollars against the number of GPUs, with their band; `quantity` is the field."""
    ink = grammar.tokens(scheme)
    unit, scale = time_unit(found) if quantity == "hours" else ("usd", 1.0)
    name = t(f"cost.chart.{unit}", language)
    card = found[0].gpu.title if found else ""
    figure = grammar.figure(
        scheme, height=270, x=t("cost.chart.gpus", language, gpu=card), y=name, present=present
    )
    if not found:
        return figure
    estimates = [
        estimate.times(scale, unit)
        for one in found
        if (estimate := getattr(one, quantity)) is not None
    ]
    gpus = [one.gpus for one in found]
    grammar.band(figure, gpus, [e.low for e in estimates], [e.high for e in estimates],
                 ink.tuned_soft)  # fmt: skip
    values = [e.value for e in estimates]
    grammar.line(
        figure, gpus, values, ink.tuned, estimated=True, hover=f"%{{x}}: ≈ %{{y:.3~g}} {name}"
    )
    figure.add_scatter(
        x=gpus, y=values, mode="markers", hoverinfo="skip",
        marker={"size": 9, "color": ink.ground, "line": {"color": ink.tuned, "width": 2}},
    )  # fmt: skip
    for index in sorted({0, len(found) - 1}):
        text = usd(values[index]) if quantity == "usd" else number(values[index], 2)
        first = index == 0 and len(found) > 1
        grammar.label(
            figure, math.log10(gpus[index]), estimates[index].high, f"≈ {text}", ink.text,
            xanchor="left" if first else "right" if len(found) > 1 else "center",
            dx=-4 if first else 6, yanchor="bottom", dy=4,
        )  # fmt: skip
    ends = math.log10(min(gpus)) - 0.05, math.log10(max(gpus)) + 0.05
    figure.update_xaxes(
        type="log", tickvals=gpus, ticktext=[f"{n:,}" for n in gpus], range=ends, showgrid=False
    )
    figure.update_yaxes(range=[0, 1.2 * max(e.high for e in estimates)], nticks=5)
    return figure


def time_unit(found: Sequence[TrainingEstimate]) -> tuple[str, float]:
    """The unit that suits the longest time: text key, and units in an hour."""
    longest = max((one.hours.value for one in found), default=1.0)
    for unit, per_hour in (("days", 1 / 24), ("hours", 1.0), ("minutes", 60.0)):
        if longest * per_hour >= 2:
            return unit, per_hour
    return "seconds", 3600.0
