"""A picture as data: what a page, an offline file and a JSON document all draw or print."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LINES_MOST = 6
"""More lines than this cannot be told apart: they become the rows of a heat map."""


@dataclass(frozen=True)
class Panel:
    """Lines over an axis, or a heat map; the words are the texts `positions.panel.NAME.*`.

    Attributes:
        name: Which texts belong to it.
        finding: Which of its findings is true ("finding", "rises", …).
        values: The numbers of its sentences.
        x: Values of the horizontal axis: distances, pairs, dimensions or positions.
        lines: Name and values of each line; empty for a heat map.
        matrix: (rows, columns) of a heat map, or None.
        y: Values of its vertical axis.
        marks: Vertical lines, by the text that names them.
        levels: Horizontal lines, by the text that names them.
        logarithmic: Whether the vertical axis is.
    """

    name: str
    x: Array
    finding: str = "finding"
    values: dict[str, float] = field(default_factory=dict)
    lines: dict[str, Array] = field(default_factory=dict)
    matrix: Array | None = None
    y: Array | None = None
    marks: dict[str, float] = field(default_factory=dict)
    levels: dict[str, float] = field(default_factory=dict)
    logarithmic: bool = False

    def document(self) -> dict[str, Any]:
        """As JSON: lists of numbers."""
        return {
            "name": self.name,
            "values": self.values,
            "x": self.x.tolist(),
            "lines": {name: line.tolist() for name, line in self.lines.items()},
            "matrix": None if self.matrix is None else self.matrix.tolist(),
            "y": None if self.y is None else self.y.tolist(),
            "marks": self.marks,
            "levels": self.levels,
        }


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
