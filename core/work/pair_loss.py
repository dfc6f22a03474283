"""Loss of targets against the length of their inputs, joined to each length or as they are."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.evaluate.batches import batches, pad_id, padded
from core.evaluate.predict import use_cores
from core.interpret.loss_curve import UNITS_LEAST
from core.interpret.own import Own
from core.interpret.slot import Slot
from core.work.reading import MOST_TOKENS, Measured, Tell, Texts, reach, ready

LENGTH_BINS = 8
"""Of inputs as they are, with equal numbers of rows."""
MOST_BLOCKS = 40
"""Of joined rows: each is read once for every length."""
IGNORED = -100
BATCH_ROWS, BATCH_TOKENS = 16, 4096
MOST_SCORES = 2**26
"""Logits of a batch: 256 MB in float32."""


def pairs(
    held: Slot, own: Own, texts: Texts, length: int | None, hard: int | None, tell: Tell
) -> Measured:
    """Inputs of several lengths and the loss of their targets."""
    rows = [row for row in texts.rows if row.input.strip() and row.target.strip()]
    if texts.dataset is None or not rows:
        raise BadInput(
            f"{own.model} writes a target for an input, so its loss needs pairs; name a dataset "
            "with inputs and targets."
        )
    use_cores()
    if texts.dataset.task == "translation":
        most = min(reach(own, hard), MOST_TOKENS // UNITS_LEAST)
        return _joined(held, texts.dataset, rows, length, most, hard, tell)
    return _by_length(held, texts.dataset, rows, length or hard, tell)


def _joined(
    held: Slot, dataset: Dataset, rows: Sequence[Example], length: int | None, most: int,
    hard: int | None, tell: Tell,
) -> Measured:  # fmt: skip
    """The same sentences at every length, joined to fill it: content does not differ, length does.

    A unit is a block of rows that fill the longest input once. In the first bin each row is read
    by itself. Lengths are those of the whole input, with the prefix and the end token.
    """
    tokenizer = held.tokenizer
    order = np.random.default_rng(0).permutation(len(rows))
    inputs = tokenizer([rows[i].input for i in order], add_special_tokens=False)["input_ids"]
    around = len(tokenizer(dataset.prefix)["input_ids"])
    sizes = np.array([len(ids) for ids in inputs])
    longest_row = max(8, int(np.quantile(sizes, 0.9)))
    fits = sizes <= longest_row
    sizes = sizes[fits]
    chosen = [rows[i] for i, fit in zip(order, fits, strict=True) if fit]
    # Blocks end where a row does, so a few more than UNITS_LEAST must fit.
    longest = length or min(most, int(sizes.sum()) // (UNITS_LEAST + 2) + around)
    alone = longest_row + around
    lengths = [alone, *(one for one in _grid(alone, longest) if one > alone)]
    blocks = blocks_of(sizes, longest - around)[:MOST_BLOCKS]
    if len(blocks) < UNITS_LEAST or len(lengths) < 2:
        raise BadInput(
            f"{dataset.name} has {int(sizes.sum()):,} tokens of input outside its test split; "
            f"{UNITS_LEAST} times {longest:,} are needed, of rows far shorter than that. Give more "
            "data, or another length."
        )
    model = ready(held)
    sums = np.zeros((len(blocks), len(lengths), 2))
    for place, length_ in enumerate(lengths):
        room = length_ - around if place else 0
        packs = [(unit, pack) for unit, (start, end) in enumerate(blocks)
                 for pack in packs_of(sizes[start:end], start, room)]  # fmt: skip
        texts = [
            (dataset.prefix + " ".join(row.input for row in chosen[slice(*pack)]),
             " ".join(row.target for row in chosen[slice(*pack)]))
            for _, pack in packs
        ]  # fmt: skip
        for i, nats, tokens in target_losses(model, tokenizer, texts, hard):
            sums[packs[i][0], place] += nats, tokens
        tell((place + 1) / len(lengths))
    return "joined", sums, [*zip([1, *lengths[:-1]], lengths, strict=True)], longest


def _grid(shortest: int, longest: int) -> list[int]:
    """Lengths from the longest down, each √2 of the next, none below the shortest."""
    found, length = [], float(longest)
    while length >= shortest:
        found.append(round(length))
        length /= 2**0.5
    return found[::-1]


def blocks_of(sizes: NDArray[Any], longest: int) -> list[tuple[int, int]]:
    """First and one past the last row of each stretch that fills the longest input."""
    found, start, filled = [], 0, 0
    for place, size in enumerate(sizes):
        if filled + size > longest:
            found.append((start, place))
            start, filled = place, 0
        filled += int(size)
    return found


def packs_of(sizes: NDArray[Any], first: int, most: int) -> Iterator[tuple[int, int]]:
    """Cut a block into stretches of at most so many tokens; a row alone can have more."""
    start, filled = 0, 0
    for place, size in enumerate(sizes):
        if place > start and filled + size > most:
            yield first + start, first + place
            start, filled = place, 0
        filled += int(size)
    yield first + start, first + len(sizes)


def _by_length(
    held: Slot, dataset: Dataset, rows: Sequence[Example], longest: int | None, tell: Tell
) -> Measured:
    """Rows as they are, in bins of equal numbers of rows by the length of their input."""
    tokenizer = held.tokenizer
    inputs = tokenizer([dataset.model_input(row) for row in rows])["input_ids"]
    sizes = np.array([len(ids) for ids in inputs])
    kept = np.flatnonzero(sizes <= (longest or sizes.max()))
    kept = kept[: max(UNITS_LEAST, MOST_TOKENS // max(1, int(sizes.mean())))]
    shares = np.linspace(0, 1, LENGTH_BINS + 1)
    cuts = np.unique(np.quantile(sizes[kept], shares).astype(int) if len(kept) else [0])
    least = LENGTH_BINS * UNITS_LEAST
    if len(kept) < least or len(cuts) < 3:
        raise BadInput(
            f"{dataset.name} has {len(kept)} inputs that fit; {least} of differing lengths are "
            "needed to see what length does. Give more data."
        )
    edges = [*zip(cuts[:-1].tolist(), [*cuts[1:-1].tolist(), int(cuts[-1]) + 1], strict=True)]
    model = ready(held)
    texts = [(dataset.model_input(rows[i]), rows[i].target) for i in kept.tolist()]
    place = np.searchsorted(cuts[1:-1], sizes[kept], side="right")
    sums = np.zeros((len(kept), len(edges), 2))
    told = target_losses(model, tokenizer, texts, longest)
    for done, (i, nats, tokens) in enumerate(told, start=1):
        sums[i, place[i]] = nats, tokens
        tell(done / len(texts))
    return "length", sums, edges, int(sizes[kept].max())


def target_losses(
    model: Any, tokenizer: Any, texts: Sequence[tuple[str, str]], most: int | None
) -> Iterator[tuple[int, float, int]]:
    """Place, summed nats and tokens of each target, in batches of like length.

    The end token is not counted: joined targets have one where single ones have many. What a
    table of `most` rows has no place for is cut.
    """
    cut = {"truncation": most is not None, "max_length": most}
    sources = tokenizer([source for source, _ in texts], **cut)["input_ids"]
    targets = tokenizer(text_target=[target for _, target in texts], **cut)["input_ids"]
    sizes = [max(len(a), len(b)) for a, b in zip(sources, targets, strict=True)]
    room = min(BATCH_TOKENS, MOST_SCORES // model.config.get_text_config().vocab_size)
    for batch in batches(sizes, BATCH_ROWS, room):
        ids, mask = padded([sources[i] for i in batch], pad_id(tokenizer))
        labels, _ = padded([targets[i] for i in batch], IGNORED)
        labels[labels == tokenizer.eos_token_id] = IGNORED
        with torch.inference_mode():
            logits = model(
                input_ids=ids.to(model.device), attention_mask=mask.to(model.device),
                labels=labels.to(model.device),
            ).logits  # fmt: skip
            nats = cross_entropy(
                logits.float().transpose(1, 2), labels.to(model.device), ignore_index=IGNORED,
                reduction="none",
            ).sum(1)  # fmt: skip
        counted = (labels != IGNORED).sum(1)
        yield from zip(batch, nats.tolist(), counted.tolist(), strict=True)
