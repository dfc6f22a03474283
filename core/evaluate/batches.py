"""Batches of like length, padding, and how long inputs and answers may be."""

import math
from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest
from typing import Any

import torch
from torch import Tensor

from core.data.dataset import Example
from core.units import MEGA

MOST_ROWS = 128
FEWER_ROWS = 16
LARGE = 100 * MEGA
"""Parameters from which a processor gains nothing by more than FEWER_ROWS at once; and the less is
lost where the work is stopped within a batch."""
MOST_TOKENS = 8192
"""Of a batch, padding included."""
MOST_INPUT_TOKENS = 1024
"""Longer inputs are cut, or sooner where the tokenizer says that the model takes less."""
MOST_NEW_TOKENS = 512
NEW_TOKENS_UNKNOWN = 128
"""Where no reference says how long an answer may be."""
MARGIN_TOKENS = 8
LONGER = 1.5
"""An answer may be this many times as long as the longest reference, and MARGIN_TOKENS more."""
_LONGEST = 100
"""Targets, the longest by characters, whose tokens are counted."""


def answer_tokens(tokenizer: Any, examples: Iterable[Example]) -> int:
    """How many tokens an answer may have: from the longest targets, with room, within bounds."""
    longest = nlargest(_LONGEST, {example.target for example in examples if example.target}, len)
    if not longest:
        return NEW_TOKENS_UNKNOWN
    most = max(len(ids) for ids in tokenizer(longest)["input_ids"])
    return min(MOST_NEW_TOKENS, math.ceil(LONGER * most) + MARGIN_TOKENS)


def room_for(tokenizer: Any, taken: int = 0) -> int:
    """Tokens that an input may have when `taken` are kept for the answer."""
    longest = int(tokenizer.model_max_length)
    return max(1, min(MOST_INPUT_TOKENS, longest - taken))


def rows_at_once(model: Any) -> int:
    """How many rows a batch of a model may have on the device it is on."""
    small = model.device.type != "cpu" or model.num_parameters() < LARGE
    return MOST_ROWS if small else FEWER_ROWS


def batches(
    lengths: Sequence[int], most_rows: int, most_tokens: int = MOST_TOKENS
) -> Iterator[list[int]]:
    """Indices in batches of like length, longest first, so that little is padded."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    start = 0
    while start < len(order):
        rows = max(1, min(most_rows, most_tokens // max(1, lengths[order[start]])))
        yield order[start : start + rows]
        start += rows


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
