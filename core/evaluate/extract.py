"""Answers as spans of a passage, by a model that points at their first and last token."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from core.data.dataset import Example
from core.evaluate.answer import Answer
from core.evaluate.batches import batches, pad_id, padded, room_for
from core.evaluate.source import Batches
from core.evaluate.spans import best_span


def extract(
    model: Any,
    tokenizer: Any,
    examples: Sequence[Example],
    most_tokens: int,
    most_rows: int,
) -> Batches:
    """Answers as spans of the passage, of at most `most_tokens`.

    A long passage is read in windows that overlap; an example is answered when all of them were.
    """
    room = room_for(tokenizer)
    windows = [
        (number, window)
        for number, example in enumerate(examples)
        for window in _windows(tokenizer, example, room)
    ]
    best: dict[int, tuple[float, str]] = {}
    tokens, left = Counter[int](), Counter(number for number, _ in windows)
    for number, window in windows:
        tokens[number] += len(window["input_ids"])
    for batch in batches([len(w["input_ids"]) for _, w in windows], most_rows):
        chosen = [windows[i] for i in batch]
        ids, mask = padded([w["input_ids"] for _, w in chosen], pad_id(tokenizer))
        inputs = {"input_ids": ids.to(model.device), "attention_mask": mask.to(model.device)}
        if "token_type_ids" in chosen[0][1]:
            types, _ = padded([w["token_type_ids"] for _, w in chosen], 0)
            inputs["token_type_ids"] = types.to(model.device)
        with torch.inference_mode():
            out = model(**inputs)
        starts, ends = out.start_logits.float().cpu().numpy(), out.end_logits.float().cpu().numpy()
        for row, (number, window) in enumerate(chosen):
            inside = np.zeros(starts.shape[1], dtype=bool)
            inside[: len(window["inside"])] = window["inside"]
            span = best_span(starts[row], ends[row], inside, most_tokens)
            if span is None or (number in best and best[number][0] >= span[2]):
                continue
            low, high = window["offsets"][span[0]][0], window["offsets"][span[1]][1]
            best[number] = (span[2], (examples[number].context or "")[low:high].strip())
        left.subtract(number for number, _ in chosen)
        yield [
            (number, Answer(best.get(number, (0.0, ""))[1], input_tokens=tokens[number]))
            for number in dict.fromkeys(number for number, _ in chosen) if not left[number]
        ]  # fmt: skip


def _windows(tokenizer: Any, example: Example, room: int) -> Iterator[dict[str, Any]]:
    """Question and passage as token ids, cut into windows that overlap by half their room."""
    offsets = tokenizer(example.input, add_special_tokens=False, return_offsets_mapping=True)
    ends = [end for _, end in offsets["offset_mapping"]]
    question = example.input if len(ends) <= room // 2 else example.input[: ends[room // 2 - 1]]
    encoded = tokenizer(
        question,
        example.context or "",
        truncation="only_second",
        max_length=room,
        stride=room // 4,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    for number, ids in enumerate(encoded["input_ids"]):
        window = {
            "input_ids": ids,
            "offsets": encoded["offset_mapping"][number],
            "inside": [part == 1 for part in encoded.sequence_ids(number)],
        }
        if "token_type_ids" in encoded:
            window["token_type_ids"] = encoded["token_type_ids"][number]
        yield window
