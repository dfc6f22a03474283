"""A model of CTranslate2, as `core.work.weigh` measures it: no torch, no Transformers.

Texts become tokens by the `tokenizers` library alone, which gives what Transformers' own tokeniser
gives: it reads the same tokenizer.json. A model without one (Marian) needs Transformers for it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from tokenizers import Tokenizer

from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.models.ct2 import Ct2Model
from core.models.resolve import ModelRef

MOST_INPUT_TOKENS = 1024
"""As `core.evaluate.batches` cuts them."""
Encode = Callable[[list[Example]], list[tuple[list[int], list[str]]]]
"""Examples to ids and tokens."""


class Ct2Engine:
    """A loaded model with its tokenizer."""

    def __init__(self, ref: ModelRef, data: Dataset, limit: int) -> None:
        if ref.path is None:
            raise BadInput(f"{ref.name} has no folder to load from; name another model.")
        self._model = Ct2Model(ref.path)
        self.threads = self._model.threads
        self._data, self._limit = data, limit
        self.writes = self._model.family != "encoder"
        self._encode, self._decode = _texts(ref, data)

    def answer(self, examples: Sequence[Example]) -> list[tuple[int, int]]:
        """Answer; (input tokens, output tokens) of each."""
        asked = self._encode(list(examples))
        if not self.writes:
            self._model.logits([ids for ids, _ in asked]).argmax(-1)
            return [(len(ids), 0) for ids, _ in asked]
        written = self._model.write([tokens for _, tokens in asked], self._limit)
        self._decode(written)
        return [(len(ids), len(new)) for (ids, _), new in zip(asked, written, strict=True)]


def _texts(ref: ModelRef, data: Dataset) -> tuple[Encode, Callable[[list[list[str]]], Any]]:
    path = ref.path and ref.path / "tokenizer.json"
    if path is None or not path.is_file() or data.chat:
        from core.work.slow_texts import texts  # torch and Transformers come along

        return texts(ref, data)
    tokenizer = Tokenizer.from_file(str(path))

    tokenizer.no_padding()
    tokenizer.no_truncation()

    def encode(examples: list[Example]) -> list[tuple[list[int], list[str]]]:
        rows = tokenizer.encode_batch([data.model_input(one) for one in examples])
        return [(row.ids[:MOST_INPUT_TOKENS], row.tokens[:MOST_INPUT_TOKENS]) for row in rows]

    def decode(rows: list[list[str]]) -> list[str]:
        ids = [[tokenizer.token_to_id(token) or 0 for token in row] for row in rows]
        found: list[str] = tokenizer.decode_batch(ids)
        return found

    return encode, decode


def load(ref: ModelRef, data: Dataset, limit: int) -> Ct2Engine:
    """Load it."""
    return Ct2Engine(ref, data, limit)
