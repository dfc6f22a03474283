"""How a loaded model that writes is surprised by the reference, in nats (teacher forcing)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.chat import messages_of
from core.data.dataset import Dataset, Example
from core.evaluate.answer import Answer
from core.evaluate.batches import MOST_TOKENS, batches, pad_id, padded
from core.evaluate.prompt import Prompt
from core.evaluate.prompts import fitted, prompt_ids, templated
from core.evaluate.source import Batches
from core.models import chat

_IGNORED = -100
_MOST_SCORES = 2**26
"""Logits of a batch: 256 MB in float32. They are gone before the next batch."""


def surprise(
    model: Any, tokenizer: Any, dataset: Dataset, examples: Sequence[Example], most_rows: int,
    prompt: Prompt | None = None,
) -> Batches:  # fmt: skip
    """−ln p(reference | input) of each example, with the token that ends the reference.

    A reference that is empty, or longer than what the model can read, has none.
    """
    prompts = prompt_ids(model, tokenizer, dataset, examples, prompt)
    said = _references(model, tokenizer, dataset, examples, prompt)
    seq2seq = model.config.is_encoder_decoder
    most = int(tokenizer.model_max_length) - (not seq2seq)
    fits = [bool(e.target.strip()) and len(ids) <= most
            for e, ids in zip(examples, said, strict=True)]  # fmt: skip
    if not all(fits):
        yield [(place, Answer("")) for place, fit in enumerate(fits) if not fit]
    places = [place for place, fit in enumerate(fits) if fit]
    rows = [(fitted(model, tokenizer, prompts[place], len(said[place])), said[place])
            for place in places]  # fmt: skip
    lengths = [max(len(read), len(told)) if seq2seq else len(read) + len(told)
               for read, told in rows]  # fmt: skip
    budget = min(MOST_TOKENS, _MOST_SCORES // model.config.get_text_config().vocab_size)
    nats_of = _seq2seq if seq2seq else _causal
    for batch in batches(lengths, most_rows, budget):
        with torch.inference_mode():
            nats = nats_of(model, tokenizer, [rows[i] for i in batch]).tolist()
        yield [
            (places[i], Answer("", reference_nats=round(sum_, 6), reference_tokens=len(rows[i][1])))
            for i, sum_ in zip(batch, nats, strict=True)
        ]


def _references(
    model: Any, tokenizer: Any, dataset: Dataset, examples: Sequence[Example],
    prompt: Prompt | None,
) -> list[list[int]]:  # fmt: skip
    """Ids of each reference with what ends it, as a training learns them."""
    targets = [example.target for example in examples]
    if prompt is not None and templated(tokenizer, prompt):
        return [chat.answer_ids(tokenizer, prompt.messages(e), e.target) for e in examples]
    if prompt is not None:
        targets = [prompt.answered(target) for target in targets]
    if model.config.is_encoder_decoder:
        rows: list[list[int]] = tokenizer(text_target=targets)["input_ids"]
        return rows
    if dataset.chat:
        return [chat.answer_ids(tokenizer, messages_of(e), e.target) for e in examples]
    plain = tokenizer(targets, add_special_tokens=False)["input_ids"]
    return [[*ids, tokenizer.eos_token_id] for ids in plain]


Rows = Sequence[tuple[list[int], list[int]]]
"""What is read, and what should come."""


def _seq2seq(model: Any, tokenizer: Any, rows: Rows) -> Tensor:
    ids, mask = padded([read for read, _ in rows], pad_id(tokenizer))
    labels, _ = padded([told for _, told in rows], _IGNORED)
    logits = model(
        input_ids=ids.to(model.device), attention_mask=mask.to(model.device),
        labels=labels.to(model.device),
    ).logits  # fmt: skip
    return _nats(logits, labels)


def _causal(model: Any, tokenizer: Any, rows: Rows) -> Tensor:
    ids, mask = padded([read + told for read, told in rows], pad_id(tokenizer))
    labels, _ = padded([[_IGNORED] * len(read) + told for read, told in rows], _IGNORED)
    # Padding stands on the right, after all that counts, so places need no correction.
    logits = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device)).logits
    return _nats(logits[:, :-1], labels[:, 1:])


def _nats(logits: Tensor, labels: Tensor) -> Tensor:
    """Summed over each row's labels, (rows,)."""
    each = cross_entropy(
        logits.float().transpose(1, 2), labels.to(logits.device), ignore_index=_IGNORED,
        reduction="none",
    )  # fmt: skip
    return each.sum(1)
