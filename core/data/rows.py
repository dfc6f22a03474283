"""What every reader of files gives: a table of rows, and the rows it had to refuse."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on (or its number, in JSON and Parquet), and its cells.

    `file` is set where a table is made of several files: the one that the row stands in.
    """

    line: int
    cells: dict[str, str]
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be used, and why; `file` is what the user calls the file."""

    line: int
    reason: str
    file: str


@dataclass(frozen=True)
class Table:
    """A file opened: how it was understood, its columns, and its rows one by one.

    Attributes:
        file: What the user calls it.
        form: "csv", "tsv", "jsonl", "json", "parquet", "arrow" or "lines".
        encoding: Codec, or None where the form has none of its own.
        delimiter: For CSV and TSV the sign between cells, else None.
        columns: Names, in order.
        rows: Opens the file afresh and yields its rows.
    """

    file: str
    form: str
    encoding: str | None
    delimiter: str | None
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Row | Refused]]


def _unpacked(shown: str) -> Path:
    name = Path(shown).name
    return Path(name[:-3] if name.lower().endswith(".gz") else name)


def stem(shown: str) -> str:
    """A file's name without folder, packing and form: "data/train.csv.gz" -> "train"."""
    return _unpacked(shown).stem


def suffix(shown: str) -> str:
    """The last suffix before any ".gz", in lower case: "train.de.gz" -> ".de"."""
    return _unpacked(shown).suffix.lower()
