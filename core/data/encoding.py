"""Which encoding a file of text has: byte-order mark, UTF-8, GB 18030, or Western European.

What is found is told to the user: nothing but a byte-order mark is certain.
"""

import codecs
import gzip
import io
import re
import unicodedata
import zlib
from pathlib import Path
from typing import BinaryIO

from core.errors import BadInput, NotFound
from core.units import GIB

MOST_BYTES = 2 * GIB
"""Largest text read, unpacked: beyond it a packed file is likelier a trap than a data set."""
_CHUNK = 1 << 20
_LOOKED_AT = 20_000
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KINDS = (
    (b"PK", "a zip archive or an Office workbook; save the sheet as CSV"),
    (b"%PDF", "a PDF; save its text as CSV or JSON lines"),
    (b"\xd0\xcf\x11\xe0", "an old Office file; save the sheet as CSV"),
)
_WIDE = ("utf-16", "utf-32")
_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x1b")
ENCODINGS = ("utf-8", "utf-16", "gb18030", "big5", "cp1252", "shift_jis", "euc-kr", "cp1251")
"""What people meet; any other that Python knows can be named, too."""
# Chinese in GB 18030 is pairs of high bytes; accented Latin letters stand alone among ASCII.
_HIGH_RUNS = re.compile(rb"[\x81-\xfe]+")


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading, unpacked if it is gzip (by its content, not its name)."""
    return io.BufferedReader(gzip.GzipFile(path)) if is_packed(path) else path.open("rb")


def is_packed(path: Path) -> bool:
    """Whether a file is gzip, by its content."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


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


def find_encoding(path: Path, shown: str, said: str | None = None) -> str:
    """Return the codec's name, having read the whole file once.

    Args:
        path: Where it is.
        shown: What the user calls it.
        said: The encoding as the user names it; None = find out.

    Raises:
        BadInput: It is not text, not in the encoding that was said, too large, or damaged.
    """
    codec = _codec(said) if said else None
    with open_bytes(path) as file:
        try:
            return _check(file, shown, codec) if codec else _of(file, shown)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise BadInput(f"{shown!r} is a damaged gzip file; fetch or pack it again.") from None


def text_errors(codec: str) -> str:
    """How to decode with a codec from `find_encoding`: a wrong byte becomes a lone surrogate.

    The reader refuses the row that holds one, instead of the whole file.
    """
    return "strict" if codec.startswith(_WIDE) else "surrogateescape"


def _codec(said: str) -> str:
    """The codec's name, as `find_encoding` would give it.

    Raises:
        BadInput: Python knows no such encoding of text.
    """
    try:
        b"".decode(said)
        found = codecs.lookup(said).name
    except (LookupError, ValueError):
        raise BadInput(
            f"{said[:40]!r} is not an encoding; expected one such as {', '.join(ENCODINGS)}."
        ) from None
    # A mark at the beginning is no text, whether or not the user speaks of it.
    return "utf-8-sig" if found == "utf-8" else found


def _check(file: BinaryIO, shown: str, codec: str) -> str:
    head = file.read(_CHUNK)
    if codec == "utf-16" and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = _wide_without_mark(head) or codec
    wrong = _failing_chunk(file, codec, head, shown) is not None
    if wrong and codec.startswith(_WIDE):
        raise BadInput(f"{shown!r} is not text in {codec}; leave the encoding out to find it.")
    return codec


def _of(file: BinaryIO, shown: str) -> str:
    head = file.read(_CHUNK)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            if _failing_chunk(file, codec, head, shown) is not None and codec in _WIDE:
                kind = codec.upper()
                raise BadInput(f"{shown!r} has the mark of {kind} but is not; save it as UTF-8.")
            return codec
    wide = _wide_without_mark(head)
    if wide and _failing_chunk(file, wide, head, shown) is None:
        return wide
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


def _wide_without_mark(head: bytes) -> str | None:
    """UTF-16 without a byte-order mark: ASCII signs in it leave zeros at every other place."""
    for codec, place in (("utf-16-le", 1), ("utf-16-be", 0)):
        zeros = head[place::2].count(0)
        if 50 * zeros > len(head) and zeros > 4 * head[1 - place :: 2].count(0):
            text = head[:_LOOKED_AT].decode(codec, "replace")
            strange = sum(_is_strange(sign) for sign in text)
            return codec if 100 * strange < len(text) else None
    return None


def _is_strange(sign: str) -> bool:
    return sign not in "\t\n\r\f" and unicodedata.category(sign) in ("Cc", "Cn", "Co", "Cs")


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
        except UnicodeError:
            return chunk
        last, chunk = chunk, file.read(_CHUNK)
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return last
    return None


def _refuse_binary(head: bytes, shown: str) -> None:
    for start, what in _KINDS:
        if head.startswith(start):
            raise BadInput(f"{shown!r} is not text but {what}.")
    control = sum(head.count(byte) for byte in _CONTROL)
    if b"\0" in head or control > len(head) / 100:
        raise BadInput(
            f"{shown!r} is not text (it holds control bytes); expected CSV, TSV, JSON lines, JSON, "
            "Parquet or lines of text, in UTF-8."
        )
