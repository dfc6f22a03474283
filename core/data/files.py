"""Files of examples as tables: CSV and TSV here, JSON in `objects`, Parquet in `columnar`.

A row that cannot be read is given as `Refused` with its line and the reason; the rest goes on.
"""

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from core.data.columnar import columnar_table
from core.data.encoding import check_file, find_encoding, open_bytes, text_errors
from core.data.lines import LONGEST_LINE, LineReader, LongLine, tolerant
from core.data.objects import json_table
from core.data.rows import Refused, Row, Table, suffix
from core.errors import BadInput

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_ARROW_STREAM = b"\xff\xff\xff\xff"
_SNIFFED_LINES = 50
_TRIED_ROWS = 20_000
"""How many rows tell whether quotes quote: a file is written one way from its top to its end."""
_FORMS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "json", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
SUFFIXES = (*_FORMS, ".arrow", ".txt", ".gz", ".zip", ".xlsx", ".xls")
"""Ends of names that are files', whether or not they can be read."""

Text = Callable[[], io.TextIOWrapper]
Record = tuple[int, list[str]]
"""The line it begins on, and its cells."""


@dataclass(frozen=True)
class Reading:
    """How a file is to be read, as the user says; None = find out.

    Attributes:
        encoding: A name that Python knows.
        delimiter: The sign between the cells of CSV and TSV.
        numbered: The first row is no header: columns are called "1", "2", ….
    """

    encoding: str | None = None
    delimiter: str | None = None
    numbered: bool = False

    def __post_init__(self) -> None:
        """See that the delimiter can be one.

        Raises:
            BadInput: It cannot.
        """
        sign = self.delimiter
        if sign is not None and (len(sign) != 1 or sign.isalnum() or sign in '"\r\n'):
            raise BadInput(
                f"{sign[:20]!r} cannot stand between cells; expected one sign, or one of "
                f"{', '.join(DELIMITERS.values())}."
            )


def open_table(path: Path, shown: str, reading: Reading = Reading()) -> Table:
    """Open a file as a table.

    Args:
        path: Where it is.
        shown: What the user calls it; its suffix tells the form.
        reading: What the user says of it.

    Raises:
        NotFound: There is no such file.
        BadInput: It is a folder, empty, unreadable, or no table.
    """
    check_file(path, shown)
    form = _form(path, shown)
    if form in ("parquet", "arrow"):
        return columnar_table(path, shown, form)
    encoding = find_encoding(path, shown, reading.encoding)
    if form in ("json", "jsonl"):
        return json_table(shown, form, encoding, lambda: _text(path, encoding, "\n"))
    return _delimited(shown, form, encoding, lambda: _text(path, encoding, ""), reading)


def open_parallel(
    paths: tuple[Path, Path], shown: tuple[str, str], reading: Reading = Reading()
) -> Table:
    """Open two files of one text a line as a table with the columns "1" and "2".

    Raises:
        NotFound: There is no such file.
        BadInput: One is no text, or they differ in their number of lines.
    """
    encodings = []
    for path, name in zip(paths, shown, strict=True):
        check_file(path, name)
        encodings.append(find_encoding(path, name, reading.encoding))

    def lines(side: int) -> Iterator[str | LongLine]:
        with _text(paths[side], encodings[side], "\n") as file:
            yield from tolerant(LineReader(file))

    counts = [sum(1 for _ in lines(side)) for side in (0, 1)]
    if counts[0] != counts[1]:
        raise BadInput(
            f"{shown[0]!r} has {counts[0]:,} lines and {shown[1]!r} {counts[1]:,}; line n of one "
            "must be the translation of line n of the other."
        )
    both = " + ".join(shown)

    def rows() -> Iterator[Row | Refused]:
        for number, pair in enumerate(zip(lines(0), lines(1), strict=True), 1):
            left, right = pair
            if isinstance(left, LongLine) or isinstance(right, LongLine):
                long = left if isinstance(left, LongLine) else right
                yield Refused(number, cast(LongLine, long).reason, both)
            else:
                yield Row(number, {"1": left.rstrip("\r\n"), "2": right.rstrip("\r\n")})

    encoding = " and ".join(dict.fromkeys(encodings))
    return Table(both, "lines", encoding, None, ("1", "2"), rows)


def _text(path: Path, encoding: str, newline: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(open_bytes(path), encoding, text_errors(encoding), newline=newline)


def _form(path: Path, shown: str) -> str:
    with open_bytes(path) as file:
        head = file.read(64)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(_ARROW_STREAM):
        return "arrow"
    named = _FORMS.get(suffix(shown))
    if named == "parquet":
        raise BadInput(f"{shown!r} is called Parquet but is not; name a real Parquet file.")
    if named:
        return named
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return {b"[": "json", b"{": "jsonl"}.get(first, "csv")


def _delimited(shown: str, form: str, encoding: str, text: Text, reading: Reading) -> Table:
    csv.field_size_limit(LONGEST_LINE)
    numbered = reading.numbered
    with text() as file:
        lines = tolerant(LineReader(file))
        head = [x for x in itertools.islice(lines, _SNIFFED_LINES) if isinstance(x, str)]
    delimiter = reading.delimiter or ("\t" if form == "tsv" else _delimiter(head))

    def records(quoting: int) -> Iterator[Record | Refused]:
        with text() as file:
            lines = LineReader(file)
            reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)  # type: ignore[arg-type]
            yield from _records(reader, lines, shown)

    def broken(quoting: int) -> int:
        return _broken(itertools.islice(records(quoting), _TRIED_ROWS), quoting)

    # Some files quote cells, some have quotes in the text: the way that breaks fewer rows is right.
    quoting = min((csv.QUOTE_MINIMAL, csv.QUOTE_NONE), key=broken)
    first = next((r for r in records(quoting) if not isinstance(r, Refused)), None)
    if first is None:
        raise BadInput(f"{shown!r} holds no row that can be read as {form.upper()}.")
    width = len(first[1])
    names = [str(i) for i in range(1, width + 1)] if numbered else [c.strip() for c in first[1]]
    columns = tuple(name or f"column {i}" for i, name in enumerate(names, 1))

    def rows() -> Iterator[Row | Refused]:
        header = not numbered
        for record in records(quoting):
            if isinstance(record, Refused):
                yield record
            elif header:
                header = False
            elif len(record[1]) != width:
                yield Refused(record[0], _ragged(len(record[1]), width), shown)
            else:
                yield Row(record[0], dict(zip(columns, record[1], strict=True)))

    return Table(shown, form, encoding, delimiter, columns, rows)


def _ragged(cells: int, width: int) -> str:
    return f"has {cells} cell{'s' if cells > 1 else ''} where the first row has {width}"


def _broken(records: Iterator[Record | Refused], quoting: int) -> int:
    """How many records are refused, differ in width from the first, or keep their quotes."""
    width, broken = 0, 0
    for record in records:
        if isinstance(record, Refused):
            broken += 1
            continue
        cells = record[1]
        width = width or len(cells)
        left = quoting == csv.QUOTE_NONE and any(c[0] == c[-1] == '"' for c in cells if c[1:])
        broken += left or len(cells) != width
    return broken


def _records(reader: Any, lines: LineReader, shown: str) -> Iterator[Record | Refused]:
    """Records with the line each begins on; blank lines are none."""
    while True:
        begin = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except LongLine as error:
            yield Refused(begin, error.reason, shown)
            continue
        except csv.Error as error:
            end = lines.number
            where = f" (lines {begin} to {end} were read as one row)" if end > begin else ""
            yield Refused(begin, f"broken quoting: {error}{where}", shown)
            continue
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield begin, cells


def _delimiter(head: list[str]) -> str:
    """The sign that cuts the first rows into the same number of cells, more than one."""

    def fit(sign: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(head, delimiter=sign) if row]
        width = widths[0] if widths else 1
        return (widths.count(width) / len(widths) if width > 1 else 0.0, width)

    return max(DELIMITERS, key=fit)
