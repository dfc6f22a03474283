"""A conversation as token ids: by the tokenizer's chat template, else as plain text."""

from collections.abc import Sequence
from typing import Any

from core.chat import Message, plain


def prompt_ids(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """Ids of a conversation, ready for the assistant to answer."""
    if getattr(tokenizer, "chat_template", None):
        # The template writes the special tokens itself.
        return _ids(tokenizer, _rendered(tokenizer, messages, ask=True))
    ids: list[int] = tokenizer(plain(messages))["input_ids"]
    return ids


def answer_ids(tokenizer: Any, messages: Sequence[Message], answer: str) -> list[int]:
    """Ids of the assistant's answer and of what ends it: what the loss is taken on.

    They follow `prompt_ids` of the same messages. A template closes an answer in its own way. Where
    it does so without the end token, at which generation stops, or rewrites what came before, the
    answer is followed by the end token alone.
    """
    end = tokenizer.eos_token_id
    if getattr(tokenizer, "chat_template", None):
        asked = _rendered(tokenizer, messages, ask=True)
        said = [*messages, {"role": "assistant", "content": answer}]
        whole = _rendered(tokenizer, said, ask=False)
        ids = _ids(tokenizer, whole[len(asked) :]) if whole.startswith(asked) else []
        return ids if end in ids else [*_ids(tokenizer, answer), end]
    return [*_ids(tokenizer, f" {answer}"), end]


def _rendered(tokenizer: Any, messages: Sequence[Message], *, ask: bool) -> str:
    text: str = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=ask
    )
    return text


def _ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
