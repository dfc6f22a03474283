"""The elements of a JSON list, one by one: the list itself is never held."""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from core.data.lines import LONGEST_LINE

_CHUNK = 1 << 20
_SPACE = re.compile(r"[ \t\r\n]*")


def no_constant(name: str) -> None:
    """Refuse NaN and infinity, which Python's reader lets through.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{name} is not JSON")


def elements(file: TextIO) -> Iterator[Any]:
    """Yield the elements of a text that is one JSON list.

    Raises:
        ValueError: It is no JSON from a place on, which is named; an element with more than
            LONGEST_LINE characters counts as none.
    """
    reader = _Reader(file)
    reader.expect("[")
    if reader.peek() == "]":
        reader.expect("]")
    else:
        yield reader.value()
        while reader.peek() != "]":
            reader.expect(",")
            yield reader.value()
        reader.expect("]")
    if reader.peek():
        raise ValueError("extra text after the list")


class _Reader:
    """A window on the text, and a place in it; what stands before the window is forgotten."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._window, self._at, self._line = "", 0, 1
        self._decoder = json.JSONDecoder(parse_constant=no_constant)

    def _more(self) -> bool:
        chunk = self._file.read(_CHUNK)
        self._line += self._window.count("\n", 0, self._at)
        self._window, self._at = self._window[self._at :] + chunk, 0
        return bool(chunk)

    def peek(self) -> str:
        """The next sign that is no white space; "" at the end."""
        while True:
            self._at = _SPACE.match(self._window, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._window) or not self._more():
                return self._window[self._at : self._at + 1]

    def expect(self, sign: str) -> None:
        if self.peek() != sign:
            raise self.wrong(f"expected {sign!r}", self._at)
        self._at += 1

    def value(self) -> Any:
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._window, self._at)
            except json.JSONDecodeError as error:
                # Cut off, or wrong: more text tells.
                if len(self._window) - self._at > LONGEST_LINE or not self._more():
                    raise self.wrong(error.msg, error.pos) from None
                continue
            except RecursionError:
                raise self.wrong("it is nested too deeply", self._at) from None
            # A number that ends where the window does may go on.
            if end < len(self._window) or not self._more():
                self._at = end
                return value

    def wrong(self, what: str, position: int) -> ValueError:
        line = self._line + self._window.count("\n", 0, position)
        return ValueError(f"{what} on line {line}")
