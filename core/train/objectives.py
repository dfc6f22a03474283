"""What a model learns from an example, by the purpose it is loaded for: examples to token ids.

    seq2seq              input text -> target text                     (T5)
    classification       input text -> one of the labels               (BERT)
    question-answering   question and passage -> where the answer is   (BERT)
    causal               prompt -> completion, or a conversation -> its last answer; the loss is on
                         the completion or answer alone  (GPT, Llama)

Texts are tokenised once, into plain lists; a batch is padded to its longest row.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from core.chat import messages_of
from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.models import chat
from core.train.config import TrainConfig
from core.train.soft import COLUMN

IGNORED = -100
"""A label that the loss passes over."""

Feature = dict[str, Any]


@dataclass
class Features:
    """Examples as token ids.

    Attributes:
        rows: One dict a training row; `labels` or positions beside the ids.
        cut_inputs, cut_targets: Examples whose input or target was longer than allowed.
    """

    rows: list[Feature] = field(default_factory=list)
    cut_inputs: int = 0
    cut_targets: int = 0


def _seq2seq(
    tokenizer: Any, dataset: Dataset, examples: Sequence[Example], config: TrainConfig
) -> Features:
    made = Features()
    inputs = tokenizer([dataset.model_input(e) for e in examples])["input_ids"]
    targets = tokenizer(text_target=[e.target for e in examples])["input_ids"]
    limit = _limit(tokenizer, config)
    for ids, labels in zip(inputs, targets, strict=True):
        made.cut_inputs += len(ids) > limit
        made.cut_targets += len(labels) > config.max_target_tokens
        made.rows.append(
            {"input_ids": _cut(ids, limit), "labels": _cut(labels, config.max_target_tokens)}
        )
    return made


def _classification(
    tokenizer: Any, dataset: Dataset, examples: Sequence[Example], config: TrainConfig
) -> Features:
    made = Features()
    """One label, as its number; where a row may have several, a 1 or 0 for each class."""
    numbers = {label: number for number, label in enumerate(dataset.classes)}
    limit = _limit(tokenizer, config)
    encoded = tokenizer([dataset.model_input(e) for e in examples])["input_ids"]
    for ids, example in zip(encoded, examples, strict=True):
        names = dataset.labels_of(example.target)
        strange = [name for name in names if name not in numbers]
        if strange or not names:
            raise BadInput(
                f"The label {(strange or [example.target])[0]!r} of {example.id} in "
                f"{dataset.title} is not in the training split; its labels are "
                f"{', '.join(dataset.classes)}."
            )
        made.cut_inputs += len(ids) > limit
        labels: int | list[float] = numbers[names[0]]
        if dataset.label_separator is not None:
            labels = [float(name in names) for name in numbers]
        made.rows.append({"input_ids": _cut(ids, limit), "labels": labels})
    return made


def _span(
    tokenizer: Any, dataset: Dataset, examples: Sequence[Example], config: TrainConfig
) -> Features:
    """Windows of question and passage; where a window lacks the answer, both ends are token 0."""
    made = Features()
    limit = _limit(tokenizer, config)
    for example in examples:
        passage = example.context or ""
        start = passage.find(example.target)
        if start < 0 or not example.target:
            raise BadInput(
                f"The answer {example.target!r} of {example.id} in {dataset.title} does not stand "
                "in its passage word for word; correct the row or leave it out."
            )
        question, taken = _shortened(tokenizer, example.input, limit // 2)
        room = limit - taken - tokenizer.num_special_tokens_to_add(pair=True)
        windows = tokenizer(
            question,
            passage,
            truncation="only_second",
            max_length=limit,
            stride=max(0, room // 2),  # windows overlap by half
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        made.cut_inputs += len(windows["input_ids"]) > 1
        end = start + len(example.target)
        for number, ids in enumerate(windows["input_ids"]):
            offsets = windows["offset_mapping"][number]
            first, last = _tokens_of(offsets, windows.sequence_ids(number), start, end)
            row: Feature = {"input_ids": ids, "start_positions": first, "end_positions": last}
            if "token_type_ids" in windows:
                row["token_type_ids"] = windows["token_type_ids"][number]
            made.rows.append(row)
    return made


def _tokens_of(
    offsets: Sequence[tuple[int, int]], parts: Sequence[int | None], start: int, end: int
) -> tuple[int, int]:
    """First and last token of the characters [start, end) of the passage; (0, 0) if cut off."""
    inside = [
        index
        for index, (part, (low, high)) in enumerate(zip(parts, offsets, strict=True))
        if part == 1 and low < end and high > start
    ]
    whole = bool(inside) and offsets[inside[0]][0] <= start and offsets[inside[-1]][1] >= end
    return (inside[0], inside[-1]) if whole else (0, 0)


def _causal(
    tokenizer: Any, dataset: Dataset, examples: Sequence[Example], config: TrainConfig
) -> Features:
    made = Features()
    for prompt, answer in _asked(tokenizer, dataset, examples):
        learnt = _cut(answer, config.max_target_tokens)
        room = int(tokenizer.model_max_length) - len(learnt)
        limit = max(1, min(config.max_input_tokens, room))
        made.cut_inputs += len(prompt) > limit
        made.cut_targets += len(answer) > config.max_target_tokens
        kept = prompt[-limit:]
        made.rows.append({"input_ids": [*kept, *learnt], "labels": [IGNORED] * len(kept) + learnt})
    return made


def _asked(
    tokenizer: Any, dataset: Dataset, examples: Sequence[Example]
) -> Iterator[tuple[list[int], list[int]]]:
    """Ids of each prompt, and of its answer with what ends it: the model must learn to stop."""
    if dataset.chat:
        for example in examples:
            said = messages_of(example)
            answer = chat.answer_ids(tokenizer, said, example.target)
            yield chat.prompt_ids(tokenizer, said), answer
        return
    prompts = tokenizer([dataset.model_input(e) for e in examples])["input_ids"]
    answers = tokenizer([e.target for e in examples], add_special_tokens=False)["input_ids"]
    for prompt, answer in zip(prompts, answers, strict=True):
        yield prompt, [*answer, tokenizer.eos_token_id]


def _limit(tokenizer: Any, config: TrainConfig) -> int:
    """Tokens an input may have: the setting, or less where the model cannot take as many."""
    return min(config.max_input_tokens, int(tokenizer.model_max_length))


def _cut(ids: list[int], limit: int) -> list[int]:
    """At most `limit` ids; the last one, which ends the text, is kept."""
    return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]


def _shortened(tokenizer: Any, text: str, limit: int) -> tuple[str, int]:
    """The text's beginning, at most `limit` tokens of it, and how many these are."""
    offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ends = [end for _, end in offsets["offset_mapping"]]
    return (text, len(ends)) if len(ends) <= limit else (text[: ends[limit - 1]], limit)


class Collator:
    """Features to a batch: rows padded on the right to the longest, numbers stacked.

    Args:
        pad_id: The tokenizer's id for padding.
    """

    def __init__(self, pad_id: int) -> None:
        self._fill = {"input_ids": pad_id, "labels": IGNORED, "token_type_ids": 0, COLUMN: 0}

    def __call__(self, rows: Sequence[Feature]) -> dict[str, Tensor]:
        """Build tensors: (batch, longest) for lists, (batch,) for numbers, and attention_mask."""
        batch: dict[str, Tensor] = {}
        for name in rows[0]:
            values = [row[name] for row in rows]
            if isinstance(values[0], list):
                values = _padded(values, self._fill[name])
            batch[name] = torch.tensor(values)
        ones = [[1] * len(row["input_ids"]) for row in rows]
        batch["attention_mask"] = torch.tensor(_padded(ones, 0))
        return batch


def _padded(rows: Sequence[list[int]], fill: int) -> list[list[int]]:
    longest = max(map(len, rows))
    return [row + [fill] * (longest - len(row)) for row in rows]


Make = Callable[[Any, Dataset, Sequence[Example], TrainConfig], Features]

MAKERS: dict[str, Make] = {
    "seq2seq": _seq2seq,
    "classification": _classification,
    "question-answering": _span,
    "causal": _causal,
}
"""By the purpose a model is loaded for: tokenizer, dataset, examples, configuration -> features."""
