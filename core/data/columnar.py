"""Parquet and Arrow files as rows of text, read a batch at a time.

A column of labels that `datasets` keeps as numbers is given by its names.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from core.data.encoding import is_packed, open_bytes
from core.data.objects import Rows, row_of, table_of
from core.data.rows import Table
from core.errors import BadInput
from core.units import MIB

_LARGEST_PACKED = 256 * MIB
_BATCH = 4096


def columnar_table(path: Path, shown: str, form: str) -> Table:
    """Open a file of columns.

    Args:
        path: Where it is.
        shown: What the user calls it.
        form: "parquet" or "arrow".

    Raises:
        BadInput: It is damaged, or packed once more and large.
    """
    import pyarrow  # a third of a second, and most files are text

    read = _parquet if form == "parquet" else _arrow
    packed = is_packed(path)

    def rows() -> Rows:
        number = 0
        with open_bytes(path) as file:
            for labels, batch in read(_unpacked(file, shown) if packed else file):
                for item in batch.to_pylist():
                    number += 1
                    yield row_of(number, _named(item, labels), shown)

    try:
        return table_of(shown, form, None, rows)
    except (pyarrow.ArrowException, OSError) as error:
        kind = form.capitalize()
        raise BadInput(f"{shown!r} is a damaged {kind} file ({error}); write it again.") from None


def _parquet(file: BinaryIO) -> Iterator[tuple[dict[str, list[str]], Any]]:
    from pyarrow import parquet

    whole = parquet.ParquetFile(file)
    labels = _labels(whole.schema_arrow)
    return ((labels, batch) for batch in whole.iter_batches(_BATCH))


def _arrow(file: BinaryIO) -> Iterator[tuple[dict[str, list[str]], Any]]:
    from pyarrow import ipc

    stream = ipc.open_stream(file)
    labels = _labels(stream.schema)
    for batch in stream:
        for start in range(0, batch.num_rows, _BATCH):
            yield labels, batch.slice(start, _BATCH)


def _labels(schema: Any) -> dict[str, list[str]]:
    """Column to the names of its classes, as `datasets` writes them beside the columns."""
    try:
        kept = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = kept["info"]["features"]
        return {
            column: [str(name) for name in feature["names"]]
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # without names the numbers are the labels


def _named(item: dict[str, Any], labels: dict[str, list[str]]) -> dict[str, Any]:
    for column, names in labels.items():
        number = item.get(column)
        if isinstance(number, int):
            # -1 stands for "no label" in `datasets`.
            item[column] = names[number] if 0 <= number < len(names) else None
    return item


def _unpacked(file: BinaryIO, shown: str) -> io.BytesIO:
    """A packed file in memory, for it is read from its end.

    Raises:
        BadInput: It is too large for that.
    """
    content = file.read(_LARGEST_PACKED + 1)
    if len(content) > _LARGEST_PACKED:
        raise BadInput(f"{shown!r} is a large file packed with gzip; unpack it.")
    return io.BytesIO(content)
