"""Names beside marks: shortened, wrapped and kept apart, for a chart whose width is not known.

A figure is drawn as wide as its place: 350 px on a phone, 560 px on a page, 670 px on paper. What
must fit is measured at the narrowest.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

SIZE, SIZE_PRESENT = 12, 15
"""Pixels of a label's letters."""
LINE = 1.32
"""Height of a line of text, in letters."""
ELLIPSIS = "…"
LATIN = 0.53
"""Mean width of a Latin letter, in letters' height; a Chinese sign is 1."""


def size_of(present: bool) -> int:
    """Pixels of a label's letters."""
    return SIZE_PRESENT if present else SIZE


def wide(text: str, size: float = SIZE) -> float:
    """About how wide a text is in the charts' face, in pixels."""
    signs = (LATIN if unicodedata.east_asian_width(sign) not in "WF" else 1.0 for sign in text)
    return sum(signs) * size


def shorten(name: str, most: float, size: float = SIZE) -> str:
    """A name cut in the middle to a width in pixels: its end often tells it from others."""
    text = " ".join(name.split())
    return next((cut for cut in _cuts(text) if wide(cut, size) <= most), f"{text[:1]}{ELLIPSIS}")


def _cuts(text: str) -> Iterator[str]:
    """A text, then with more and more of its middle gone."""
    yield text
    for kept in range(len(text) - 1, 1, -1):
        front = (2 * kept + 2) // 3
        yield f"{text[:front].rstrip()}{ELLIPSIS}{text[len(text) - kept + front :].lstrip()}"


def lines_of(name: str, most: float, lines: int = 2, size: float = SIZE) -> list[str]:
    """A name in at most so many lines of a width; what does not fit goes from its middle."""
    for text in _cuts(" ".join(name.split())):
        found = _broken(text, most, size)
        if len(found) <= lines:
            return found
    return [name[:1]]


def _broken(text: str, most: float, size: float) -> list[str]:
    """A text in lines of a width."""
    found: list[str] = [""]
    for piece in _pieces(text, most, size):
        if found[-1] and wide((found[-1] + piece).rstrip(), size) > most:
            found.append(piece)
        else:
            found[-1] += piece
    return [line.rstrip() for line in found]


def _pieces(text: str, most: float, size: float) -> list[str]:
    """Where a line may break: after a space, after a Chinese sign, in a word that is too wide."""
    found = [""]
    for sign in text:
        found[-1] += sign
        chinese = unicodedata.east_asian_width(sign) in "WF"
        if sign == " " or chinese or wide(found[-1], size) > 0.9 * most:
            found.append("")
    return [piece for piece in found if piece]


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Middles near those wanted, so that pieces of these sizes do not overlap between two ends.

    Where there is no room for all they keep their order and overlap least at the top.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    found = list(wanted)
    for place, i in enumerate(order):
        least = low + sizes[i] / 2
        if place:
            below = order[place - 1]
            least = found[below] + (sizes[below] + sizes[i]) / 2
        found[i] = max(wanted[i], least)
    limit = high
    for i in reversed(order):
        found[i] = min(found[i], limit - sizes[i] / 2)
        limit = found[i] - sizes[i] / 2
    return found


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; y grows upwards."""

    left: float
    right: float
    bottom: float
    top: float

    def overlap(self, other: "Box") -> float:
        """The area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(0.0, wide) * max(0.0, high)


@dataclass(frozen=True)
class Spot:
    """Where a label stands from its point: anchors, and the shift in pixels."""

    xanchor: str
    yanchor: str
    dx: float
    dy: float


GAP, PASSES = 9, 2
NEARER = 30.0
"""Square pixels covered that a spot nearer to its point is worth."""
SPOTS = (
    Spot("left", "middle", GAP, 0), Spot("right", "middle", -GAP, 0),
    Spot("center", "bottom", 0, GAP), Spot("center", "top", 0, -GAP),
    Spot("left", "bottom", 4, GAP - 2), Spot("right", "bottom", -4, GAP - 2),
    Spot("left", "top", 4, 2 - GAP), Spot("right", "top", -4, 2 - GAP),
    Spot("left", "bottom", 4, 3 * GAP), Spot("right", "bottom", -4, 3 * GAP),
    Spot("left", "top", 4, -3 * GAP), Spot("right", "top", -4, -3 * GAP),
    Spot("left", "bottom", 4, 5 * GAP), Spot("right", "bottom", -4, 5 * GAP),
    Spot("left", "top", 4, -5 * GAP), Spot("right", "top", -4, -5 * GAP),
)  # fmt: skip
"""In the order in which they are tried."""


def box_of(spot: Spot, x: float, y: float, width: float, height: float) -> Box:
    """The rectangle of a label at a point."""
    left = x + spot.dx - {"left": 0.0, "center": width / 2, "right": width}[spot.xanchor]
    bottom = y + spot.dy - {"bottom": 0.0, "middle": height / 2, "top": height}[spot.yanchor]
    return Box(left, left + width, bottom, bottom + height)


def place(
    points: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]],
    widths: Sequence[float], height: float, taken: Callable[[float], Sequence[Box]] = lambda _: (),
) -> tuple[list[Spot], float]:  # fmt: skip
    """A spot for each label, so that none covers a mark or another label at any of the widths.

    Args:
        points: Shares (x, y) of the plot, from its lower left corner.
        sizes: Width and height of each label, in pixels.
        widths: Of the plot, in pixels: the narrowest and the widest.
        height: Of the plot, in pixels.
        taken: For a width, what must not be covered beside the points.

    Returns:
        The spots, and how bad they are: 0 where nothing is covered and all are at the first spot.
    """
    boxes = {width: [*taken(width), *_marks(points, width, height)] for width in widths}
    puzzle = _Puzzle(points, sizes, boxes, height)
    count = len(points)
    tries = [puzzle.solve([*range(first, count), *range(first)]) for first in range(count)]
    best = min(tries, key=puzzle.cost, default=[])
    return best, puzzle.cost(best)


@dataclass(frozen=True)
class _Puzzle:
    """Labels to place: where their points are, how large they are, what is covered already."""

    points: Sequence[tuple[float, float]]
    sizes: Sequence[tuple[float, float]]
    boxes: Mapping[float, Sequence[Box]]
    height: float

    def solve(self, order: Sequence[int]) -> list[Spot]:
        """One after the other, then again: those placed first may find a better spot."""
        found = [SPOTS[0]] * len(self.points)
        placed: set[int] = set()
        for _ in range(PASSES):
            for i in order:
                found[i] = min(SPOTS, key=partial(self._one, i, found, placed))
                placed.add(i)
        return found

    def cost(self, found: list[Spot]) -> float:
        """How bad a whole solution is."""
        every = set(range(len(found)))
        return sum(self._one(i, found, every, spot) for i, spot in enumerate(found))

    def _one(self, i: int, found: list[Spot], placed: set[int], spot: Spot) -> float:
        total = SPOTS.index(spot) * NEARER
        for width, held in self.boxes.items():
            others = [self._box(j, found[j], width) for j in placed - {i}]
            total += _cost(self._box(i, spot, width), [*held, *others], width, self.height)
        return total

    def _box(self, i: int, spot: Spot, width: float) -> Box:
        x, y = self.points[i]
        return box_of(spot, x * width, y * self.height, *self.sizes[i])


def _marks(points: Sequence[tuple[float, float]], width: float, height: float) -> list[Box]:
    return [
        Box(x * width - 7, x * width + 7, y * height - 7, y * height + 7) for x, y in points
    ]  # fmt: skip


def _cost(box: Box, held: Sequence[Box], width: float, height: float) -> float:
    """How much of a label is covered, or lies outside of the plot, which is worse."""
    inside = box.overlap(Box(0, width, 0, height))
    area = (box.right - box.left) * (box.top - box.bottom)
    return 4 * (area - inside) + sum(box.overlap(other) for other in held)
