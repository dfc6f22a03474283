"""What a server's answer was, read as it comes: whole, or in server-sent events."""

import json
from collections.abc import Callable
from typing import Any, Protocol

from core.deploy.loadtest_dialects import Dialect
from core.deploy.loadtest_samples import Reply
from core.units import KIB, MIB

MOST_BYTES = MIB
"""Of a whole answer: it is kept until it is read, as many as are in flight."""
MOST_STREAM_BYTES = 32 * MIB
"""Of a stream, of which only the last event is kept."""
MOST_LINE_BYTES = 256 * KIB
"""Of one event of a stream."""


class Taking(Protocol):
    """Takes the body of an answer, and says what it was."""

    most_bytes: int

    def feed(self, data: bytes, now: float) -> None:
        """Take some bytes that came at a time."""

    def reply(self, ended: float) -> Reply:
        """What the answer was."""


def taker_of(dialect: Dialect, *, stream: bool) -> Taking:
    """What takes an answer of a dialect."""
    if stream and dialect.piece is not None:
        return _Events(dialect.piece)
    return _Whole(dialect.answers)


class _Whole:
    """An answer that comes at once."""

    most_bytes = MOST_BYTES

    def __init__(self, answers: Callable[[Any], str]) -> None:
        self._answers, self._body = answers, bytearray()

    def feed(self, data: bytes, now: float) -> None:
        """Keep it; the connection sees that it is not too much."""
        self._body += data

    def reply(self, ended: float) -> Reply:
        """Parsed: what is no answer is garbage."""
        try:
            found = json.loads(self._body)
            self._answers(found)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return Reply("garbage", ended, 200, said="The answer is not what this path gives.")
        return Reply("ok", ended, 200, None, *_usage(found))


class _Events:
    """An answer in server-sent events (https://html.spec.whatwg.org/#server-sent-events)."""

    most_bytes = MOST_STREAM_BYTES

    def __init__(self, piece: Callable[[Any], str]) -> None:
        self._piece, self._line = piece, bytearray()
        self._first: float | None = None
        self._pieces, self._done, self._bad = 0, False, False
        self._said = ""
        self._tokens: tuple[int | None, int | None] = (None, None)

    def feed(self, data: bytes, now: float) -> None:
        """Read the events that are whole."""
        self._line += data
        if len(self._line) > MOST_LINE_BYTES and b"\n" not in self._line:
            self._bad = True
            self._line.clear()
        *lines, rest = self._line.split(b"\n")
        self._line = bytearray(rest)
        for line in lines:
            if line.startswith(b"data:"):
                self._event(bytes(line[5:]).strip(), now)

    def _event(self, data: bytes, now: float) -> None:
        if data == b"[DONE]":
            self._done = True
            return
        try:
            found = json.loads(data)
            if "error" in found:
                self._said, self._bad = str(found["error"]), True
                return
            text = self._piece(found)
            usage = _usage(found)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self._bad = True
            return
        if usage != (None, None):
            self._tokens = usage
        if text:
            self._pieces += 1
            self._first = now if self._first is None else self._first

    def reply(self, ended: float) -> Reply:
        """Garbage where an event was; broken where the end is missing."""
        read, written = self._tokens
        if self._bad:
            outcome, said = ("failed" if self._said else "garbage"), self._said
        else:
            outcome, said = ("ok" if self._done else "broken"), ""
        # Without a count, an event is taken for a token, as most servers send them.
        count = written if written is not None else self._pieces
        return Reply(outcome, ended, 200, self._first, read, count, said[:160])


def _usage(found: Any) -> tuple[int | None, int | None]:
    """Tokens read and written, where the server counts them."""
    usage = found.get("usage") if isinstance(found, dict) else None
    if not isinstance(usage, dict):
        return None, None
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 2**31 else None
