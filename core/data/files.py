"""Files of examples as tables: CSV and TSV here, JSON and Parquet in `objects`, lines in pairs.

A row that cannot be read is given as `Refused` with its line and the reason; the rest goes on.
"""

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core.data.encoding import check_file, find_encoding, open_bytes, text_errors
from core.data.objects import json_table, parquet_table
from core.data.rows import Refused, Row, Table, suffix
from core.errors import BadInput

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_SNIFFED_LINES = 50
_LONGEST_CELL = 10_000_000
_FORMS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "json", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip

Text = Callable[[], io.TextIOWrapper]
Record = tuple[int, list[str]]
"""The line it begins on, and its cells."""


def open_table(path: Path, shown: str, *, numbered: bool = False) -> Table:
    """Open a file as a table.

    Args:
        path: Where it is.
        shown: What the user calls it; its suffix tells the form.
        numbered: It has no header: columns are called "1", "2", ….

    Raises:
        NotFound: There is no such file.
        BadInput: It is a folder, empty, unreadable, or no table.
    """
    check_file(path, shown)
    form = _form(path, shown)
    if form == "parquet":
        return parquet_table(path, shown)
    encoding = find_encoding(path, shown)
    if form in ("json", "jsonl"):
        return json_table(shown, form, encoding, lambda: _text(path, encoding, "\n"))
    return _delimited(shown, form, encoding, lambda: _text(path, encoding, ""), numbered)


def open_parallel(paths: tuple[Path, Path], shown: tuple[str, str]) -> Table:
    """Open two files of one text a line as a table with the columns "1" and "2".

    Raises:
        NotFound: There is no such file.
        BadInput: One is no text, or they differ in their number of lines.
    """
    encodings = []
    for path, name in zip(paths, shown, strict=True):
        check_file(path, name)
        encodings.append(find_encoding(path, name))

    def lines(side: int) -> Iterator[str]:
        with _text(paths[side], encodings[side], "\n") as file:
            for line in file:
                yield line.rstrip("\r\n")

    counts = [sum(1 for _ in lines(side)) for side in (0, 1)]
    if counts[0] != counts[1]:
        raise BadInput(
            f"{shown[0]!r} has {counts[0]:,} lines and {shown[1]!r} {counts[1]:,}; line n of one "
            "must be the translation of line n of the other."
        )

    def rows() -> Iterator[Row | Refused]:
        for number, (left, right) in enumerate(zip(lines(0), lines(1), strict=True), 1):
            yield Row(number, {"1": left, "2": right})

    encoding = " and ".join(dict.fromkeys(encodings))
    return Table(" + ".join(shown), "lines", encoding, None, ("1", "2"), rows)


def _text(path: Path, encoding: str, newline: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(open_bytes(path), encoding, text_errors(encoding), newline=newline)


def _form(path: Path, shown: str) -> str:
    with open_bytes(path) as file:
        head = file.read(64)
    if head.startswith(b"PAR1"):
        return "parquet"
    named = _FORMS.get(suffix(shown))
    if named == "parquet":
        raise BadInput(f"{shown!r} is called Parquet but is not; name a real Parquet file.")
    if named:
        return named
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return {b"[": "json", b"{": "jsonl"}.get(first, "csv")


def _delimited(shown: str, form: str, encoding: str, text: Text, numbered: bool) -> Table:
    csv.field_size_limit(_LONGEST_CELL)
    with text() as file:
        head = list(itertools.islice(file, _SNIFFED_LINES))
    delimiter = "\t" if form == "tsv" else _delimiter(head)

    def records(quoting: int) -> Iterator[Record | Refused]:
        with text() as file:
            reader = csv.reader(file, delimiter=delimiter, quoting=quoting, strict=True)  # type: ignore[arg-type]
            yield from _records(reader, shown)

    # Some files quote cells, some have quotes in the text: the way that breaks fewer rows is right.
    quoting = min((csv.QUOTE_MINIMAL, csv.QUOTE_NONE), key=lambda way: _broken(records(way), way))
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


def _records(reader: Any, shown: str) -> Iterator[Record | Refused]:
    """Records with the line each begins on; blank lines are none."""
    while True:
        begin = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            end = reader.line_num
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
