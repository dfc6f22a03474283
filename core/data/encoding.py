"""Which encoding a file of text has: byte-order mark, UTF-8, GB 18030, or Western European.

What is found is told to the user: nothing but a byte-order mark is certain.
"""

import codecs
import gzip
import io
import re
import zlib
from pathlib import Path
from typing import BinaryIO

from core.errors import BadInput, NotFound
from core.units import GIB

MOST_BYTES = 2 * GIB
"""Largest text read, unpacked: beyond it a packed file is likelier a trap than a data set."""
_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KINDS = (
    (b"PK", "a zip archive or an Office workbook; save the sheet as CSV"),
    (b"%PDF", "a PDF; save its text as CSV or JSON lines"),
    (b"\xd0\xcf\x11\xe0", "an old Office file; save the sheet as CSV"),
)
# Chinese in GB 18030 is pairs of high bytes; accented Latin letters stand alone among ASCII.
_HIGH_RUNS = re.compile(rb"[\x81-\xfe]+")


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading, unpacked if it is gzip (by its content, not its name)."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return io.BufferedReader(gzip.GzipFile(path)) if packed else path.open("rb")


def check_file(path: Path, shown: str) -> None:
    """See that there is a file that can be read, and something in it.

    Args:
        path: Where it is.
        shown: What the user calls it.

    Raises:
        NotFound: There is none.
        BadInput: It is a folder, unreadable, empty, or damaged gzip.
    """
    try:
        if path.is_dir():
            raise BadInput(f"{shown!r} is a folder; name a file in it.")
        with open_bytes(path) as file:
            if not file.read(1):
                raise BadInput(f"{shown!r} is empty; expected a table of examples.")
    except FileNotFoundError:
        raise NotFound(f"There is no file {shown!r}; check the name and the folder.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadInput(f"{shown!r} is a damaged gzip file; fetch or pack it again.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"{shown!r} cannot be read ({reason}); check its permissions.") from None


def find_encoding(path: Path, shown: str) -> str:
    """Return the codec's name, having read the whole file once.

    Raises:
        BadInput: It is not text, too large, or damaged.
    """
    with open_bytes(path) as file:
        try:
            return _of(file, shown)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise BadInput(f"{shown!r} is a damaged gzip file; fetch or pack it again.") from None


def text_errors(codec: str) -> str:
    """How to decode with a codec from `find_encoding`: a wrong byte becomes a lone surrogate.

    The reader refuses the row that holds one, instead of the whole file.
    """
    return "strict" if codec == "utf-16" else "surrogateescape"


def _of(file: BinaryIO, shown: str) -> str:
    head = file.read(_CHUNK)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            if _failing_chunk(file, codec, head, shown) is not None and codec == "utf-16":
                raise BadInput(f"{shown!r} has the mark of UTF-16 but is not; save it as UTF-8.")
            return codec
    _refuse_binary(head, shown)
    chunk = _failing_chunk(file, "utf-8", head, shown)
    if chunk is None:
        return "utf-8"
    decoded = chunk.decode("utf-8", "surrogateescape")
    wrong = sum("\udc80" <= sign <= "\udcff" for sign in decoded)
    if sum(sign > "\x7f" for sign in decoded) > 10 * wrong:
        return "utf-8"
    runs = _HIGH_RUNS.findall(chunk)
    paired = sum(len(run) for run in runs if len(run) % 2 == 0)
    return "gb18030" if paired > 0.9 * sum(map(len, runs)) else "cp1252"


def _failing_chunk(file: BinaryIO, codec: str, head: bytes, shown: str) -> bytes | None:
    """Decode all of a file; return the chunk in which that failed, None if it did not.

    Raises:
        BadInput: It is too large.
    """
    decoder = codecs.getincrementaldecoder(codec)()
    size, chunk, last = 0, head, head
    while chunk:
        size += len(chunk)
        if size > MOST_BYTES:
            raise BadInput(f"{shown!r} holds more than {MOST_BYTES // GIB} GiB; split it.")
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            return chunk
        last, chunk = chunk, file.read(_CHUNK)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return last
    return None


def _refuse_binary(head: bytes, shown: str) -> None:
    for start, what in _KINDS:
        if head.startswith(start):
            raise BadInput(f"{shown!r} is not text but {what}.")
    control = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\r\f\x1b")
    if b"\0" in head or control > len(head) / 100:
        raise BadInput(
            f"{shown!r} is not text (it holds control bytes); expected CSV, TSV, JSON lines, JSON, "
            "Parquet or lines of text, in UTF-8."
        )
