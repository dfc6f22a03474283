"""The attention of a loaded model on many sentences, batch by batch."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.interpret import tap
from core.interpret.captured import KINDS
from core.interpret.measures import heads_summary
from core.units import MEGA
from core.work.forced import Batch, Forced, Row

Weights = dict[str, NDArray[np.float32]]
"""By kind, (layers, heads, queries, keys) of one sentence, without padding."""
_MOST_BYTES = 256 * MEGA
"""Weights of a batch that are held at once."""


def rows_within(forced: Forced, heads: int) -> int:
    """How many of the longest rows keep a batch's weights within memory."""
    longest = max(len(row.read) + len(row.told) for row in forced.rows)
    return max(1, int(_MOST_BYTES / (4 * heads * longest * longest)))


def weights_of(
    forced: Forced, batch: Batch, kinds: Sequence[str] = KINDS
) -> dict[str, list[NDArray[np.float32]]]:
    """By kind, for each layer (rows, heads, queries, keys), padding included."""
    found: dict[str, list[NDArray[np.float32]]] = {}

    def attend(call: tap.Call) -> torch.Tensor:
        if call.kind not in kinds:
            return call.fused()
        weights = call.weights(torch.float32)
        found.setdefault(call.kind, []).append(weights.cpu().numpy())
        return call.mix(weights)

    with torch.inference_mode(), tap.attending(forced.model, attend):
        forced.model(**batch.inputs)
    return found


def each(
    forced: Forced, most_rows: int, kinds: Sequence[str] = KINDS
) -> Iterator[tuple[Row, Weights]]:
    """Every row with its attention of some kinds."""
    for batch in forced.batches(most_rows):
        layers = weights_of(forced, batch, kinds)
        for number, row in enumerate(batch.rows):
            yield (
                row,
                {
                    kind: np.stack([layer[number][:, :queries, :keys] for layer in stack])
                    for kind, stack in layers.items()
                    for queries, keys in [sizes(forced, row, kind)]
                },
            )


def sizes(forced: Forced, row: Row, kind: str) -> tuple[int, int]:
    """Queries and keys of a row that are no padding."""
    if not forced.model.config.is_encoder_decoder:
        whole = len(row.read) + len(row.told)
        return whole, whole
    read, told = len(row.read), len(row.told)
    return {"encoder": (read, read), "decoder": (told, told), "cross": (told, read)}[kind]


def looked_at(forced: Forced, row: Row) -> list[str]:
    """What a decoder reads, token by token, as names: equal ones are the same token."""
    config = forced.model.config
    if not config.is_encoder_decoder:
        return [str(token) for token in [*row.read, *row.told]]
    return [str(token) for token in [config.decoder_start_token_id, *row.told[:-1]]]


def separators(forced: Forced, row: Row, kind: str) -> list[bool]:
    """Which keys of a row are special tokens; the decoder beside an encoder begins with one."""
    special = set(forced.tokenizer.all_special_ids)
    if not forced.model.config.is_encoder_decoder:
        return [token in special for token in [*row.read, *row.told]]
    if kind == "decoder":
        return [True, *(token in special for token in row.told[:-1])]
    return [token in special for token in row.read]


@dataclass(frozen=True)
class Habit:
    """What a head does over many sentences: shares of them by pattern, and means."""

    patterns: dict[str, float]
    entropy_nats: float
    mean_distance_tokens: float
    sink_mass: float

    @property
    def pattern(self) -> str:
        """The most frequent one."""
        return next(iter(self.patterns))


class Atlas:
    """Counts what each head does, sentence by sentence."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int, int], Counter[str]] = {}
        self._sums: dict[tuple[str, int, int], NDArray[Any]] = {}

    def add(self, forced: Forced, row: Row, weights: Weights) -> None:
        """One sentence more."""
        for kind, found in weights.items():
            causal = kind == "decoder"
            for head in heads_summary(
                kind, found, separators(forced, row, kind), causal=causal,
                tokens=looked_at(forced, row) if causal else None,
            ):  # fmt: skip
                place = (kind, head.layer, head.head)
                self._counts.setdefault(place, Counter())[head.pattern] += 1
                numbers = (head.entropy_nats, head.mean_distance_tokens, head.sink_mass)
                self._sums[place] = self._sums.get(place, np.zeros(3)) + numbers

    def habits(self) -> dict[tuple[str, int, int], Habit]:
        """By kind, layer and head."""
        found = {}
        for place, counts in self._counts.items():
            n = counts.total()
            shares = {name: count / n for name, count in counts.most_common()}
            found[place] = Habit(shares, *(float(one / n) for one in self._sums[place]))
        return found
