"""Attention as a picture without a browser: all heads, a heat map, lines.

The dashboard's own pictures are drawn by `web/`, in the same colours and from the same weights.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.interpret import canvas, packing
from core.interpret.captured import Capture
from core.interpret.measures import Head
from core.interpret.picture import (
    Cells,
    Curve,
    Palette,
    Picture,
    Text,
    cut,
    palette,
    width_of,
    wrap,
)
from core.interpret.place import Place
from core.interpret.words import kind_label
from core.text.catalog import t

EDGE, HEAD, LINE = 16, 44, 17
TILE, GAP = 56, 10
GUTTER = 150
CELL_MOST, PRINTED_CELL, PRINTED_FROM = 46, 28, 0.10
WIDE = 1100
LINES_PER_TOKEN, LEAST_WEIGHT = 6, 0.05
PICTURES = ("grid", "map", "lines")


def draw(
    capture: Capture, heads: Sequence[Head], place: Place, colours: Mapping[str, Any], *,
    mark: str, language: str = "en",
) -> Picture:  # fmt: skip
    """The picture of one place, with what it is made from below it.

    Args:
        capture: What was read.
        heads: Its summary.
        place: Which picture, kind, layer and heads.
        colours: One scheme: sequential, categorical, muted, ground, text.
        mark: Hash of model, input and settings.
        language: Code.

    Raises:
        BadInput: There is no such picture without a browser.
    """
    if place.view not in PICTURES:
        raise BadInput(
            f"The picture {place.view!r} is drawn by the page and by --html only; choose one of "
            f"{', '.join(PICTURES)}."
        )
    inks = palette(colours)
    picture = Picture(0, 0, inks.ground, inks.ink, inks.muted)
    drawer = {"grid": _grid, "map": _map, "lines": _lines}[place.view]
    width, height = drawer(picture, inks, capture, heads, place, language)
    picture.width = max(560, width) + 2 * EDGE
    picture.shapes.insert(0, Text(EDGE, 22, _title(capture, place, language), inks.ink, 16,
                                  bold=True))  # fmt: skip
    notes = [t("see.canvas.pooled", language)] if place.view == "grid" else []
    notes.append(t("attention.one.source", language, model=capture.model,
                   text=capture.prefix + capture.text))  # fmt: skip
    notes.append(t("see.canvas.stamp", language, mark=mark[:12], date=capture.created_at[:10]))
    lines = [line for note in notes for line in wrap(note, picture.width - 2 * EDGE, 12)]
    for number, line in enumerate(lines):
        picture.shapes.append(Text(EDGE, HEAD + height + 18 + number * LINE, line, inks.muted, 12))
    picture.height = HEAD + height + 22 + len(lines) * LINE
    return picture


def _title(capture: Capture, place: Place, language: str) -> str:
    several = "_several" if len(place.heads) > 1 else ""
    layers = 1 if capture.long else len(capture.layers[place.kind])
    return t(
        f"see.canvas.title_{place.view}{several}", language, layer=place.layer,
        head=place.heads[0], heads=", ".join(map(str, place.heads)),
        kind=kind_label(capture, place.kind, language), n=layers * capture.heads(place.kind),
    )  # fmt: skip


Size = tuple[float, float]


def _grid(
    picture: Picture, inks: Palette, capture: Capture, heads: Sequence[Head], place: Place,
    language: str,
) -> Size:  # fmt: skip
    small = canvas.thumbs(capture, place.kind)
    first = capture.long.detail.layer if capture.long else 0
    left, top, step_y = EDGE + 26, HEAD + 22, TILE + GAP + 14
    for head in range(small.shape[1]):
        x = left + head * (TILE + GAP) + TILE / 2
        picture.shapes.append(Text(x, HEAD + 10, str(head), inks.ink, 12, "middle"))
    for layer in range(small.shape[0]):
        y = top + layer * step_y + TILE / 2
        picture.shapes.append(Text(EDGE + 10, y, str(first + layer), inks.ink, 12, "middle"))
    for one in heads:
        if one.kind != place.kind:
            continue
        x, y = left + one.head * (TILE + GAP), top + (one.layer - first) * step_y
        shaded = inks.shades[small[one.layer - first, one.head]]
        named = t(f"attention.pattern.{one.pattern}", language) if one.pattern != "broad" else ""
        picture.shapes += [
            Cells(x, y, TILE, TILE, shaded),
            Text(x + TILE / 2, y + TILE + 8, cut(named, TILE + GAP, 12), inks.muted, 12, "middle"),
        ]
    return left - EDGE + small.shape[1] * (TILE + GAP), 22 + small.shape[0] * step_y


def _shown(capture: Capture, place: Place) -> tuple[NDArray[Any], list[str], list[str]]:
    """The mean of the chosen heads, and the labels of its rows and columns."""
    rows, columns = canvas.parts(capture, place)
    weights = np.mean([canvas.exactly(capture, place, head) for head in place.heads], axis=0)
    return (
        weights, list(capture.queries(place.kind)[rows]), list(capture.keys(place.kind)[columns]),
    )  # fmt: skip


def _map(
    picture: Picture, inks: Palette, capture: Capture, heads: Sequence[Head], place: Place,
    language: str,
) -> Size:  # fmt: skip
    weights, rows, columns = _shown(capture, place)
    left = EDGE + 8 + min(GUTTER, max(width_of(label, 13) for label in rows))
    top = HEAD + 8 + min(GUTTER, max(width_of(label, 13) for label in columns))
    cell = max(3.0, min(CELL_MOST, WIDE // len(columns)))
    shaded = inks.shades[packing.quantised(np.clip(weights, 0, 1))]
    picture.shapes.append(Cells(left, top, cell * len(columns), cell * len(rows), shaded))
    every = max(1, -(-13 // int(cell)))
    for place_, label in list(enumerate(rows))[::every]:
        y = top + (place_ + 0.5) * cell
        picture.shapes.append(Text(left - 6, y, cut(label, GUTTER, 13), inks.ink, 13, "end"))
    for place_, label in list(enumerate(columns))[::every]:
        x = left + (place_ + 0.5) * cell
        picture.shapes.append(Text(x, top - 6, cut(label, GUTTER, 13), inks.ink, 13, turned=True))
    if cell >= PRINTED_CELL:
        for row, column in np.argwhere(weights >= PRINTED_FROM):
            tone = shaded[row, column].astype(int)
            dark = int(tone @ [299, 587, 114]) < 128_000
            picture.shapes.append(
                Text(left + (column + 0.5) * cell, top + (row + 0.5) * cell,
                     f"{weights[row, column]:.2f}".removeprefix("0"),
                     (255, 255, 255) if dark else (14, 24, 34), 12, "middle")
            )  # fmt: skip
    return left - EDGE + cell * len(columns), top - HEAD + cell * len(rows)


def _lines(
    picture: Picture, inks: Palette, capture: Capture, heads: Sequence[Head], place: Place,
    language: str,
) -> Size:  # fmt: skip
    _, rows, columns = _shown(capture, place)
    left = EDGE + 8 + min(GUTTER, max(width_of(label, 13) for label in rows))
    step, span, top = 20, 360, HEAD + 24
    right = left + span
    looks, looked = (t(f"see.canvas.{name}", language) for name in ("looks", "looked"))
    picture.shapes += [
        Text(left - 6, HEAD + 8, f"{looks} →", inks.muted, 12, "end"),
        Text(right + 6, HEAD + 8, looked, inks.muted, 12),
    ]
    for order, head in enumerate(place.heads if len(place.heads) > 1 else ()):
        x = left + 12.0 + order * min(56, (span - 12) / len(place.heads))
        colour, dashed = inks.lines[order % len(inks.lines)], order >= len(inks.lines)
        picture.shapes += [
            Curve(x, HEAD + 8, x + 12, HEAD + 8, colour, 2.5, 1, dashed),
            Text(x + 15, HEAD + 8, str(head), inks.ink, 12),
        ]  # fmt: skip
    for order, head in enumerate(place.heads):
        weights = canvas.exactly(capture, place, head)
        best = np.argsort(-weights, axis=1, kind="stable")[:, :LINES_PER_TOKEN]
        for row, chosen in enumerate(best):
            for column in chosen[weights[row, chosen] >= LEAST_WEIGHT]:
                weight = float(weights[row, column])
                picture.shapes.append(
                    Curve(left, top + (row + 0.5) * step, right, top + (column + 0.5) * step,
                          inks.lines[order % len(inks.lines)], 0.6 + 3 * weight**0.5,
                          0.15 + 0.85 * weight**0.5, dashed=order >= len(inks.lines))
                )  # fmt: skip
    for labels, x, anchor in ((rows, left - 6, "end"), (columns, right + 6, "start")):
        for place_, label in enumerate(labels):
            y = top + (place_ + 0.5) * step
            picture.shapes.append(Text(x, y, cut(label, GUTTER, 13), inks.ink, 13, anchor))
    width = span + left - EDGE + 8 + min(GUTTER, max(width_of(label, 13) for label in columns))
    return width, 24 + step * max(len(rows), len(columns))
