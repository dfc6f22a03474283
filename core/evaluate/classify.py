"""Labels that a loaded classifier chooses, and how likely it holds each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from core.data.dataset import Dataset, Example
from core.evaluate.answer import Answer
from core.evaluate.batches import MOST_ROWS, batches, cut, pad_id, padded, room_for
from core.evaluate.source import Batches

_DIGITS = 6
"""Of a probability that is kept."""


def classify(
    model: Any, tokenizer: Any, dataset: Dataset, examples: Sequence[Example], most_rows: int
) -> Batches:
    """A label for each example; where it may have several, all that are likelier than not.

    Probabilities are a softmax over the labels, or a sigmoid of each where there may be several.
    """
    names = model.config.id2label
    for batch, lengths, logits in _logits(model, tokenizer, dataset, examples, most_rows):
        yield list(zip(batch, chosen(logits, names, dataset, lengths), strict=True))


def chosen(
    logits: Tensor, names: Mapping[int, str], dataset: Dataset, lengths: Sequence[int]
) -> list[Answer]:
    """What the logits of some examples, (rows, labels), say; `lengths`: tokens of each input."""
    separator = dataset.label_separator
    shares = logits.softmax(-1) if separator is None else logits.sigmoid()
    # With several labels each class is a yes or no; the likeliest is always one.
    yes = logits == logits.max(-1, keepdim=True).values
    if separator is not None:
        yes |= logits > 0
    found = []
    for share, said, length in zip(shares.tolist(), yes.tolist(), lengths, strict=True):
        labels = [names[number] for number, is_one in enumerate(said) if is_one]
        likely = {names[number]: round(p, _DIGITS) for number, p in enumerate(share)}
        text = labels[0] if separator is None else separator.join(labels)
        found.append(Answer(text, probabilities=likely, input_tokens=length))
    return found


def class_scores(
    model: Any, tokenizer: Any, dataset: Dataset, examples: Sequence[Example]
) -> Iterator[tuple[list[int], Tensor]]:
    """Logits of a loaded classifier, batch by batch: places in `examples`, and (rows, labels)."""
    for batch, _, logits in _logits(model, tokenizer, dataset, examples, MOST_ROWS):
        yield batch, logits


def _logits(
    model: Any, tokenizer: Any, dataset: Dataset, examples: Sequence[Example], most_rows: int
) -> Iterator[tuple[list[int], list[int], Tensor]]:
    """Places, tokens of each input, and logits."""
    room = room_for(tokenizer)
    rows = tokenizer([dataset.model_input(example) for example in examples])["input_ids"]
    rows = [cut(ids, room) for ids in rows]
    for batch in batches([len(ids) for ids in rows], most_rows):
        ids, mask = padded([rows[i] for i in batch], pad_id(tokenizer))
        with torch.inference_mode():
            logits = model(
                input_ids=ids.to(model.device), attention_mask=mask.to(model.device)
            ).logits
        yield batch, [len(rows[i]) for i in batch], logits.float().cpu()
