"""What keys and values take in the cache of a model that writes, at the lengths that matter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.cost.transformer import cache_elements_per_token
from core.interpret.context import Advice
from core.interpret.own import Own
from core.interpret.panels import Panel
from core.models.shape import Shape

PRECISIONS = {"fp16": 2, "fp32": 4}
"""Bytes of a number in the cache."""
SHARES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of the length that a model is meant for: where the cache's memory is told."""
UNKNOWN_TOKENS = 1024


@dataclass(frozen=True)
class Memory:
    """What keys and values take in the cache at a length.

    Attributes:
        tokens: The length.
        fp16_bytes, fp32_bytes: In numbers of 2 and of 4 bytes.
    """

    tokens: int
    fp16_bytes: int
    fp32_bytes: int


def memory(shape: Shape, windows: Sequence[int | None], tokens: int) -> Memory | None:
    """The cache of one sequence; None for an encoder, which keeps none.

    Grouped queries count as many heads as there are keys, and a layer with a sliding window keeps
    its window. Of an encoder-decoder these are the keys and values of its input, which every layer
    of the decoder keeps for cross-attention; each token that it writes takes as much again.
    """
    elements = cache_elements_per_token(shape)
    if elements == 0:
        return None
    kept = sum(min(tokens, window or tokens) for window in windows)
    numbers = elements // shape.layers * kept
    return Memory(tokens, *(numbers * size for size in PRECISIONS.values()))


def meant_for(own: Own, advice: Advice) -> int:
    """The longest length that anything speaks of: measured, made for, or the end of a table."""
    said = [advice.tokens, own.facts["trained_tokens"], *(one.tokens for one in advice.reasons)]
    return max((tokens for tokens in said if tokens), default=UNKNOWN_TOKENS)


def memories(own: Own, advice: Advice, shape: Shape) -> list[Memory]:
    """The cache at some lengths, and at the trusted one; empty for an encoder.

    Lengths that cannot be read are left out.
    """
    at = {max(1, round(meant_for(own, advice) * share)) for share in SHARES}
    at |= {advice.tokens} if advice.tokens else set()
    windows, end = own.facts["windows_tokens"], advice.hard
    found = [memory(shape, windows, n) for n in sorted(at) if end is None or n <= end]
    return [one for one in found if one]


def growth(shape: Shape, windows: Sequence[int | None], longest: int) -> Panel | None:
    """Memory of the cache against the length of the input; None for an encoder."""
    lengths = np.unique(np.geomspace(1, max(2, longest), 60).round()).astype(int)
    found = [memory(shape, windows, int(tokens)) for tokens in lengths]
    rows = [one for one in found if one]
    if not rows:
        return None
    mega = 1e6
    return Panel(
        "memory",
        lengths.astype(np.float64),
        values={"tokens": longest, "fp16_bytes": rows[-1].fp16_bytes,
                "fp32_bytes": rows[-1].fp32_bytes},
        lines={"fp16": np.array([one.fp16_bytes / mega for one in rows]),
               "fp32": np.array([one.fp32_bytes / mega for one in rows])},
        logarithmic=True,
        wide=True,
    )  # fmt: skip
