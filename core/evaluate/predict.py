"""Answers of a model to examples: written, classified or pointed at, in batches.

    model, tokenizer = load(ref, dataset)
    answer(model, tokenizer, dataset, examples)  the texts, in order
    each(model, tokenizer, dataset, examples)    all that is known of each answer, batch by batch

An encoder-decoder or decoder writes (greedily, so that a second time gives the same); an encoder
chooses a label or a span of the passage.
"""

import os
from collections.abc import Sequence
from typing import Any

import torch

from core.data.dataset import Dataset, Example
from core.evaluate.answer import Answer
from core.evaluate.batches import answer_tokens, batches, pad_id, rows_at_once
from core.evaluate.classify import classify
from core.evaluate.extract import extract
from core.evaluate.prompt import Prompt
from core.evaluate.prompts import fitted, prompt_ids
from core.evaluate.source import Batches
from core.evaluate.write import write
from core.models.load import load_config, load_model, load_tokenizer
from core.models.purpose import purpose_for
from core.models.resolve import ModelRef
from core.models.shape import from_config

LEAVE = 1 / 8
"""Share of a batch that is written again with those of other batches, if it does not end."""


def load(ref: ModelRef, dataset: Dataset, *, writes: bool = False) -> tuple[Any, Any]:
    """A model and its tokenizer, ready to answer: on the GPU in bfloat16 where there is one.

    Args:
        ref: What `core.models.resolve` gave.
        dataset: Its task says what the model is loaded for, its classes what a head is for.
        writes: A decoder is to write labels, where it would be given a head for them.

    Raises:
        BadInput: The model is not of a kind that can do the dataset's task.
    """
    config = load_config(ref)
    purpose = purpose_for(from_config(config.to_dict()).family, dataset.task, ref.name)
    if writes and purpose == "classification":
        purpose = "causal"
    names = dataset.classes
    # A head that was trained for these labels is kept, whatever their order; else a new one.
    trained = set((getattr(config, "id2label", None) or {}).values()) == set(names)
    torch.manual_seed(0)
    new_head = purpose == "classification" and not trained
    model = load_model(
        ref, purpose, names if new_head else None, several=dataset.label_separator is not None
    )
    if torch.cuda.is_available():
        model.to("cuda", getattr(torch, precision()))
    tokenizer = load_tokenizer(ref)
    if model.config.pad_token_id is None:
        # A decoder that classifies looks at the last token that is no padding.
        model.config.pad_token_id = pad_id(tokenizer)
    return model, tokenizer


def precision() -> str:
    """What a loaded model computes in on this machine."""
    fast = torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if fast else "float32"


def use_cores() -> None:
    """Compute on every core this process may use, unless OMP_NUM_THREADS says otherwise."""
    if "OMP_NUM_THREADS" not in os.environ:
        affinity = getattr(os, "sched_getaffinity", None)
        torch.set_num_threads(len(affinity(0)) if affinity else os.cpu_count() or 1)


def answer(
    model: Any,
    tokenizer: Any,
    dataset: Dataset,
    examples: Sequence[Example],
    *,
    most_rows: int | None = None,
    max_new_tokens: int | None = None,
) -> list[str]:
    """The texts that a loaded model answers, in the order of the examples; the rest as `each`."""
    given = each(
        model, tokenizer, dataset, examples, most_rows=most_rows, max_new_tokens=max_new_tokens
    )
    found = dict(pair for batch in given for pair in batch)
    return [found[place].text for place in range(len(examples))]


def each(
    model: Any,
    tokenizer: Any,
    dataset: Dataset,
    examples: Sequence[Example],
    *,
    most_rows: int | None = None,
    max_new_tokens: int | None = None,
    prompt: Prompt | None = None,
) -> Batches:
    """Let a loaded model answer examples, longest first.

    The model's mode is left as it was found; its weights are not touched.

    Args:
        model: As `load` gives it.
        tokenizer: The model's.
        dataset: Task and prefix.
        examples: What to answer.
        most_rows: Examples at once; None = as the device and the model want.
        max_new_tokens: Longest answer; None = from the examples' targets.
        prompt: In whose words a model that writes is asked; None = in the dataset's.
    """
    if not examples:
        return
    rows = most_rows or rows_at_once(model)
    limit = max_new_tokens or answer_tokens(tokenizer, examples)
    was_training = model.training
    model.eval()
    try:
        if model.can_generate():
            yield from _written(model, tokenizer, dataset, examples, limit, rows, prompt)
        elif dataset.task == "question-answering":
            yield from extract(model, tokenizer, examples, limit, rows)
        else:
            yield from classify(model, tokenizer, dataset, examples, rows)
    finally:
        model.train(was_training)


def _written(
    model: Any,
    tokenizer: Any,
    dataset: Dataset,
    examples: Sequence[Example],
    limit: int,
    most_rows: int,
    prompt: Prompt | None,
) -> Batches:
    rows = [fitted(model, tokenizer, ids, limit)
            for ids in prompt_ids(model, tokenizer, dataset, examples, prompt)]  # fmt: skip
    planned = list(batches([len(ids) for ids in rows], most_rows))
    left: list[int] = []
    for batch in planned:
        # The few that go on when most have ended wait for those of other batches.
        yield _batch(model, tokenizer, rows, batch, limit, left, LEAVE * (len(planned) > 1))
    waiting = left.copy()
    for again in batches([len(rows[place]) for place in waiting], most_rows):
        yield _batch(model, tokenizer, rows, [waiting[n] for n in again], limit, left, 0.0)


def _batch(
    model: Any,
    tokenizer: Any,
    rows: Sequence[list[int]],
    batch: Sequence[int],
    limit: int,
    left: list[int],
    leave: float,
) -> list[tuple[int, Answer]]:
    """What a batch writes; the places of rows that it leaves are added to `left`."""
    with torch.inference_mode():
        new = write(model, tokenizer, [rows[place] for place in batch], limit, leave)
    done = {place: tokens for place, tokens in zip(batch, new, strict=True) if tokens is not None}
    left += [place for place in batch if place not in done]
    texts = tokenizer.batch_decode(list(done.values()), skip_special_tokens=True)
    return [
        (place, Answer(text.strip(), input_tokens=len(rows[place]), output_tokens=len(tokens)))
        for (place, tokens), text in zip(done.items(), texts, strict=True)
    ]
