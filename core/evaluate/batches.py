"""Batches of like length, padding, and how long inputs and answers may be."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from core.data.dataset import Example

Progress = Callable[[int, int], None]
"""Called after each batch with the number done and the number of all."""

BATCH_SIZE = 32
MOST_INPUT_TOKENS = 1024
"""Longer inputs are cut, or sooner where the tokenizer says that the model takes less."""
MOST_NEW_TOKENS = 512
NEW_TOKENS_UNKNOWN = 128
"""Where no reference says how long an answer may be."""
MARGIN_TOKENS = 8
LONGER = 1.5
"""An answer may be this many times as long as the longest reference, and MARGIN_TOKENS more."""


def answer_tokens(tokenizer: Any, examples: Sequence[Example]) -> int:
    """How many tokens an answer may have: from the longest target, with room, within bounds."""
    targets = [example.target for example in examples if example.target]
    if not targets:
        return NEW_TOKENS_UNKNOWN
    longest = max(len(ids) for ids in tokenizer(targets)["input_ids"])
    return min(MOST_NEW_TOKENS, math.ceil(LONGER * longest) + MARGIN_TOKENS)


def room_for(tokenizer: Any, taken: int = 0) -> int:
    """Tokens that an input may have when `taken` are kept for the answer."""
    longest = int(tokenizer.model_max_length)
    return max(1, min(MOST_INPUT_TOKENS, longest - taken))


def batches(
    lengths: Sequence[int], batch_size: int, on_progress: Progress | None
) -> Iterator[list[int]]:
    """Indices in batches of like length, longest first, so that little is padded."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]
        if on_progress:
            on_progress(min(start + batch_size, len(order)), len(order))


def padded(
    rows: Sequence[Sequence[int]], fill: int, *, left: bool = False
) -> tuple[Tensor, Tensor]:
    """Ids and attention mask, both (rows, longest)."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), fill, dtype=torch.long)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for number, row in enumerate(rows):
        place = slice(longest - len(row), longest) if left else slice(0, len(row))
        ids[number, place] = torch.tensor(row, dtype=torch.long)
        mask[number, place] = 1
    return ids, mask


def cut(ids: list[int], room: int) -> list[int]:
    """At most `room` ids; the last one, which ends the text, is kept."""
    return ids if len(ids) <= room else [*ids[: room - 1], ids[-1]]


def pad_id(tokenizer: Any) -> int:
    """The id for padding; the end's where a tokenizer has none, as it is masked anyway."""
    pad = tokenizer.pad_token_id
    return int(tokenizer.eos_token_id if pad is None else pad)
