"""A model of Transformers, as `core.work.weigh` measures it."""

import logging
from collections.abc import Sequence
from typing import Any

import torch

from core.data.dataset import Dataset, Example
from core.evaluate import predict
from core.models.resolve import ModelRef


class TorchEngine:
    """A loaded model; its answers are those of an evaluation."""

    def __init__(self, ref: ModelRef, data: Dataset, limit: int) -> None:
        logging.getLogger("transformers").setLevel(logging.ERROR)
        predict.use_cores()
        self._model, self._tokenizer = predict.load(ref, data)
        self._data, self._limit = data, limit
        self.threads = torch.get_num_threads()
        self.writes = bool(self._model.can_generate())

    def answer(self, examples: Sequence[Example]) -> list[tuple[int, int]]:
        """Answer; (input tokens, output tokens) of each."""
        given: Any = predict.each(
            self._model, self._tokenizer, self._data, examples, max_new_tokens=self._limit
        )
        found = dict(pair for batch in given for pair in batch)
        return [
            (found[place].input_tokens or 0, found[place].output_tokens or 0)
            for place in range(len(examples))
        ]


def load(ref: ModelRef, data: Dataset, limit: int) -> TorchEngine:
    """Load it."""
    return TorchEngine(ref, data, limit)
