"""Answers of a model to examples: generated, classified or pointed at, in batches.

    predict(ref, dataset, examples)              loads the model first
    answer(model, tokenizer, dataset, examples)  with one that is loaded

An encoder-decoder or decoder writes (greedily, so that a second time gives the same); an encoder
chooses a label or a span of the passage.
"""

import os
from collections.abc import Sequence
from typing import Any

import torch

from core.chat import messages_of
from core.data.dataset import Dataset, Example
from core.evaluate.batches import (
    BATCH_SIZE,
    Progress,
    answer_tokens,
    batches,
    cut,
    pad_id,
    padded,
    room_for,
)
from core.evaluate.extract import extract
from core.models import chat
from core.models.load import load_config, load_model, load_tokenizer
from core.models.purpose import purpose_for
from core.models.resolve import ModelRef
from core.models.shape import from_config


def predict(
    ref: ModelRef,
    dataset: Dataset,
    examples: Sequence[Example],
    *,
    labels: tuple[str, ...] | None = None,
    on_progress: Progress | None = None,
    batch_size: int = BATCH_SIZE,
) -> list[str]:
    """Load a model and let it answer.

    Args:
        ref: What `core.models.resolve` gave.
        dataset: Task, prefix and labels.
        examples: What to answer; their targets only bound the length of what is written.
        labels: Class names for a classifier; None = the dataset's classes.
        on_progress: Told after each batch; what it raises ends the work.
        batch_size: Examples at once.

    Raises:
        BadInput: The model is not of a kind that can do the dataset's task.
    """
    config = load_config(ref)
    purpose = purpose_for(from_config(config.to_dict()).family, dataset.task, ref.name)
    names = dataset.classes if labels is None else labels
    # A head that was trained for these labels is kept, whatever their order; else a new one.
    trained = set((getattr(config, "id2label", None) or {}).values()) == set(names)
    torch.manual_seed(0)
    new_head = purpose == "classification" and not trained
    model = load_model(
        ref, purpose, names if new_head else None, several=dataset.label_separator is not None
    )
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = load_tokenizer(ref)
    if model.config.pad_token_id is None:
        # A decoder that classifies looks at the last token that is no padding.
        model.config.pad_token_id = pad_id(tokenizer)
    return answer(
        model, tokenizer, dataset, examples, on_progress=on_progress, batch_size=batch_size
    )


def use_cores() -> None:
    """Compute on every core this process may use, unless OMP_NUM_THREADS says otherwise."""
    if "OMP_NUM_THREADS" not in os.environ:
        affinity = getattr(os, "sched_getaffinity", None)
        torch.set_num_threads(len(affinity(0)) if affinity else os.cpu_count() or 1)


def copy_source(examples: Sequence[Example]) -> list[str]:
    """The baseline that repeats its input (for question answering, the passage)."""
    return [example.input if example.context is None else example.context for example in examples]


def answer(
    model: Any,
    tokenizer: Any,
    dataset: Dataset,
    examples: Sequence[Example],
    *,
    on_progress: Progress | None = None,
    batch_size: int = BATCH_SIZE,
    max_new_tokens: int | None = None,
) -> list[str]:
    """Let a loaded model answer examples, in their order.

    The model's mode is left as it was found; its weights are not touched.

    Args:
        model: As `core.models.load` gives it.
        tokenizer: The model's.
        dataset: Task and prefix.
        examples: What to answer.
        on_progress: Told after each batch; what it raises ends the work.
        batch_size: Examples at once.
        max_new_tokens: Longest answer; None = from the examples' targets.
    """
    if not examples:
        return []
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            if model.can_generate():
                limit = max_new_tokens or answer_tokens(tokenizer, examples)
                return _generate(
                    model, tokenizer, dataset, examples, limit, batch_size, on_progress
                )
            if dataset.task == "question-answering":
                return extract(model, tokenizer, examples, batch_size, on_progress)
            return _classify(model, tokenizer, dataset, examples, batch_size, on_progress)
    finally:
        model.train(was_training)


def _generate(
    model: Any,
    tokenizer: Any,
    dataset: Dataset,
    examples: Sequence[Example],
    limit: int,
    batch_size: int,
    on_progress: Progress | None,
) -> list[str]:
    decoder_only = not model.config.is_encoder_decoder
    room = room_for(tokenizer, limit if decoder_only else 0)
    if decoder_only and dataset.chat:
        rows = [chat.prompt_ids(tokenizer, messages_of(example)) for example in examples]
    else:
        rows = tokenizer([dataset.model_input(example) for example in examples])["input_ids"]
    # The end of a prompt says what is wanted; the last id of an encoder's input ends the text.
    # A model continues at least one token, so an empty prompt becomes the end of nothing.
    rows = [ids[-room:] or [pad_id(tokenizer)] if decoder_only else cut(ids, room) for ids in rows]
    found: dict[int, str] = {}
    for batch in batches([len(ids) for ids in rows], batch_size, on_progress):
        ids, mask = padded([rows[i] for i in batch], pad_id(tokenizer), left=decoder_only)
        written = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            max_new_tokens=limit,
            do_sample=False,
            num_beams=1,
            pad_token_id=pad_id(tokenizer),
        )
        new = written[:, ids.shape[1] :] if decoder_only else written
        texts = tokenizer.batch_decode(new, skip_special_tokens=True)
        found.update(zip(batch, (text.strip() for text in texts), strict=True))
    return [found[i] for i in range(len(rows))]


def _classify(
    model: Any,
    tokenizer: Any,
    dataset: Dataset,
    examples: Sequence[Example],
    batch_size: int,
    on_progress: Progress | None,
) -> list[str]:
    scores = class_scores(model, tokenizer, dataset, examples, batch_size, on_progress)
    names, separator = model.config.id2label, dataset.label_separator
    if separator is None:
        return [names[number] for number in scores.argmax(-1).tolist()]
    # With several labels to a row each class is a yes or no; the likeliest is always one.
    yes = (scores > 0) | (scores == scores.max(-1, keepdim=True).values)
    return [separator.join(names[n] for n, said in enumerate(row) if said) for row in yes.tolist()]


def class_scores(
    model: Any,
    tokenizer: Any,
    dataset: Dataset,
    examples: Sequence[Example],
    batch_size: int = BATCH_SIZE,
    on_progress: Progress | None = None,
) -> torch.Tensor:
    """Logits of a loaded classifier, (examples, labels), in the order of the examples."""
    room = room_for(tokenizer)
    rows = tokenizer([dataset.model_input(example) for example in examples])["input_ids"]
    rows = [cut(ids, room) for ids in rows]
    found: dict[int, torch.Tensor] = {}
    for batch in batches([len(ids) for ids in rows], batch_size, on_progress):
        ids, mask = padded([rows[i] for i in batch], pad_id(tokenizer))
        logits = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device)).logits
        found.update(zip(batch, logits.float().cpu(), strict=True))
    return torch.stack([found[i] for i in range(len(rows))])
