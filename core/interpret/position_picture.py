"""Pictures of positions as shapes, for a file without a browser: lines, heat maps, dials."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from core.interpret import position_words as words
from core.interpret.panels import Panel
from core.interpret.picture import Cells, Colour, Palette, Path, Picture, Text, cut, palette, wrap
from core.text.format import number

WIDTH, EDGE = 760, 16
LEFT, RIGHT = 72, 128
LINE_HEIGHT, ROW_HEIGHT = 240, 22
TITLE, BODY, SMALL = 15, 12, 11
LINE = 18
LABEL_PIXELS = 14
"""Least distance of two names at the ends of lines."""
TICKS = 5


@dataclass(frozen=True)
class Scale:
    """From a value to a place in pixels."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value."""
        at = math.log10(value) if self.logarithmic else value
        return self.start + (at - self.low) / ((self.high - self.low) or 1) * (
            self.end - self.start
        )

    def ticks(self) -> list[float]:
        """Round values along it."""
        if self.logarithmic:
            return [10.0**n for n in range(math.ceil(self.low - 1e-9), math.floor(self.high) + 1)]
        rough = (self.high - self.low) / TICKS or 1.0
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough)
        first = math.ceil(self.low / step)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def scale(values: Sequence[float], start: float, end: float, logarithmic: bool) -> Scale:
    """The scale that holds all values."""
    shown = [math.log10(value) if logarithmic else value for value in values]
    return Scale(min(shown), max(shown), start, end, logarithmic)


def draw(
    panels: Sequence[Panel], colours: Mapping[str, Any], notes: Sequence[str], language: str
) -> Picture:
    """Panels one below the other, each with its finding, and notes at the end.

    Args:
        panels: What to draw.
        colours: One scheme: diverging, categorical, muted, ground, text, grid.
        notes: Lines of plain text: whose positions, which hash.
        language: Of the words.
    """
    inks = palette({**colours, "sequential": colours["diverging"]})
    picture = Picture(WIDTH, 0, inks.ground, inks.ink, inks.muted)
    top = float(EDGE)
    for panel in panels:
        top = _heading(picture, panel, top, language)
        top = one(picture, panel, top, inks, language) + 2 * EDGE
    for note in notes:
        for line in wrap(note, WIDTH - 2 * EDGE, SMALL):
            picture.shapes.append(Text(EDGE, top, line, inks.muted, SMALL))
            top += LINE
    picture.height = top + EDGE
    return picture


def alone(panel: Panel, colours: Mapping[str, Any], language: str) -> Picture:
    """One panel without its finding, for a page that has it as a heading."""
    inks = palette({**colours, "sequential": colours["diverging"]})
    picture = Picture(WIDTH, 0, inks.ground, inks.ink, inks.muted)
    picture.height = one(picture, panel, EDGE, inks, language) + EDGE
    return picture


def _heading(picture: Picture, panel: Panel, top: float, language: str) -> float:
    for text, size, colour, bold in (
        (words.finding(panel, language), TITLE, picture.ink, True),
        (words.plotted(panel, language), BODY, picture.muted, False),
    ):
        for line in wrap(text, WIDTH - 2 * EDGE, size):
            picture.shapes.append(Text(EDGE, top + LINE / 2, line, colour, size, bold=bold))
            top += LINE + 2
    return top + EDGE / 2


def one(picture: Picture, panel: Panel, top: float, inks: Palette, language: str) -> float:
    """Draw a panel from `top` on; gives where it ends."""
    x_name, y_name = words.axes(panel, language)
    picture.shapes.append(Text(EDGE, top + 8, y_name, inks.muted, SMALL))
    below = _matrix if panel.matrix is not None else _lines
    bottom = below(picture, panel, top + 2 * EDGE, inks, language)
    picture.shapes.append(
        Text((LEFT + WIDTH - RIGHT) / 2, bottom + 38, x_name, inks.muted, SMALL, "middle")
    )
    return bottom + 44


def _across(picture: Picture, across: Scale, bottom: float, muted: Colour) -> None:
    for value in across.ticks():
        picture.shapes.append(
            Text(across(value), bottom + 16, _tick(value), muted, SMALL, "middle")
        )


def _tick(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace("-", "−")
    text = number(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _lines(picture: Picture, panel: Panel, top: float, inks: Palette, language: str) -> float:
    bottom = top + LINE_HEIGHT
    floor = -math.inf if panel.floor is None else panel.floor
    drawn = {name: np.maximum(line, floor) for name, line in panel.lines.items()}
    values = [float(v) for line in drawn.values() for v in line]
    down = scale([*values, *panel.levels.values()], bottom, top, panel.logarithmic)
    across = scale(panel.x.tolist(), LEFT, WIDTH - RIGHT, panel.wide)
    for value in down.ticks():
        y = down(value)
        picture.shapes += [
            Path(((LEFT, y), (WIDTH - RIGHT, y)), inks.muted, 0.5, opacity=0.35),
            Text(LEFT - 8, y, _tick(value), inks.muted, SMALL, "end"),
        ]
    _across(picture, across, bottom, inks.muted)
    _marks(picture, panel, across, down, (top, bottom), inks, language)
    ends: list[tuple[float, str, Colour]] = []
    for place, (name, line) in enumerate(drawn.items()):
        colour = inks.lines[panel.hues.get(name, place) % len(inks.lines)]
        points = [(across(x), down(y)) for x, y in zip(panel.x.tolist(), line.tolist(),
                                                      strict=True)]  # fmt: skip
        picture.shapes.append(Path(tuple(_stepped(points) if panel.steps else points), colour, 2))
        ends.append((points[-1][1], words.line_name(name, language), colour))
    for x, y, text in panel.notes:
        picture.shapes.append(Text(across(x) + 6, down(y), text, inks.ink, BODY, bold=True))
    if len(ends) > 1:
        _names(picture, ends)
    return bottom


def _stepped(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Level through each point, upright halfway to the next."""
    found = [points[0]]
    for (x, y), (to_x, to_y) in pairwise(points):
        found += [((x + to_x) / 2, y), ((x + to_x) / 2, to_y)]
    return [*found, points[-1]]


def _names(picture: Picture, ends: Sequence[tuple[float, str, Colour]]) -> None:
    last = -math.inf
    for y, name, colour in sorted(ends, key=lambda end: end[0]):
        last = max(y, last + LABEL_PIXELS)
        text = cut(name, RIGHT - 12, BODY)
        picture.shapes.append(Text(WIDTH - RIGHT + 8, last, text, colour, BODY))


def _marks(
    picture: Picture, panel: Panel, across: Callable[[float], float],
    down: Callable[[float], float], ends: tuple[float, float], inks: Palette, language: str,
) -> None:  # fmt: skip
    for place, (name, at) in enumerate(panel.marks.items()):
        x, text = across(at), words.mark_name(name, at, language)
        picture.shapes += [
            Path(((x, ends[0]), (x, ends[1])), inks.muted, 1, dashed=True),
            Text(x + 4, ends[1] - 10 - 14 * (place % 3), text, inks.muted, SMALL),
        ]
    for name, at in panel.levels.items():
        y, text = down(at), words.mark_name(name, at, language)
        picture.shapes += [
            Path(((LEFT, y), (WIDTH - RIGHT, y)), inks.muted, 1, dashed=True),
            Text(LEFT + 6, y - 9, text, inks.muted, SMALL),
        ]


def _matrix(picture: Picture, panel: Panel, top: float, inks: Palette, language: str) -> float:
    matrix = np.asarray(panel.matrix)
    height = float(max(LINE_HEIGHT, ROW_HEIGHT * len(panel.labels)))
    width, bottom = WIDTH - LEFT - RIGHT, top + height
    largest = float(np.nanmax(np.abs(matrix))) or 1.0
    level = np.nan_to_num((matrix / largest + 1) / 2 * 255, nan=0).astype(int)
    shaded = inks.shades[np.clip(level, 0, 255)]
    shaded[np.isnan(matrix)] = inks.ground
    picture.shapes.append(Cells(LEFT, top, width, height, shaded.astype(np.uint8)))
    rows, columns = matrix.shape
    cell_x, cell_y = width / columns, height / rows
    for row, column in panel.cells:
        x, y = LEFT + column * cell_x, top + row * cell_y
        corners = ((x, y), (x + cell_x, y), (x + cell_x, y + cell_y), (x, y + cell_y), (x, y))
        picture.shapes.append(Path(corners, inks.ink, 2))
    x, y = panel.x.tolist(), np.asarray(panel.y).tolist()
    across = Scale(x[0], x[-1], LEFT + cell_x / 2, LEFT + width - cell_x / 2)
    down = Scale(y[0], y[-1], top + cell_y / 2, bottom - cell_y / 2)
    _across(picture, across, bottom, inks.muted)
    names = [(float(place), cut(name, LEFT - 12, BODY)) for place, name in enumerate(panel.labels)]
    for value, name in names or [(value, _tick(value)) for value in down.ticks()]:
        picture.shapes.append(Text(LEFT - 8, down(value), name, inks.muted, SMALL, "end"))
    _legend(picture, largest, top, inks)
    return bottom


def _legend(picture: Picture, largest: float, top: float, inks: Palette) -> None:
    """Which colour stands for which value, at the right."""
    x = WIDTH - RIGHT + 16
    column = inks.shades[::-1][:, None]
    picture.shapes.append(Cells(x, top, 12, 120, np.ascontiguousarray(column)))
    for share in (1.0, 0.0, -1.0):
        y = top + 60 * (1 - share)
        picture.shapes.append(Text(x + 18, y, _tick(share * largest), inks.muted, SMALL))
