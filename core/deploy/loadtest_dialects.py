"""How a server is asked, and how its answer is read: one row for each path."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from core.deploy.loadtest_samples import Reply
from core.units import KIB, MIB

Fields = dict[str, Any]
MOST_BYTES = MIB
"""Of a whole answer: it is kept until it is read, as many as are in flight."""
MOST_STREAM_BYTES = 32 * MIB
"""Of a stream, of which only the last event is kept."""
MOST_LINE_BYTES = 256 * KIB
"""Of one event of a stream."""


@dataclass(frozen=True)
class Text:
    """What is asked: a text, and for question answering the passage."""

    input: str
    context: str | None = None


@dataclass(frozen=True)
class Asked:
    """A request, ready to be sent."""

    body: bytes


@dataclass(frozen=True)
class Dialect:
    """A path: the fields of a request, whether it streams, and where the answer's text stands.

    `answers` reads a whole answer and gives its text; `piece` reads an event of a stream and gives
    the text that is new in it. Both raise LookupError, TypeError or AttributeError for what is no
    answer.
    """

    name: str
    path: str
    fields: Callable[[Text], Fields]
    answers: Callable[[Any], str]
    piece: Callable[[Any], str] | None = None

    @property
    def streams(self) -> bool:
        """Whether it gives an answer piece by piece."""
        return self.piece is not None


def _own(text: Text) -> Fields:
    return {"inputs": [text.input]}


def _predict(text: Text) -> Fields:
    return {**_own(text), **({"contexts": [text.context]} if text.context is not None else {})}


DIALECTS = (
    Dialect(
        "chat", "/v1/chat/completions",
        lambda text: {"messages": [{"role": "user", "content": text.input}]},
        lambda found: str(found["choices"][0]["message"]["content"] or ""),
        lambda found: "".join(
            str(choice["delta"].get("content") or "") for choice in found["choices"]
        ),
    ),
    Dialect(
        "completions", "/v1/completions", lambda text: {"prompt": text.input},
        lambda found: str(found["choices"][0]["text"]),
        lambda found: "".join(str(choice.get("text") or "") for choice in found["choices"]),
    ),
    Dialect("classify", "/v1/classify", _own, lambda found: str(found["labels"][0]["label"])),
    Dialect("translate", "/v1/translate", _own, lambda found: str(found["translations"][0])),
    Dialect("predict", "/v1/predict", _predict, lambda found: str(found["outputs"][0])),
)  # fmt: skip
"""To ask another path is to add a row."""
OPENAI = ("chat", "completions")


def request(dialect: Dialect, text: Text, *, model: str | None, max_tokens: int | None,
            stream: bool) -> Asked:  # fmt: skip
    """A request, ready to be sent."""
    body = dialect.fields(text)
    if model is not None:
        body["model"] = model
    if dialect.name in OPENAI and max_tokens is not None:
        body["max_tokens"] = max_tokens
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return Asked(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))


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
