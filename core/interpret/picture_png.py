"""A picture of `core.interpret.picture` as PNG, twice as sharp as a page's pixels."""

import io
import math
import shutil
import subprocess
from functools import cache
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.interpret.picture import Cells, Curve, Path, Picture, Text

SHARP = 2
OVER = 2
"""Drawn larger still and shrunk, so that lines are smooth: Pillow draws them in whole pixels."""
SCALE = SHARP * OVER
STEPS = 24
"""Straight pieces of a curve."""
LATIN = 0x250
"""Signs below this are in the built-in face."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def png(picture: Picture) -> bytes:
    """The picture as a PNG file."""
    size = round(picture.width) * SCALE, round(picture.height) * SCALE
    image = Image.new("RGB", size, picture.ground)
    pen = ImageDraw.Draw(image, "RGBA")
    for shape in picture.shapes:
        if isinstance(shape, Text):
            _text(image, shape)
        elif isinstance(shape, Cells):
            box = round(shape.width * SCALE), round(shape.height * SCALE)
            tile = Image.fromarray(shape.colours).resize(box, Image.Resampling.NEAREST)
            image.paste(tile, (round(shape.x * SCALE), round(shape.y * SCALE)))
        elif isinstance(shape, Path):
            _path(pen, shape)
        else:
            _curve(pen, shape)
    file = io.BytesIO()
    image.reduce(OVER).save(file, "PNG", optimize=True)
    return file.getvalue()


def _text(image: Image.Image, shape: Text) -> None:
    """Draw a text run by run, each in a face that has its signs."""
    runs = _runs(shape.text, round(shape.size * SCALE))
    length = max(1, round(sum(font.getlength(text) for text, font in runs)))
    height = round(shape.size * SCALE * 1.7)
    layer = Image.new("L", (length, height), 0)
    pen, x = ImageDraw.Draw(layer), 0.0
    for text, font in runs:
        # Bold: the face has one weight, so the letters are drawn with a thin line around them.
        pen.text((x, height / 2), text, 255, font, "lm", stroke_width=1 if shape.bold else 0)
        x += font.getlength(text)
    left, top = shape.x * SCALE, shape.y * SCALE
    if shape.turned:
        layer = layer.rotate(90, expand=True)
        corner = left - height / 2, top - length
    else:
        corner = (
            left - length * {"start": 0, "middle": 0.5, "end": 1}[shape.anchor],
            top - height / 2,
        )
    ink = Image.new("RGB", layer.size, shape.colour)
    image.paste(ink, (round(corner[0]), round(corner[1])), layer)


def _runs(text: str, size: int) -> list[tuple[str, Font]]:
    """Pieces of a text whose signs one face has, in order."""
    found: list[tuple[str, Font]] = []
    for sign in text:
        font = _face("" if ord(sign) < LATIN or sign.isspace() else _file(sign), size)
        if found and found[-1][1] is font:
            found[-1] = found[-1][0] + sign, font
        else:
            found.append((sign, font))
    return found


@cache
def _face(file: str, size: int) -> Font:
    try:
        return ImageFont.truetype(file, size) if file else ImageFont.load_default(size)
    except OSError:
        return ImageFont.load_default(size)  # Unreadable: the built-in face draws a box instead.


@cache
def _file(sign: str) -> str:
    """The system's face for a sign; "" where there is none."""
    if not shutil.which("fc-match"):
        return ""
    asked = ["fc-match", "-f", "%{file}", f":charset={ord(sign):x}"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def _curve(pen: ImageDraw.ImageDraw, shape: Curve) -> None:
    bend = (shape.to_x - shape.x) * 0.4
    xs = np.array([shape.x, shape.x + bend, shape.to_x - bend, shape.to_x]) * SCALE
    ys = np.array([shape.y, shape.y, shape.to_y, shape.to_y]) * SCALE
    s = np.linspace(0, 1, STEPS + 1)[:, None]
    basis = np.hstack([(1 - s) ** 3, 3 * s * (1 - s) ** 2, 3 * s**2 * (1 - s), s**3])
    points = [(float(x), float(y)) for x, y in zip(basis @ xs, basis @ ys, strict=True)]
    colour = (*shape.colour, round(255 * shape.opacity))
    width = max(1, round(shape.stroke * SCALE))
    if not shape.dashed:
        pen.line(points, colour, width, "curve")
        return
    for start in range(0, STEPS, 2):
        pen.line(points[start : start + 2], colour, width)


def _path(pen: ImageDraw.ImageDraw, shape: Path) -> None:
    points = [(x * SCALE, y * SCALE) for x, y in shape.points]
    colour = (*shape.colour, round(255 * shape.opacity))
    width = max(1, round(shape.stroke * SCALE))
    if not shape.dashed:
        pen.line(points, colour, width, "curve")
        return
    for (x, y), (to_x, to_y) in pairwise(points):
        pieces = max(1, round(math.hypot(to_x - x, to_y - y) / (3 * SCALE)))
        at = [(x + (to_x - x) * n / pieces, y + (to_y - y) * n / pieces) for n in range(pieces + 1)]
        for start in range(0, pieces, 2):
            pen.line(at[start : start + 2], colour, width)
