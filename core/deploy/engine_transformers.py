"""Models by Transformers that answer a batch as a whole: writers, classifiers, finders, vectors."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import torch

from core.data.dataset import Example
from core.deploy.engine import (
    BatchEngine,
    Emit,
    EngineAnswer,
    EngineInfo,
    EngineRequest,
    too_long,
)
from core.errors import BadInput

DEFAULT_TOKENS = 128


class Given(Protocol):
    """What is read of an answer, as `core.evaluate.answer.Answer` has it."""

    @property
    def text(self) -> str:
        """What was written or chosen."""

    @property
    def probabilities(self) -> Mapping[str, float] | None:
        """Of each label."""

    @property
    def input_tokens(self) -> int | None:
        """As the tokenizer counts."""

    @property
    def output_tokens(self) -> int | None:
        """As the tokenizer counts."""


Each = Callable[[Sequence[Example], int], Iterable[Sequence[tuple[int, Given]]]]
"""Examples and the longest answer in; answers with their places out, batch by batch."""


class Whole(BatchEngine):
    """A model that answers examples, as the evaluation asks it; an encoder also gives vectors.

    Args:
        info: What it says of itself.
        each: Answers examples; None = it only gives vectors.
        lengths: Tokens of what the model would read of each example; None = any length will do.
        vectors: Texts to vectors, and how many tokens each has; None = it gives none.
    """

    def __init__(
        self,
        info: EngineInfo,
        each: Each | None,
        lengths: Callable[[Sequence[Example]], list[int]] | None,
        vectors: Callable[[Sequence[str]], tuple[list[list[float]], list[int]]] | None,
    ) -> None:
        super().__init__()
        self.info = info
        self._each, self._lengths, self._vectors = each, lengths, vectors

    def batch(self, requests: list[EngineRequest], emit: Emit) -> None:
        """Answer requests: those for vectors together, the others by how long they may get."""
        groups: dict[int | None, list[EngineRequest]] = {}
        for request in requests:
            limit = None if request.kind == "embed" else request.max_tokens or DEFAULT_TOKENS
            groups.setdefault(limit, []).append(request)
        for limit, group in groups.items():
            if limit is None:
                self._embed(group, emit)
            else:
                self._answer(group, limit, emit)

    def _embed(self, requests: list[EngineRequest], emit: Emit) -> None:
        if self._vectors is None:
            raise BadInput(f"{self.info.name} gives no vectors; serve an encoder for them.")
        vectors, lengths = self._vectors([request.text for request in requests])
        most = self.info.context_tokens
        emit([
            ("error", request.id, too_long(length, most)) if length > most
            else ("answer", request.id, EngineAnswer("", length, embedding=vector))
            for request, vector, length in zip(requests, vectors, lengths, strict=True)
        ])  # fmt: skip

    def _answer(self, requests: list[EngineRequest], limit: int, emit: Emit) -> None:
        if self._each is None:
            raise BadInput(
                f"{self.info.name} was not tuned for a task, so it gives vectors alone; ask "
                "/v1/embeddings, or fine-tune it and serve the run."
            )
        most = self.info.context_tokens
        if self._lengths is not None:
            lengths = self._lengths([request.example for request in requests])
            long = [(r, n) for r, n in zip(requests, lengths, strict=True) if n > most]
            emit([("error", request.id, too_long(n, most)) for request, n in long])
            gone = {request.id for request, _ in long}
            requests = [request for request in requests if request.id not in gone]
        for batch in self._each([request.example for request in requests], limit):
            emit([
                ("answer", requests[place].id, _read(given, limit)) for place, given in batch
            ])  # fmt: skip


def _read(given: Given, limit: int) -> EngineAnswer:
    scores = dict(given.probabilities) if given.probabilities else None
    written = given.output_tokens or 0
    return EngineAnswer(
        given.text, given.input_tokens or 0, written, "length" if written >= limit else "stop",
        max(scores.values()) if scores else None, scores,
    )  # fmt: skip


def vectors(
    model: Any, tokenizer: Any, context_tokens: int
) -> Callable[[Sequence[str]], tuple[list[list[float]], list[int]]]:
    """What makes a text a vector: the mean of its tokens' last hidden states, of length 1.

    Args:
        model: An encoder, or a model with a head on one.
        tokenizer: Its own.
        context_tokens: Longer texts are counted and cut; the caller refuses them.
    """
    body = model.base_model

    def give(texts: Sequence[str]) -> tuple[list[list[float]], list[int]]:
        rows = tokenizer(list(texts))["input_ids"]
        lengths = [len(ids) for ids in rows]
        encoded = tokenizer.pad(
            {"input_ids": [ids[:context_tokens] for ids in rows]}, return_tensors="pt"
        ).to(model.device)
        with torch.inference_mode():
            hidden = body(
                input_ids=encoded["input_ids"], attention_mask=encoded["attention_mask"]
            ).last_hidden_state.float()
        mask = encoded["attention_mask"].unsqueeze(-1).float()
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
        found: list[list[float]] = torch.nn.functional.normalize(mean, dim=-1).cpu().tolist()
        return found, lengths

    return give
