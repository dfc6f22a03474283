"""How a server is asked, and how its answer is read: one row for each path."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Fields = dict[str, Any]


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
