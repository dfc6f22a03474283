"""Examples by the million: kept as lines in a file that goes away, and read by their number.

A few are held in memory; beyond IN_MEMORY_BYTES they go to disk, so that what an import takes grows
with its numbers of rows, not with their texts.
"""

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast, overload

from core.data.example import Example, line, parse
from core.units import MIB

IN_MEMORY_BYTES = 32 * MIB


class Lines(Sequence[Example]):
    """Some of the examples of a spool, in an order of their own."""

    def __init__(self, file: BinaryIO, starts: "array[int]", chosen: Sequence[int]) -> None:
        """Take what `take` or `Spool` hands over.

        Args:
            file: One line an example.
            starts: Where each line begins, and where the last one ends, in bytes.
            chosen: Numbers of the lines, from 0.
        """
        self._file, self._starts, self._chosen = file, starts, chosen

    def __len__(self) -> int:
        return len(self._chosen)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> "Lines": ...
    def __getitem__(self, index: int | slice) -> "Example | Lines":
        if isinstance(index, slice):
            return Lines(self._file, self._starts, self._chosen[index])
        return parse(self._line(self._chosen[index]))

    def __iter__(self) -> Iterator[Example]:
        return map(parse, self.lines())

    def lines(self) -> Iterator[bytes]:
        """The examples as they are kept, each a line of UTF-8."""
        return map(self._line, self._chosen)

    def take(self, numbers: Sequence[int]) -> "Lines":
        """Those with these numbers, from 0, in this order; nothing is copied."""
        return Lines(self._file, self._starts, array("L", (self._chosen[n] for n in numbers)))

    def _line(self, number: int) -> bytes:
        start = self._starts[number]
        self._file.seek(start)
        return self._file.read(self._starts[number + 1] - start)


class _Scratch(tempfile.SpooledTemporaryFile[bytes]):
    """Goes away, without a warning, when the last who reads in it does."""

    def __del__(self) -> None:
        self.close()


class Spool(Lines):
    """Examples in the order they were added; all of them, while others choose among them."""

    def __init__(self, folder: Path | None = None) -> None:
        """Begin with none.

        Args:
            folder: Where the file is kept; None = where the system keeps such files.
        """
        file = _Scratch(IN_MEMORY_BYTES, dir=str(folder) if folder else None)
        super().__init__(cast(BinaryIO, file), array("Q", [0]), ())

    def append(self, example: Example) -> None:
        """Add an example.

        Raises:
            UnicodeEncodeError: It holds half a character (a lone surrogate).
            OSError: There is no room on the disk.
        """
        text = line(example).encode()
        self._file.seek(self._starts[-1])
        self._file.write(text)
        self._starts.append(self._starts[-1] + len(text))
        self._chosen = range(len(self._starts) - 1)
