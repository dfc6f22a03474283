"""Texts to tokens by Transformers, for a CTranslate2 model that has no tokenizer.json."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from core.data.dataset import Dataset, Example
from core.evaluate.prompts import prompt_ids
from core.models.load import load_config, load_tokenizer
from core.models.resolve import ModelRef

Encode = Callable[[list[Example]], list[tuple[list[int], list[str]]]]


def texts(ref: ModelRef, data: Dataset) -> tuple[Encode, Callable[[list[list[str]]], Any]]:
    """How examples become ids and tokens, and tokens texts."""
    tokenizer = load_tokenizer(ref)
    both = bool(load_config(ref).is_encoder_decoder)
    like = SimpleNamespace(config=SimpleNamespace(is_encoder_decoder=both))

    def encode(examples: list[Example]) -> list[tuple[list[int], list[str]]]:
        rows = prompt_ids(like, tokenizer, data, examples)
        return [(ids, tokenizer.convert_ids_to_tokens(ids)) for ids in rows]

    def decode(rows: list[list[str]]) -> Any:
        ids = [tokenizer.convert_tokens_to_ids(row) for row in rows]
        return tokenizer.batch_decode(ids, skip_special_tokens=True)

    return encode, decode
