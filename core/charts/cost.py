"""Figures of the Cost page: memory against cards, time and money by GPUs, the back-test, serving.

All but the measured side of the back-test is estimated: hatched, dashed, hollow.
"""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.cost.backtest import WITHIN, Check
from core.cost.estimate import Estimate
from core.cost.findings import gib, million, misses
from core.cost.host import SEED_BYTES
from core.cost.served import ServingEstimate
from core.cost.training import TrainingEstimate
from core.text.catalog import t
from core.text.format import MINUS, number, usd
from core.units import GIB

CARDS_GIB = (40, 80)
LETTER = 0.011
"""Of the width, what a letter takes: the name of a part that is narrower stands below the bar."""
LINE_PIXELS = 17
NAMED_MISSES = 3
ROOM = 0.45
"""Of the width: the name of a dot further left stands under the line, where nothing else is."""
PARTS = (
    ("weights", ("weights",)),
    ("state", ("gradients", "optimizer")),
    ("activations", ("activations", "logits")),
    ("context", ("buffers", "context", "reserve")),
)
"""Parts of the bar, and the parts of the estimate that each gathers."""


def memory(
    found: TrainingEstimate, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """One stacked bar of GPU memory against the two cards, with the range of the total."""
    ink = grammar.tokens(scheme)
    figure = grammar.figure(scheme, height=220, x=t("cost.chart.gib", language), present=present)
    colors = (ink.tuned, ink.categorical[1], ink.categorical[2], ink.base)
    sizes = found.memory.parts()
    end = max(84.0, 1.08 * found.memory_bytes.high / GIB)
    at, narrow = 0.0, []
    for (name, gathered), color in zip(PARTS, colors, strict=True):
        width = sum(sizes[part] for part in gathered) / GIB
        words = t(f"cost.part.{name}", language)
        figure.add_bar(
            x=[width], y=[""], base=[at], orientation="h", marker=grammar.hatch(color, ink),
            width=0.5, hovertemplate=f"{words}: ≈ {number(width, 2)} GiB<extra></extra>",
        )  # fmt: skip
        if width < LETTER * len(words) * end:
            narrow.append(
                (at, f'<span style="color:{color}">■</span> {words} ≈ {number(width, 2)}')
            )
        else:
            grammar.label(
                figure, at + width / 2, 0, f"{words}<br>≈ {number(width, 2)}", ink.text,
                xanchor="center", yanchor="bottom", dx=0, dy=30, align="center",
                bgcolor=ink.ground,
            )  # fmt: skip
        at += width
    if narrow:
        right = narrow[0][0] > end / 2
        grammar.label(
            figure, at if right else narrow[0][0], 0, "<br>".join(line for _, line in narrow),
            ink.text, xanchor="right" if right else "left", yanchor="top", dx=0, dy=-30,
            bgcolor=ink.ground,
        )  # fmt: skip
    _range_mark(figure, ink, found.memory_bytes, at)
    for card in CARDS_GIB:
        figure.add_vline(x=card, line={"color": ink.text, "width": 1.5})
        grammar.label(
            figure, card, 1, t("cost.chart.card", language, n=card), ink.text, xanchor="right",
            yref="paper", yanchor="top", dx=-6,
        )  # fmt: skip
    figure.update_layout(barmode="overlay", height=figure.layout.height + LINE_PIXELS * len(narrow))
    figure.update_xaxes(range=[0, end], nticks=9)
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[-0.8 - 0.2 * len(narrow), 1.0])
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
    estimates = [getattr(one, quantity).times(scale, unit) for one in found]
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
            figure, gpus[index], estimates[index].high, f"≈ {text}", ink.text,
            xanchor="left" if first else "right" if len(found) > 1 else "center",
            dx=-4 if first else 6, yanchor="bottom", dy=4,
        )  # fmt: skip
    figure.update_xaxes(tickvals=gpus, range=[min(gpus) - 0.4, max(gpus) + 0.4], showgrid=False)
    figure.update_yaxes(range=[0, 1.2 * max(e.high for e in estimates)], nticks=5)
    return figure


def time_unit(found: Sequence[TrainingEstimate]) -> tuple[str, float]:
    """The unit that suits the longest time: text key, and units in an hour."""
    longest = max((one.hours.value for one in found), default=1.0)
    for unit, per_hour in (("days", 1 / 24), ("hours", 1.0), ("minutes", 60.0)):
        if longest * per_hour >= 2:
            return unit, per_hour
    return "seconds", 3600.0


def errors(
    found: Sequence[Check], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Estimated against measured, both on logarithmic axes; the worst misses are named."""
    ink = grammar.tokens(scheme)
    unit = t(f"cost.unit.{found[0].kind}", language)
    figure = grammar.figure(
        scheme, height=270, x=t("cost.chart.measured", language, unit=unit),
        y=t("cost.chart.estimated", language, unit=unit), present=present,
    )  # fmt: skip
    values = [value for check in found for value in (check.measured, check.predicted)]
    low, high = math.log10(min(values)) - 0.15, math.log10(max(values)) + 0.15
    ends = [10**low, 10**high]
    grammar.band(figure, ends, [(1 - WITHIN) * end for end in ends],
                 [(1 + WITHIN) * end for end in ends], ink.base_soft)  # fmt: skip
    figure.add_scatter(
        x=ends, y=ends, mode="lines", hoverinfo="skip", line={"color": ink.axis, "width": 1}
    )
    colors = [ink.worse if abs(check.error) > WITHIN else ink.text for check in found]
    hover = [
        f"{grammar.safe(check.model)}: {_signed(check.error)}<br>{grammar.safe(check.name)}"
        for check in found
    ]
    figure.add_scatter(
        x=[check.measured for check in found], y=[check.predicted for check in found],
        mode="markers", marker={"size": 7, "color": colors, "opacity": 0.8}, text=hover,
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    drawn: list[tuple[float, float]] = []
    for check in misses(tuple(found), WITHIN, 4 * NAMED_MISSES):
        place = (math.log10(check.measured), math.log10(check.predicted))
        near = any(math.dist(place, other) < 0.12 * (high - low) for other in drawn)
        if near or len(drawn) == NAMED_MISSES:
            continue
        drawn.append(place)
        right = place[0] > low + ROOM * (high - low)
        grammar.label(
            figure, place[0], place[1] if right else min(place),
            f"{grammar.safe(check.model)} {_signed(check.error)}", ink.worse,
            xanchor="right" if right else "left", yanchor="bottom" if right else "top",
            dx=4 if right else 8, dy=6 if right else -8,
        )  # fmt: skip
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(type="log", range=[low, high], dtick=1, tickformat=",~r")
    figure.update_yaxes(range=[low, high + 0.1 * (high - low)])
    return figure


def _signed(error: float) -> str:
    return f"{'+' if error > 0 else MINUS}{abs(100 * error):.0f} %"


def serving(
    found: Sequence[ServingEstimate], scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Dollars of a million tokens by card: hollow dots on soft bands, cheapest first."""
    ink = grammar.tokens(scheme)
    priced = [(one, cost) for one in found if (cost := million(one)) is not None]
    priced.sort(key=lambda pair: pair[1].value)
    kind = "output" if found and found[0].shape.generates else "input"
    figure = grammar.figure(
        scheme, height=90 + 46 * len(priced), x=t(f"cost.chart.million_{kind}", language),
        present=present,
    )  # fmt: skip
    names = [f"{one.gpus} × {one.gpu.title}" for one, _ in priced]
    for name, (_, cost) in zip(names, priced, strict=True):
        figure.add_scatter(
            x=[cost.low, cost.high], y=[name, name], mode="lines", hoverinfo="skip",
            line={"color": ink.base_soft, "width": 11},
        )  # fmt: skip
        figure.add_scatter(
            x=[cost.value], y=[name], mode="markers",
            marker={"size": 11, "color": ink.ground, "line": {"color": ink.base, "width": 2}},
            hovertemplate=f"{name}: ≈ {usd(cost.value)} ({usd(cost.low)} – {usd(cost.high)})"
            "<extra></extra>",
        )  # fmt: skip
        grammar.label(figure, cost.high, name, f"≈ {usd(cost.value)}", ink.text)
    most = max((cost.high for _, cost in priced), default=1.0)
    figure.update_xaxes(range=[0, 1.55 * most], nticks=5)
    figure.update_yaxes(showgrid=False, autorange="reversed", tickfont={"color": ink.text})
    return figure


def host(
    found: TrainingEstimate, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Memory of the machine against what is recommended beside the GPU."""
    ink = grammar.tokens(scheme)
    needs, seed = found.host_memory_bytes / GIB, SEED_BYTES / GIB
    words = gib(found.host_memory_bytes, language)
    figure = grammar.figure(scheme, height=150, x=t("cost.chart.host", language), present=present)
    figure.add_bar(
        x=[needs], y=[""], orientation="h", marker=grammar.hatch(ink.base, ink), width=0.5,
        hovertemplate=f"≈ {words}<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=seed, line={"color": ink.text, "width": 1.5})
    wide = needs > 0.75 * max(needs, seed)
    grammar.label(
        figure, needs, 0, f"≈ {words}", ink.text, xanchor="right" if wide else "left",
        yanchor="bottom" if wide else "middle", dx=0 if wide else 8, dy=24 if wide else 0,
        bgcolor=ink.ground,
    )  # fmt: skip
    grammar.label(
        figure, seed, 1, t("cost.chart.seed", language), ink.text, xanchor="right", yref="paper",
        yanchor="top", dx=-6,
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1.12 * max(needs, seed)], nticks=6)
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[-0.6, 1.2])
    return figure
