"""How a loaded model that writes is surprised by the reference, in nats (teacher forcing)."""

from collections.abc import Iterator, Sequence
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
    places, rows = forced(model, tokenizer, dataset, examples, prompt)
    if len(places) < len(examples):
        known = set(places)
        yield [(place, Answer("")) for place in range(len(examples)) if place not in known]
    for batch in planned(model, rows, most_rows):
        chosen = [rows[i] for i in batch]
        with torch.inference_mode():
            nats = nats_of(model, inputs_of(model, tokenizer, chosen), chosen).tolist()
        yield [
            (places[i], Answer("", reference_nats=round(sum_, 6), reference_tokens=len(rows[i][1])))
            for i, sum_ in zip(batch, nats, strict=True)
        ]


Rows = Sequence[tuple[list[int], list[int]]]
"""What is read, and what should come."""


def forced(
    model: Any, tokenizer: Any, dataset: Dataset, examples: Sequence[Example],
    prompt: Prompt | None = None,
) -> tuple[list[int], list[tuple[list[int], list[int]]]]:  # fmt: skip
    """The places of the examples whose reference can be put to the model, and their rows of ids.

    It cannot where the reference is empty, or longer than what the model can read.
    """
    prompts = prompt_ids(model, tokenizer, dataset, examples, prompt)
    said = _references(model, tokenizer, dataset, examples, prompt)
    most = int(tokenizer.model_max_length) - (not model.config.is_encoder_decoder)
    places = [place for place, (example, ids) in enumerate(zip(examples, said, strict=True))
              if example.target.strip() and len(ids) <= most]  # fmt: skip
    return places, [
        (fitted(model, tokenizer, prompts[place], len(said[place])), said[place])
        for place in places
    ]


def planned(model: Any, rows: Rows, most_rows: int) -> Iterator[list[int]]:
    """Indices of rows in batches of like length, longest first."""
    seq2seq = model.config.is_encoder_decoder
    lengths = [max(len(read), len(told)) if seq2seq else len(read) + len(told)
               for read, told in rows]  # fmt: skip
    budget = min(MOST_TOKENS, _MOST_SCORES // model.config.get_text_config().vocab_size)
    return batches(lengths, most_rows, budget)


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


def inputs_of(model: Any, tokenizer: Any, rows: Rows) -> dict[str, Tensor]:
    """What the model is called with for a batch of rows, teacher-forced."""
    if model.config.is_encoder_decoder:
        ids, mask = padded([read for read, _ in rows], pad_id(tokenizer))
        labels, _ = padded([told for _, told in rows], _IGNORED)
        found = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    else:
        # Padding stands on the right, after all that counts, so places need no correction.
        ids, mask = padded([read + told for read, told in rows], pad_id(tokenizer))
        found = {"input_ids": ids, "attention_mask": mask}
    return {name: value.to(model.device) for name, value in found.items()}


def nats_of(model: Any, inputs: dict[str, Tensor], rows: Rows) -> Tensor:
    """−ln p of what should come, summed over each row's tokens, (rows,)."""
    logits = model(**inputs).logits
    if model.config.is_encoder_decoder:
        return _nats(logits, inputs["labels"])
    labels, _ = padded([[_IGNORED] * len(read) + told for read, told in rows], _IGNORED)
    return _nats(logits[:, :-1], labels[:, 1:])


def _nats(logits: Tensor, labels: Tensor) -> Tensor:
    """Summed over each row's labels, (rows,)."""
    each = cross_entropy(
        logits.float().transpose(1, 2), labels.to(logits.device), ignore_index=_IGNORED,
        reduction="none",
    )  # fmt: skip
    return each.sum(1)
