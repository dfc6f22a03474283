"""Figures of an explanation: the score of each token, and what each layer would answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.charts import grammar
from core.interpret.explained import Explanation
from core.interpret.trust_words import shares
from core.text.catalog import t
from core.text.format import number

ROW_PIXELS = 26
PRINTED_FROM = 5.0
"""Percent of a column that are printed in their cell."""
MOST_LAYERS = 7
"""Columns of the lens: more hold no token."""
CELL_CHARACTERS = 11
LABEL_CHARACTERS = 18


def heat(
    made: Explanation, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """Scores as shares of their column: a row a token, a column a method."""
    ink = grammar.tokens(scheme)
    methods = made.methods
    raw = np.stack([made.scores[name] for name in methods], 1)
    shown = np.stack([shares(made.scores[name]) for name in methods], 1)
    rows = _rows(made.labels)
    columns = [broken(t(f"trust.method.{name}", language)) for name in methods]
    fig = grammar.figure(scheme, height=70 + ROW_PIXELS * len(rows), present=present)
    bound = float(np.abs(shown).max()) or 1.0
    hover = t("trust.heat.hover", language).replace("customdata[0]", "customdata")
    fig.add_heatmap(
        z=shown, x=columns, y=rows, zmin=-bound, zmax=bound, xgap=2, ygap=2, showscale=False,
        colorscale=grammar.scale(ink.diverging),
        customdata=[[number(float(value), 3, language, sign=True) for value in row] for row in raw],
        hovertemplate=hover + "<extra></extra>",
    )  # fmt: skip
    cells = np.argwhere(np.abs(shown) >= PRINTED_FROM)
    fig.add_scatter(
        x=[columns[column] for _, column in cells], y=[rows[row] for row, _ in cells],
        mode="text", hoverinfo="skip",
        text=[f"{shown[r, c]:+.0f}".replace("-", "−") for r, c in cells],
        textfont={
            "size": 15 if present else 12,
            "color": [
                grammar.text_on(grammar.shade((shown[r, c] / bound + 1) / 2, ink.diverging))
                for r, c in cells
            ],
        },
    )  # fmt: skip
    fig.update_xaxes(type="category", side="top", showgrid=False, tickangle=0,
                     tickfont={"color": ink.text})  # fmt: skip
    _token_axis(fig, ink, rows, made.labels)
    return fig


@dataclass(frozen=True)
class Layers:
    """The columns of a lens that are drawn.

    Attributes:
        shown: Their numbers, the first and last among them.
        total: How many there are, with the one before any layer.
    """

    shown: tuple[int, ...]
    total: int


def layers(made: Explanation) -> Layers:
    """Some layers of a deep model, evenly; all of a shallow one."""
    total = len((made.lens or {"tokens": []})["tokens"])
    last = total - 1
    most = min(last, MOST_LAYERS - 1)
    return Layers(tuple(sorted({round(last * i / max(most, 1)) for i in range(most + 1)})), total)


def lens(
    made: Explanation, scheme: str, language: str = "en", *, present: bool = False
) -> go.Figure:
    """The likeliest token by layer, shaded by its probability; a line where the answer is final."""
    ink = grammar.tokens(scheme)
    found = made.lens or {"tokens": [], "settled": []}
    chosen = layers(made).shown
    chances = made.arrays["lens.probabilities"]
    rows = _rows(made.following)
    shown = np.asarray(chances[list(chosen), :, 0]).T
    fig = grammar.figure(
        scheme, height=96 + ROW_PIXELS * len(rows), present=present,
        x=t("trust.lens.layer", language),
    )  # fmt: skip
    hovers = [
        ["<br>".join(
            f"{grammar.safe(token)} {chance:.2f}"
            for token, chance in zip(found["tokens"][layer][place], chances[layer, place],
                                     strict=True)
        ) for layer in chosen]
        for place in range(len(rows))
    ]  # fmt: skip
    fig.add_heatmap(
        z=shown, x=list(range(len(chosen))), y=rows, zmin=0, zmax=1, xgap=2, ygap=2,
        colorscale=grammar.scale(ink.sequential), showscale=False,
        text=[[str(layer) for layer in chosen]] * len(rows), customdata=hovers,
        hovertemplate=t("trust.lens.hover", language).replace("%{x}", "%{text}")
        + "<extra></extra>",
    )  # fmt: skip
    cells = [(row, column) for row in range(len(rows)) for column in range(len(chosen))]
    fig.add_scatter(
        x=[column for _, column in cells], y=[rows[row] for row, _ in cells], mode="text",
        hoverinfo="skip",
        text=[_cut(found["tokens"][chosen[c]][r][0], CELL_CHARACTERS) for r, c in cells],
        textfont={
            "size": 15 if present else 12,
            "color": [grammar.text_on(grammar.shade(float(shown[r, c]), ink.sequential))
                      for r, c in cells],
        },
    )  # fmt: skip
    for place, layer in enumerate(found["settled"]):
        column = next(i for i, shown_layer in enumerate(chosen) if shown_layer >= layer)
        fig.add_shape(
            type="line", x0=column - 0.5, x1=column - 0.5, y0=place - 0.5, y1=place + 0.5,
            line={"color": ink.risk, "width": 4},
        )  # fmt: skip
    fig.update_xaxes(side="top", showgrid=False, tickvals=list(range(len(chosen))),
                     ticktext=[str(layer) for layer in chosen], tickfont={"color": ink.text},
                     range=[-0.56, len(chosen) - 0.5])  # fmt: skip
    _token_axis(fig, ink, rows, made.following)
    return fig


def _rows(labels: Sequence[str]) -> list[str]:
    """A name for each place: equal tokens must stay apart on the axis."""
    return [f"{_cut(label, LABEL_CHARACTERS)} ({place})" for place, label in enumerate(labels)]


def _token_axis(
    fig: go.Figure, ink: grammar.Tokens, rows: list[str], labels: Sequence[str]
) -> None:
    """The tokens from top to bottom, each with its label."""
    fig.update_yaxes(
        type="category", range=[len(rows) - 0.5, -0.5], showgrid=False,
        tickfont={"color": ink.text}, tickvals=rows,
        ticktext=[_cut(label, LABEL_CHARACTERS) for label in labels],
    )  # fmt: skip


def _cut(label: str, characters: int) -> str:
    shown = label if len(label) <= characters else f"{label[: characters - 1]}…"
    return grammar.safe(shown)


def broken(name: str) -> str:
    """A method's name on two lines, where it has two words."""
    return name.replace(" × ", " ×<br>").replace("integrated ", "integrated<br>")
