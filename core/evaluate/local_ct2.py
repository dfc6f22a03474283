"""A CTranslate2 model on this machine as a source of answers, asked as the original is."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any, NoReturn

import torch

from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.evaluate.answer import Answer
from core.evaluate.batches import MOST_ROWS, batches, cut, room_for
from core.evaluate.classify import chosen
from core.evaluate.local import LocalModel
from core.evaluate.prompts import fitted, prompt_ids
from core.evaluate.source import Batches, Tell
from core.evaluate.surprise import forced
from core.models.ct2 import VERSION, Ct2Model
from core.models.load import load_tokenizer
from core.models.resolve import ModelRef


class Ct2Source(LocalModel):
    """A variant or bundle that CTranslate2 reads; the arguments are those of LocalModel."""

    def __init__(
        self, ref: ModelRef, digest: str, dataset: Dataset, every: Iterable[Example]
    ) -> None:
        super().__init__(ref, digest, dataset, every)
        self.key |= {"engine": ref.engine, "precision": None,
                     "libraries": {**self.key["libraries"], "ctranslate2": VERSION}}  # fmt: skip
        if ref.path is None or dataset.task == "question-answering":
            raise BadInput(f"{ref.name} cannot point at an answer in a passage: CTranslate2 has no "
                           "such head; evaluate the run that it was made from.")  # fmt: skip
        self._folder = ref.path

    @property
    def loaded(self) -> NoReturn:
        """There is no network of torch behind it.

        Raises:
            BadInput: Always.
        """
        raise BadInput(
            f"{self.name} is a CTranslate2 model, which answers and cannot be looked into; name "
            "the run that it was made from."
        )

    @cached_property
    def _opened(self) -> tuple[Ct2Model, Any]:
        return Ct2Model(self._folder), load_tokenizer(self._ref)

    @property
    def _like(self) -> Any:
        """What the functions that ask for a model's kind look at."""
        both = self._opened[0].family == "encoder-decoder"
        config = SimpleNamespace(is_encoder_decoder=both)
        return SimpleNamespace(config=config)

    @property
    def opened(self) -> Ct2Model:
        """The model, opened."""
        return self._opened[0]

    def lengths(self, examples: Sequence[Example]) -> list[int]:
        """Tokens of what it would read of each example."""
        model, tokenizer = self._opened
        if model.family == "encoder":
            given = tokenizer([self._dataset.model_input(one) for one in examples])["input_ids"]
        else:
            given = prompt_ids(self._like, tokenizer, self._dataset, examples)
        return [len(ids) for ids in given]

    def _each(self, examples: Sequence[Example]) -> Batches:
        yield from self.each(examples, self._limit)

    def each(self, examples: Sequence[Example], limit: int) -> Batches:
        """Answers of at most `limit` tokens, batch by batch."""
        model, tokenizer = self._opened
        if model.family == "encoder":
            yield from self._labelled(examples)
            return
        rows = [fitted(self._like, tokenizer, ids, limit)
                for ids in prompt_ids(self._like, tokenizer, self._dataset, examples)]  # fmt: skip
        for batch in batches([len(ids) for ids in rows], MOST_ROWS):
            told = [tokenizer.convert_ids_to_tokens(rows[place]) for place in batch]
            new = [tokenizer.convert_tokens_to_ids(tokens)
                   for tokens in model.write(told, limit)]  # fmt: skip
            texts = tokenizer.batch_decode(new, skip_special_tokens=True)
            yield [
                (place, self._read(Answer(text.strip(), input_tokens=len(rows[place]),
                                          output_tokens=len(ids))))
                for place, ids, text in zip(batch, new, texts, strict=True)
            ]  # fmt: skip

    def _read(self, answer: Answer) -> Answer:
        return answer

    def _labelled(self, examples: Sequence[Example]) -> Batches:
        model, tokenizer = self._opened
        names = {int(number): name for number, name in model.config["id2label"].items()}
        given = tokenizer([self._dataset.model_input(one) for one in examples])["input_ids"]
        rows = [cut(ids, room_for(tokenizer)) for ids in given]
        for batch in batches([len(ids) for ids in rows], MOST_ROWS):
            scores = torch.from_numpy(model.logits([rows[place] for place in batch]))
            said = chosen(scores, names, self._dataset, [len(rows[place]) for place in batch])
            yield list(zip(batch, said, strict=True))

    def surprise(self, examples: Sequence[Example], tell: Tell) -> Batches:
        """What it thinks of the references; nothing, where it does not write."""
        model, tokenizer = self._opened
        if model.family == "encoder":
            yield [(place, Answer("")) for place in range(len(examples))]
            return
        places, rows = forced(self._like, tokenizer, self._dataset, examples)
        known = set(places)
        yield [(place, Answer("")) for place in range(len(examples)) if place not in known]
        for batch in batches([len(a) + len(b) for a, b in rows], MOST_ROWS):
            asked = [tuple(map(tokenizer.convert_ids_to_tokens, rows[i])) for i in batch]
            yield [
                (places[i], Answer("", reference_nats=round(nats, 6),
                                   reference_tokens=len(rows[i][1])))
                for i, nats in zip(batch, model.nats(asked), strict=True)
            ]  # fmt: skip
