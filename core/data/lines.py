"""Lines of text, each of bounded length: a file of one endless line must not fill the memory."""

from collections.abc import Iterator
from typing import TextIO

LONGEST_LINE = 10_000_000
"""Characters; a longer line is refused without being read whole."""
_SKIPPED_AT_ONCE = 1 << 20


class LongLine(Exception):
    """A line has more than LONGEST_LINE characters; the next one can be read."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def reason(self) -> str:
        """Why its row is refused."""
        return f"line {self.number} has more than {LONGEST_LINE:,} characters"


class LineReader:
    """An iterator that goes on after an error, as a generator does not.

    Raises:
        LongLine: Where the next line is too long; it has been skipped.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.number = 0

    def __iter__(self) -> "LineReader":
        return self

    def __next__(self) -> str:
        line = self._file.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) <= LONGEST_LINE or line.endswith(("\n", "\r")):
            return line
        while line and not line.endswith(("\n", "\r")):
            line = self._file.readline(_SKIPPED_AT_ONCE)
        raise LongLine(self.number)


def tolerant(lines: LineReader) -> Iterator[str | LongLine]:
    """Lines, and in place of one that is too long what is wrong with it."""
    while True:
        try:
            yield next(lines)
        except StopIteration:
            return
        except LongLine as error:
            yield error
