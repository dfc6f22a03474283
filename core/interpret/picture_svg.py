"""A picture of `core.interpret.picture` as SVG: every shape a vector, text as text."""

import base64
import struct
import zlib
from html import escape

import numpy as np
from numpy.typing import NDArray

from core.interpret.picture import Cells, Colour, Curve, Path, Picture, Text

MOST_VECTORS = 6000
"""More cells than this in a picture go in as one image of a pixel a cell."""
FAMILY = (
    "'IBM Plex Sans','Segoe UI','Helvetica Neue',Arial,'DejaVu Sans','PingFang SC',"
    "'Microsoft YaHei','Noto Sans CJK SC',sans-serif"
)


def svg(picture: Picture) -> str:
    """The picture as a standing-alone SVG document."""
    count = sum(s.colours.shape[0] * s.colours.shape[1] for s in picture.shapes
                if isinstance(s, Cells))  # fmt: skip
    width, height = _n(picture.width), _n(picture.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{FAMILY}">',
        f'<rect width="{width}" height="{height}" fill="{_c(picture.ground)}"/>',
    ]
    for shape in picture.shapes:
        if isinstance(shape, Text):
            parts.append(_text(shape))
        elif isinstance(shape, Cells):
            parts += _cells(shape) if count <= MOST_VECTORS else [_image(shape)]
        elif isinstance(shape, Path):
            parts.append(_path(shape))
        else:
            parts.append(_curve(shape))
    return "\n".join([*parts, "</svg>\n"])


def _text(shape: Text) -> str:
    x, y = _n(shape.x), _n(shape.y)
    turn = f' transform="rotate(-90 {x} {y})"' if shape.turned else ""
    weight = ' font-weight="600"' if shape.bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{_n(shape.size)}" fill="{_c(shape.colour)}" '
        f'text-anchor="{shape.anchor}" dominant-baseline="central" xml:space="preserve"'
        f"{weight}{turn}>{_safe(shape.text)}</text>"
    )


def _safe(text: str) -> str:
    """Literal text; XML 1.0 has no control characters, so they are shown by their pictures."""
    shown = "".join(chr(0x2400 + ord(sign)) if ord(sign) < 32 else sign for sign in text)
    return escape("".join(sign for sign in shown if sign not in "\ufffe\uffff"), quote=False)


def _cells(shape: Cells) -> list[str]:
    rows, columns, _ = shape.colours.shape
    w, h = shape.width / columns, shape.height / rows
    return [
        f'<rect x="{_n(shape.x + c * w)}" y="{_n(shape.y + r * h)}" width="{_n(w)}" '
        f'height="{_n(h)}" fill="rgb({",".join(map(str, shape.colours[r, c]))})"/>'
        for r in range(rows) for c in range(columns)
    ]  # fmt: skip


def _image(shape: Cells) -> str:
    data = base64.b64encode(small_png(shape.colours)).decode()
    return (
        f'<image x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" '
        f'height="{_n(shape.height)}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'
    )


def small_png(colours: NDArray[np.uint8]) -> bytes:
    """A PNG of (rows, columns, 3) bytes (RFC 2083: signature, IHDR, IDAT, IEND)."""
    rows, columns, _ = colours.shape
    lines = np.zeros((rows, 1 + 3 * columns), np.uint8)
    lines[:, 1:] = colours.reshape(rows, -1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _curve(shape: Curve) -> str:
    bend = (shape.to_x - shape.x) * 0.4
    dash = ' stroke-dasharray="5 3"' if shape.dashed else ""
    return (
        f'<path d="M{_n(shape.x)} {_n(shape.y)}C{_n(shape.x + bend)} {_n(shape.y)} '
        f'{_n(shape.to_x - bend)} {_n(shape.to_y)} {_n(shape.to_x)} {_n(shape.to_y)}" fill="none" '
        f'stroke="{_c(shape.colour)}" stroke-width="{_n(shape.stroke)}" '
        f'opacity="{shape.opacity:.2f}"{dash}/>'
    )


def _path(shape: Path) -> str:
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in shape.points)
    dash = ' stroke-dasharray="3 3"' if shape.dashed else ""
    return (
        f'<polyline points="{points}" fill="none" stroke="{_c(shape.colour)}" '
        f'stroke-width="{_n(shape.stroke)}" stroke-linejoin="round" '
        f'opacity="{shape.opacity:.2f}"{dash}/>'
    )


def _c(colour: Colour) -> str:
    return "#" + "".join(f"{part:02X}" for part in colour)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
