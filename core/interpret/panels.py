"""A picture as data: what a page, an offline file and a JSON document all draw or print."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LINES_MOST = 6
"""More lines than this cannot be told apart: they become the rows of a heat map."""
DECIMALS = 12
"""Of a heat map's cells in JSON."""


@dataclass(frozen=True)
class Panel:
    """Lines over an axis, or a heat map; the words are the texts `positions.panel.NAME.*`.

    Attributes:
        name: Which texts belong to it.
        finding: Which of its findings is true ("finding", "rises", …).
        values: The numbers of its sentences, and the names of lines in them.
        x: Values of the horizontal axis: distances, pairs, dimensions or positions.
        lines: Name and values of each line; empty for a heat map.
        matrix: (rows, columns) of a heat map, or None.
        y: Values of its vertical axis.
        marks: Vertical lines, by the text that names them.
        levels: Horizontal lines, by the text that names them.
        logarithmic: Whether the vertical axis is.
        wide: Whether the horizontal axis is logarithmic; its values are above 0 then.
        floor: Values below it are not drawn, so that one steep line does not flatten the others.
        steps: Whether lines jump from value to value.
        notes: (x, y, words) beside a point of a line, such as the position it stands for.
        labels: Names of the rows of a heat map, where they are words.
        hues: Number of the colour of each line; empty = in their order.
        cells: (row, column) of cells with a frame around them, by their place in the matrix.
    """

    name: str
    x: Array
    finding: str = "finding"
    values: Mapping[str, float | str] = field(default_factory=dict)
    lines: dict[str, Array] = field(default_factory=dict)
    matrix: Array | None = None
    y: Array | None = None
    marks: dict[str, float] = field(default_factory=dict)
    levels: dict[str, float] = field(default_factory=dict)
    logarithmic: bool = False
    wide: bool = False
    floor: float | None = None
    steps: bool = False
    notes: tuple[tuple[float, float, str], ...] = ()
    labels: tuple[str, ...] = ()
    hues: Mapping[str, int] = field(default_factory=dict)
    cells: tuple[tuple[int, int], ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON: lists of numbers."""
        return {
            "name": self.name,
            "values": dict(self.values),
            "x": self.x.tolist(),
            "lines": {name: line.tolist() for name, line in self.lines.items()},
            "matrix": None if self.matrix is None else _rows(self.matrix),
            "y": None if self.y is None else self.y.tolist(),
            "marks": self.marks,
            "levels": self.levels,
        }


def _rows(matrix: Array) -> list[list[float | None]]:
    """Rows of numbers; a cell that is not there is None."""
    return [
        [None if np.isnan(value) else value for value in row]
        for row in np.round(matrix, DECIMALS).tolist()
    ]


def by_head(name: str, x: Array, rows: Array, **more: Any) -> Panel:
    """One line a head, or one row of a heat map where there are many heads.

    Args:
        name: Of the panel.
        x: (columns,).
        rows: (heads, columns).
        more: Further fields of the panel.
    """
    if len(rows) <= LINES_MOST:
        return Panel(name, x, lines={str(head): row for head, row in enumerate(rows)}, **more)
    return Panel(name, x, matrix=rows, y=np.arange(len(rows), dtype=np.float64), **more)
