"""The published runs in `assets/facts`, each with the shape of its model.

A blank cell is "not reported" and becomes None. Where a row prints its dimensions, they hold;
what it leaves out is filled from the model's public `config.json`, by name.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.cost.shapes import decoder, named
from core.errors import BadInput, NotFound
from core.models.shape import Shape, from_size
from core.units import GIGA
from core.workspace import assets

SMALLEST_B, LARGEST_B = 0.01, 2000
"""Sizes in billions of parameters for which there is a plausible shape."""


@dataclass(frozen=True)
class Row:
    """One published run: the cells of its line, by column name."""

    cells: dict[str, str]

    @property
    def name(self) -> str:
        """The row's id."""
        return self.cells["id"]

    def text(self, column: str) -> str:
        """A cell as it stands; "" = not reported, or no such column in this table."""
        return self.cells.get(column, "")

    def number(self, column: str) -> float | None:
        """A cell as a number; None = not reported.

        Raises:
            BadInput: The cell holds something else.
        """
        written = self.text(column)
        try:
            return float(written) if written else None
        except ValueError:
            raise BadInput(f"Row {self.name}: {column} is {written!r}, not a number.") from None

    def whole(self, column: str, default: int) -> int:
        """A cell as a whole number, or what to take where it was not reported."""
        value = self.number(column)
        return default if value is None else int(value)


@dataclass(frozen=True)
class Pair:
    """A quantity of one published run: as predicted, as measured."""

    predicted: float
    measured: float


@lru_cache(maxsize=2)
def rows(table: str) -> tuple[Row, ...]:
    """All rows of "training_runs" or "inference_runs"."""
    return read(assets() / "facts" / f"{table}.csv")


def read(path: Path) -> tuple[Row, ...]:
    """The rows of a file with the columns of one of the two tables.

    Raises:
        NotFound: There is no such file.
        BadInput: It is no CSV file with those columns.
    """
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            table = csv.DictReader(lines)
            found = tuple(
                Row({name: text or "" for name, text in cells.items() if name}) for cells in table
            )
            columns = table.fieldnames or ()
    except FileNotFoundError:
        raise NotFound(f"There is no file {str(path)!r}.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{str(path)!r} is not a readable CSV file ({error}).") from None
    missing = [name for name in ("id", "kind", "model", "gpu_type") if name not in columns]
    if missing:
        raise BadInput(f"{str(path)!r} lacks the columns {', '.join(missing)}.")
    return found


def shape_of(row: Row) -> Shape | None:
    """The shape of a row's model: by name, by its dimensions, else by its size.

    None where it says neither of them.
    """
    found = named(row.text("model"))
    if found is not None:
        return found
    hidden, size = row.whole("hidden", 0), row.number("params_b")
    if hidden:
        return _printed(row, hidden)
    if size and SMALLEST_B <= size <= LARGEST_B and row.text("params_b"):
        return from_size(f"{row.text('params_b')}B")
    return None


def _printed(row: Row, hidden: int) -> Shape:
    """A decoder of the dimensions that a row prints."""
    heads, vocab = row.whole("heads", max(1, hidden // 128)), row.whole("vocab", 50304)
    ffn = row.whole("ffn", 4 * hidden)
    layers = row.whole("layers", 0)
    if not layers:
        block = 4 * hidden**2 + 2 * hidden * ffn
        rest = (row.number("params_b") or 0.0) * GIGA - vocab * hidden
        layers = max(1, round(rest / block))
    return decoder(
        layers, hidden, heads, vocab, kv_heads=row.whole("kv_heads", heads), ffn=ffn,
        gated=bool(row.text("ffn")) and ffn < 4 * hidden, tied=True, head_dim=hidden // heads,
    )  # fmt: skip
