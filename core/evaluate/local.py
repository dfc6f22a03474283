"""A model on this machine as a source of answers, and what else can be asked of it."""

import hashlib
import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import metadata
from typing import Any

import torch

from core.data.dataset import Dataset, Example
from core.evaluate import predict
from core.evaluate.answer import Answer
from core.evaluate.batches import answer_tokens, rows_at_once
from core.evaluate.named_label import as_label
from core.evaluate.prompt import Prompt
from core.evaluate.prompts import templated
from core.evaluate.source import Batches, Tell
from core.evaluate.surprise import surprise
from core.models.load import load_config, load_tokenizer
from core.models.resolve import ModelRef
from core.models.shape import from_config

LIBRARIES = ("torch", "transformers", "tokenizers")
"""What a greedy answer may depend on besides the weights."""
METHOD = 2
"""Raise it when answers are made in another way."""
ROUND_TOKENS = 32
"""The longest answer is rounded up to it, so that a few new rows do not make all answers anew."""
ALONE = 50
"""Requests that are timed one at a time."""
ALONE_SECONDS = 60.0
"""No further one is begun after that long."""
LATE = "The others took so long that it was not timed."


class LocalModel:
    """A run, a starter, a folder or a fetched model of the Hub. Loaded when it is first asked.

    Args:
        ref: The model, fetched.
        digest: Hash of its weights, configuration and tokenizer.
        dataset: Task, prefix and labels.
        every: All examples of the dataset: how long an answer may be depends on them, and not on
            the split or the limit that is asked.
        prompt: In whose words it is asked, where it was not tuned here; None = in the dataset's.
    """

    kind = "model"

    def __init__(
        self, ref: ModelRef, digest: str, dataset: Dataset, every: Iterable[Example],
        prompt: Prompt | None = None,
    ) -> None:  # fmt: skip
        self.name, self.prompt = ref.name, prompt
        self._ref, self._dataset = ref, dataset
        longest = answer_tokens(load_tokenizer(ref), every)
        self._limit = -(-longest // ROUND_TOKENS) * ROUND_TOKENS
        self.key: dict[str, Any] = {
            "kind": self.kind, "method": METHOD, "model": digest, "task": dataset.task,
            "prefix": dataset.prefix, "chat": dataset.chat, "longest_answer_tokens": self._limit,
            "classes": list(dataset.classes), "label_separator": dataset.label_separator,
            "precision": predict.precision(),
            "libraries": {name: metadata.version(name) for name in LIBRARIES},
            "prompt": prompt.key if prompt else None,
        }  # fmt: skip

    @cached_property
    def loaded(self) -> tuple[Any, Any]:
        """Model and tokenizer."""
        predict.use_cores()
        return predict.load(self._ref, self._dataset, writes=self.prompt is not None)

    def answer(self, examples: Sequence[Example], tell: Tell) -> Batches:
        """Every example, longest first."""
        yield from self._each(examples)

    def _each(self, examples: Sequence[Example]) -> Batches:
        given = predict.each(
            *self.loaded, self._dataset, examples, max_new_tokens=self._limit, prompt=self.prompt
        )
        if self.prompt is None:
            return given
        return ([(place, self._read(answer)) for place, answer in batch] for batch in given)

    def _read(self, answer: Answer) -> Answer:
        """The answer in what was written, as a label where one is wanted."""
        _, tokenizer = self.loaded
        text = answer.text
        if self.prompt is not None and not templated(tokenizer, self.prompt):
            text = self.prompt.read(text)
        if self._dataset.task == "text-classification":
            text = as_label(text, self._dataset)
        return replace(answer, text=text)

    def surprise(self, examples: Sequence[Example], tell: Tell) -> Batches:
        """What it thinks of the references; nothing, where it does not write."""
        model, tokenizer = self.loaded
        if not model.can_generate():
            yield [(place, Answer("")) for place in range(len(examples))]
            return
        yield from surprise(
            model, tokenizer, self._dataset, examples, rows_at_once(model), self.prompt
        )

    def alone(self, examples: Sequence[Example], tell: Tell) -> Batches:
        """Seconds of each answer that is asked alone; the first warms up and is asked twice."""
        list(self._each(examples[:1]))
        begun = time.perf_counter()
        for place, example in enumerate(examples):
            started = time.perf_counter()
            if started - begun > ALONE_SECONDS:
                yield [(left, Answer("", error=LATE)) for left in range(place, len(examples))]
                return
            list(self._each([example]))
            yield [(place, Answer("", seconds=round(time.perf_counter() - started, 6)))]


def takes_prompt(ref: ModelRef) -> bool:
    """Whether a model is asked in the words of a prompt: it writes on, and was not tuned here."""
    config = load_config(ref)
    heads = [name for name in config.architectures or () if "Classification" in name]
    family = from_config(config.to_dict()).family
    return not ref.tuned and family == "decoder" and not heads


def timed(examples: Sequence[Example]) -> list[Example]:
    """The ALONE examples that are timed: as good as drawn by lot, the same each time."""
    return sorted(examples, key=lambda e: hashlib.sha256(e.id.encode()).digest())[:ALONE]


def machine() -> dict[str, Any]:
    """What a time depends on besides the model."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {"device": gpu or platform.processor() or platform.machine(),
            "threads": torch.get_num_threads(), "host": platform.node()}  # fmt: skip
