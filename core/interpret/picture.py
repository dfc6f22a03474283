"""A picture as shapes, for a file without a browser.

Shapes know no format; `picture_svg` and `picture_png` write them. The dashboard's own pictures are
drawn in the browser by `web/`, in the same colours and from the same weights.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Text:
    """A text whose middle line is at `y`; `turned` a quarter to the left, around its start."""

    x: float
    y: float
    text: str
    colour: Colour
    size: float = 13
    anchor: str = "start"
    turned: bool = False
    bold: bool = False


@dataclass(frozen=True)
class Cells:
    """Coloured cells over a rectangle: (rows, columns, 3) bytes."""

    x: float
    y: float
    width: float
    height: float
    colours: NDArray[np.uint8]


@dataclass(frozen=True)
class Curve:
    """A line from left to right that leaves and arrives level."""

    x: float
    y: float
    to_x: float
    to_y: float
    colour: Colour
    stroke: float
    opacity: float
    dashed: bool = False


@dataclass(frozen=True)
class Path:
    """Straight pieces from point to point."""

    points: tuple[tuple[float, float], ...]
    colour: Colour
    stroke: float
    opacity: float = 1
    dashed: bool = False


@dataclass
class Picture:
    """Shapes on a ground, in drawing order."""

    width: float
    height: float
    ground: Colour
    ink: Colour
    muted: Colour
    shapes: list[Text | Cells | Curve | Path] = field(default_factory=list)


@dataclass(frozen=True)
class Palette:
    """What to draw with, from a scheme of `canvas.blob`'s colours."""

    shades: NDArray[np.uint8]
    lines: tuple[Colour, ...]
    muted: Colour
    ground: Colour
    ink: Colour


def palette(colours: Mapping[str, Any]) -> Palette:
    """The palette of one scheme."""
    stops = np.array([_rgb(colour) for colour in colours["sequential"]], np.float64)
    at = np.linspace(0, len(stops) - 1, 256)
    shades = np.stack([np.interp(at, np.arange(len(stops)), stops[:, i]) for i in range(3)], 1)
    return Palette(
        np.rint(shades).astype(np.uint8), tuple(_rgb(one) for one in colours["categorical"]),
        _rgb(colours["muted"]), _rgb(colours["ground"]), _rgb(colours["text"]),
    )  # fmt: skip


def _rgb(colour: str) -> Colour:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def width_of(text: str, size: float) -> float:
    """About how wide a text is, in pixels: there is no browser to measure it."""
    wide = sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.58 for sign in text)
    return wide * size


def cut(text: str, most: float, size: float) -> str:
    """A text cut to a width."""
    if width_of(text, size) <= most:
        return text
    while len(text) > 1 and width_of(f"{text}…", size) > most:
        text = text[:-1]
    return f"{text}…"


def wrap(text: str, most: float, size: float) -> list[str]:
    """A text in lines of a width, broken at spaces, or anywhere where a word is wider."""
    lines, line = [], ""
    for word in text.replace("\n", " ").split(" "):
        pieces = [word] if width_of(word, size) <= most else list(word)
        for number, piece in enumerate(pieces):
            joined = f"{line} {piece}" if line and number == 0 else line + piece
            if line and width_of(joined, size) > most:
                lines.append(line)
                joined = piece
            line = joined
    return [*lines, line][:8]
