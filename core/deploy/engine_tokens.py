"""Texts to tokens and back for an engine, with as little as the model needs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tokenizers import Tokenizer


class Splitter(Protocol):
    """What splits texts."""

    def split(self, texts: Sequence[str]) -> list[list[str]]:
        """Tokens of each text, the special ones included."""

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """Numbers of tokens."""

    def join(self, ids: Sequence[int]) -> str:
        """The text of ids, without special tokens."""


class Light:
    """tokenizer.json alone: there in a tenth of a second, where Transformers takes two."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def split(self, texts: Sequence[str]) -> list[list[str]]:
        """Tokens of each text, the special ones included."""
        return [encoding.tokens for encoding in self._tokenizer.encode_batch(list(texts))]

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """Numbers of tokens."""
        return [number for t in tokens if (number := self._tokenizer.token_to_id(t)) is not None]

    def join(self, ids: Sequence[int]) -> str:
        """The text of ids, without special tokens."""
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=True)
        return text


class Full:
    """A tokenizer of Transformers.

    Args:
        tokenizer: As `core.models.load.load_tokenizer` gives it.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def split(self, texts: Sequence[str]) -> list[list[str]]:
        """Tokens of each text, the special ones included."""
        rows = self._tokenizer(list(texts))["input_ids"]
        return [self._tokenizer.convert_ids_to_tokens(ids) for ids in rows]

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """Numbers of tokens."""
        numbers: list[int] = self._tokenizer.convert_tokens_to_ids(list(tokens))
        return numbers

    def join(self, ids: Sequence[int]) -> str:
        """The text of ids, without special tokens."""
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=True)
        return text


def agree(one: Splitter, other: Splitter, texts: Sequence[str]) -> bool:
    """Whether two splitters do the same with texts, there and back."""
    first, second = one.split(texts), other.split(texts)
    if first != second:
        return False
    return all(one.join(one.ids(a)) == other.join(other.ids(a)) for a in first)
