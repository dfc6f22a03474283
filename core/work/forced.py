"""Examples put to a loaded model together with the answer that should come (teacher forcing).

What should come is the reference, or any other text that is put in its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.evaluate.batches import MOST_ROWS, batches, cut, pad_id, padded, room_for, rows_at_once
from core.evaluate.prompt import Prompt
from core.evaluate.surprise import forced, inputs_of, nats_of, planned
from core.train.config import TrainConfig
from core.train.objectives import MAKERS

Ids = list[int]


@dataclass(frozen=True)
class Row:
    """One example as token ids.

    Attributes:
        place: Of the example among those that were given.
        read: What is read; by a decoder, what is asked.
        told: What should be written; [] where nothing is.
        label: For a classifier, what is right: a number, or a 1 or 0 for each class; for one that
            points, first and last token.
        types: For a reader of question and passage, which of the two a token belongs to.
    """

    place: int
    read: Ids
    told: Ids
    label: Any = None
    types: Ids | None = None


@dataclass(frozen=True)
class Batch:
    """Rows of like length, and what the model is called with."""

    rows: list[Row]
    inputs: dict[str, Tensor]

    @property
    def places(self) -> list[int]:
        """Of the examples."""
        return [row.place for row in self.rows]

    def lengths(self, kind: str, *, both: bool) -> list[int]:
        """Tokens of each row that count as queries of a kind of attention.

        Args:
            kind: "encoder", "decoder" or "cross".
            both: Whether the model has an encoder beside its decoder.
        """
        if both:
            return [len(row.read if kind == "encoder" else row.told) for row in self.rows]
        return [len(row.read) + len(row.told) for row in self.rows]


class Forced:
    """A loaded model's rows of some examples.

    Args:
        model: With its weights, in evaluation mode.
        tokenizer: Its own.
        dataset: Task, prefix and labels.
        examples: With the answers that should come as targets.
        prompt: In whose words a model that was not tuned here is asked.
        name: Of the model, for messages.
    """

    def __init__(
        self, model: Any, tokenizer: Any, dataset: Dataset, examples: Sequence[Example],
        prompt: Prompt | None = None, *, name: str,
    ) -> None:  # fmt: skip
        self.model, self.tokenizer, self._dataset = model, tokenizer, dataset
        self._examples, self._prompt, self._name = examples, prompt, name

    @cached_property
    def rows(self) -> list[Row]:
        """One for each example that can be put to the model.

        Raises:
            BadInput: None can.
        """
        if self.model.can_generate():
            places, found = forced(
                self.model, self.tokenizer, self._dataset, self._examples, self._prompt
            )
            rows = [Row(p, read, told) for p, (read, told) in zip(places, found, strict=True)]
        elif self._dataset.task == "question-answering":
            rows = [row for place in range(len(self._examples)) for row in self._pointed(place)]
        else:
            rows = list(self._labelled())
        if not rows:
            raise BadInput(
                f"None of the {len(self._examples):,} examples of {self._dataset.title} has an "
                f"answer that can be put to {self._name}; correct the answers or take another "
                "dataset."
            )
        return rows

    def batches(self, most_rows: int = MOST_ROWS) -> Iterator[Batch]:
        """The rows, longest first, as the model is called."""
        most = min(most_rows, rows_at_once(self.model))
        if self.model.can_generate():
            pairs = [(row.read, row.told) for row in self.rows]
            for batch in planned(self.model, pairs, most):
                inputs = inputs_of(self.model, self.tokenizer, [pairs[i] for i in batch])
                yield Batch([self.rows[i] for i in batch], inputs)
            return
        for batch in batches([len(row.read) for row in self.rows], most):
            yield self._encoded([self.rows[i] for i in batch])

    def loss(self, batch: Batch) -> Tensor:
        """What the model's training would make smaller, for each row, in nats, (rows,).

        Text: the mean of −ln p over the answer's tokens. One label: −ln p of it; several: the mean
        over classes. A span: the mean for its two ends.
        """
        if self.model.can_generate():
            pairs = [(row.read, row.told) for row in batch.rows]
            tokens = torch.tensor([len(told) for _, told in pairs], device=self.model.device)
            return nats_of(self.model, batch.inputs, pairs) / tokens
        out = self.model(**batch.inputs)
        labels = torch.tensor([row.label for row in batch.rows], device=self.model.device)
        if self._dataset.task == "question-answering":
            ends = (out.start_logits, out.end_logits)
            both = [cross_entropy(logits.float(), labels[:, side], reduction="none")
                    for side, logits in enumerate(ends)]  # fmt: skip
            return torch.stack(both).mean(0)
        logits = out.logits.float()
        if self._dataset.label_separator is None:
            return cross_entropy(logits, labels, reduction="none")
        return binary_cross_entropy_with_logits(logits, labels, reduction="none").mean(-1)

    def _encoded(self, rows: list[Row]) -> Batch:
        ids, mask = padded([row.read for row in rows], pad_id(self.tokenizer))
        inputs = {"input_ids": ids, "attention_mask": mask}
        if rows[0].types is not None:
            inputs["token_type_ids"], _ = padded([row.types or [] for row in rows], 0)
        return Batch(rows, {name: ids.to(self.model.device) for name, ids in inputs.items()})

    def _labelled(self) -> Iterator[Row]:
        """Examples whose labels the model knows."""
        numbers = {name: number for number, name in self.model.config.id2label.items()}
        room, texts = room_for(self.tokenizer), map(self._dataset.model_input, self._examples)
        encoded = self.tokenizer(list(texts))["input_ids"]
        for place, (ids, example) in enumerate(zip(encoded, self._examples, strict=True)):
            names = self._dataset.labels_of(example.target)
            if not names or not set(names) <= set(numbers):
                continue
            one = self._dataset.label_separator is None
            label = (
                numbers[names[0]]
                if one
                else [float(name in names) for name in sorted(numbers, key=numbers.__getitem__)]
            )
            yield Row(place, cut(ids, room), [], label)

    def _pointed(self, place: int) -> Iterator[Row]:
        """The first window of question and passage that holds the answer, if one does."""
        example = self._examples[place]
        if not example.target or example.target not in (example.context or ""):
            return
        config = TrainConfig(max_input_tokens=room_for(self.tokenizer))
        windows = MAKERS["question-answering"](self.tokenizer, self._dataset, [example], config)
        for row in windows.rows:
            ends = [row["start_positions"], row["end_positions"]]
            if any(ends):
                yield Row(place, row["input_ids"], [], ends, row.get("token_type_ids"))
                return
