"""Conversations: how a file gives one (`messages`), how a row keeps it, how plain text shows it.

A row keeps the last answer as its target, the user's message before it as its input, and what was
said before that, as JSON, as its context: it reads like any other row in a table. A model reads it
through its tokenizer's chat template (`core.models.chat`); one that has none through plain text:

    System: You answer in one sentence.

    User: My kettle leaks.

    Assistant: Send it back, we pay.
"""

import json
from collections.abc import Sequence
from typing import Protocol

from core.errors import BadInput

NAMES = {"system": "System", "user": "User", "assistant": "Assistant"}
BREAK = "\n\n"

Message = dict[str, str]


class Row(Protocol):
    """What is read of a row."""

    @property
    def id(self) -> str:
        """Its name, for the message."""

    @property
    def input(self) -> str:
        """The user's message."""

    @property
    def context(self) -> str | None:
        """What was said before, as JSON."""


def parts(cell: str) -> dict[str, str] | str:
    """Input, target and context of a conversation, or why it cannot be used.

    What comes after the last answer is left out.

    Args:
        cell: JSON: [{"role": "system" | "user" | "assistant", "content": "…"}, …].
    """
    messages = _messages(cell)
    if messages is None:
        return f"messages must be a list of role ({', '.join(NAMES)}) and content, both text"
    while messages and messages[-1]["role"] != "assistant":
        messages.pop()
    if len(messages) < 2 or messages[-2]["role"] != "user":
        return "messages has no answer of the assistant to a message of the user"
    found = {"input": messages[-2]["content"], "target": messages[-1]["content"]}
    before = json.dumps(messages[:-2], ensure_ascii=False)
    return {**found, "context": before} if len(messages) > 2 else found


def _messages(text: str) -> list[Message] | None:
    """The messages of a JSON text; None if it is something else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, list):
        return None
    whole = all(
        isinstance(m, dict) and m.get("role") in NAMES and isinstance(m.get("content"), str)
        for m in found
    )
    return [{"role": m["role"], "content": m["content"]} for m in found] if whole else None


def messages_of(example: Row) -> list[Message]:
    """The conversation of a row, up to the answer that is wanted.

    Raises:
        BadInput: Its context holds no messages.
    """
    before = _messages(example.context) if example.context else []
    if before is None:
        raise BadInput(
            f"The context of {example.id} is no conversation; expected what was said before as "
            'JSON: [{"role": "user", "content": "…"}, …].'
        )
    return [*before, {"role": "user", "content": example.input}]


def plain(messages: Sequence[Message]) -> str:
    """A conversation as text, ready for the assistant to answer."""
    lines = [f"{NAMES[message['role']]}: {message['content']}" for message in messages]
    return BREAK.join([*lines, f"{NAMES['assistant']}:"])
