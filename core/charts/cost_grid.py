"""GPUs against the batch on each, a map of hours or dollars; what does not fit is crossed out."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts import grammar
from core.cost.gpu_map import Cell
from core.text.catalog import t
from core.text.format import number

ROW_PIXELS = 40
UNITS = (("days", 1 / 24), ("hours", 1.0), ("minutes", 60.0), ("seconds", 3600.0))


def unit_of(found: Sequence[Cell]) -> tuple[str, float]:
    """The unit that suits the shortest time: text key, and units in an hour."""
    shortest = min((cell.hours for cell in found if cell.hours is not None), default=1.0)
    return next((unit for unit in UNITS if shortest * unit[1] >= 1), UNITS[-1])


def grid(
    found: Sequence[Cell], quantity: str, scheme: str, language: str = "en", *,
    present: bool = False,
) -> go.Figure:  # fmt: skip
    """A map of `quantity` ("hours" or "usd"); darker, in dark brighter, is more."""
    ink = grammar.tokens(scheme)
    gpus = sorted({cell.gpus for cell in found})
    batches = sorted({cell.batch for cell in found})
    scale = unit_of(found)[1] if quantity == "hours" else 1.0
    values = {
        (cell.gpus, cell.batch): None if value is None else value * scale
        for cell in found
        for value in (cell.hours if quantity == "hours" else cell.usd,)
    }
    known = [math.log(value) for value in values.values() if value]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)

    def share(value: float) -> float:
        return (math.log(value) - low) / (high - low) if high > low else 0.3

    figure = grammar.figure(
        scheme, height=70 + ROW_PIXELS * len(gpus),
        x=t("cost_page.chart.batch", language), y=t("cost_page.chart.gpus", language),
        present=present,
    )  # fmt: skip
    rows = [[values.get((n, batch)) for batch in batches] for n in gpus]
    columns, lines = [f"{batch:,}" for batch in batches], [f"{n:,}" for n in gpus]
    figure.add_heatmap(
        x=columns, y=lines, xgap=2, ygap=2,
        z=[[None if value is None else share(value) for value in row] for row in rows],
        colorscale=grammar.scale(ink.sequential), zmin=0, zmax=1, showscale=False,
        hoverinfo="skip",
    )  # fmt: skip
    places = [(column, row) for row in range(len(gpus)) for column in range(len(batches))]
    figure.add_scatter(
        x=[columns[x] for x, _ in places], y=[lines[y] for _, y in places], mode="text",
        hoverinfo="skip",
        text=["×" if (value := rows[y][x]) is None else number(value, 2) for x, y in places],
        textfont={
            "size": 12 if not present else 15,
            "color": [
                ink.muted if (value := rows[y][x]) is None
                else grammar.text_on(grammar.shade(share(value), ink.sequential))
                for x, y in places
            ],
        },
    )  # fmt: skip
    for cell in found:
        if cell.chosen:
            x, y = batches.index(cell.batch), gpus.index(cell.gpus)
            figure.add_shape(
                type="rect", x0=x - 0.47, x1=x + 0.47, y0=y - 0.45, y1=y + 0.45,
                line={"color": ink.text, "width": 2.5},
            )  # fmt: skip
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", showgrid=False, autorange="reversed")
    return figure
