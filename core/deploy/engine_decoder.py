"""Decoders by Transformers: rows join and leave a running batch, token by token.

The batch shares one cache, padded on the left: a new row is read by itself and put beside the
others, and what is padding for all is cut off again.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from core.deploy.engine import (
    Emit,
    Engine,
    EngineAnswer,
    EngineInfo,
    EngineRequest,
    Event,
    too_long,
)
from core.deploy.pieces import Pieces
from core.errors import BadInput, RequestError

DEFAULT_TOKENS = 128


@dataclass
class _Row:
    """One answer that is being written."""

    request: EngineRequest
    input_tokens: int
    limit: int
    pieces: Pieces
    drawing: torch.Generator | None
    nats: float = 0.0


class Decoder(Engine):
    """A decoder whose cache is known to take and drop rows.

    Args:
        info: What it says of itself.
        model: In evaluation mode.
        tokenizer: Its own.
        ids_of: What the model reads of a request.
        stops: Texts that end an answer besides those a request names, by its kind.
    """

    def __init__(
        self,
        info: EngineInfo,
        model: Any,
        tokenizer: Any,
        ids_of: Callable[[EngineRequest], list[int]],
        stops: Callable[[EngineRequest], tuple[str, ...]],
    ) -> None:
        super().__init__()
        self.info = info
        self._model, self._ids_of, self._stops = model, ids_of, stops
        self._decode = lambda ids: tokenizer.decode(list(ids), skip_special_tokens=True)
        end = model.generation_config.eos_token_id
        self._ends = set() if end is None else {end} if isinstance(end, int) else set(end)
        self._rows: list[_Row] = []
        self._new: list[EngineRequest] = []
        self._cache: Any = None
        self._mask = self._logits = torch.zeros(0)

    @property
    def room(self) -> int:
        """Requests that can be taken now."""
        return self.info.max_batch - len(self._rows) - len(self._new)

    @property
    def busy(self) -> bool:
        """Whether there is something to write."""
        return bool(self._rows or self._new)

    def take(self, requests: Sequence[EngineRequest]) -> None:
        """Requests that begin with the next step."""
        self._new += requests

    def step(self, emit: Emit) -> None:
        """Read new requests, and write one token of each answer."""
        with torch.inference_mode():
            events = self._begin()
            if self._rows:
                events += self._write()
        emit(events)

    def _begin(self) -> list[Event]:
        events: list[Event] = []
        fresh, self._new = self._new, []
        for request in fresh:
            if request.id in self.dropped:
                continue
            try:
                ids = self._ids_of(request)
                row = self._row(request, ids)
            except RequestError as error:
                events.append(("error", request.id, error))
                continue
            self._join(row, ids)
        return events

    def _row(self, request: EngineRequest, ids: list[int]) -> _Row:
        most = self.info.context_tokens
        if len(ids) >= most:
            raise too_long(len(ids), most - 1, "The prompt")
        left = most - len(ids)
        if request.max_tokens is not None and request.max_tokens > left:
            raise BadInput(
                f"The prompt has {len(ids):,} tokens and max_tokens is {request.max_tokens:,}; "
                f"together this model takes {most:,}. Lower one of them."
            )
        drawing = None
        if request.temperature > 0:
            drawing = torch.Generator()
            if request.seed is not None:
                drawing.manual_seed(request.seed)
            else:
                drawing.seed()
        pieces = Pieces(self._decode, (*request.stop, *self._stops(request)))
        return _Row(request, len(ids), min(request.max_tokens or DEFAULT_TOKENS, left), pieces,
                    drawing)  # fmt: skip

    def _join(self, row: _Row, ids: list[int]) -> None:
        device = self._model.device
        mask = torch.ones((1, len(ids)), dtype=torch.long, device=device)
        cache = DynamicCache(config=self._model.config)
        logits = self._forward(torch.tensor([ids], device=device), mask, cache)
        if not self._rows:
            self._cache, self._mask, self._logits = cache, mask, logits
        else:
            longest = max(mask.shape[1], self._mask.shape[1])
            for mine, other in zip(self._cache.layers, cache.layers, strict=True):
                mine.keys = _stacked(mine.keys, other.keys, longest)
                mine.values = _stacked(mine.values, other.values, longest)
            self._mask = torch.cat([_wider(self._mask, longest), _wider(mask, longest)])
            self._logits = torch.cat([self._logits, logits])
        self._rows.append(row)

    def _forward(self, ids: Tensor, mask: Tensor, cache: Any) -> Tensor:
        places = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        logits: Tensor = self._model(
            input_ids=ids, attention_mask=mask, position_ids=places, past_key_values=cache,
            use_cache=True, logits_to_keep=1,
        ).logits  # fmt: skip
        return logits[:, -1].float()

    def _write(self) -> list[Event]:
        tokens, nats = self._choose()
        events: list[Event] = []
        kept = []
        for number, row in enumerate(self._rows):
            row.nats += nats[number]
            finish = self._put(row, tokens[number], events)
            if finish is None and row.request.id not in self.dropped:
                kept.append(number)
            elif finish is not None:
                events.append(("answer", row.request.id, self._answer(row, finish)))
        if not kept:
            self._rows, self._cache = [], None
            return events
        device = self._model.device
        if len(kept) < len(self._rows):
            self._keep(torch.tensor(kept, device=device))
            self._rows = [self._rows[number] for number in kept]
        column = torch.tensor([[tokens[number]] for number in kept], device=device)
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(kept), 1)], dim=1)
        self._logits = self._forward(column, self._mask, self._cache)
        return events

    def _put(self, row: _Row, token: int, events: list[Event]) -> str | None:
        """Take note of a token; "stop" or "length" where it is the answer's last."""
        piece, finish = "", None
        if token in self._ends:
            finish = "stop"
        else:
            piece = row.pieces.add(token)
            if row.pieces.stopped:
                finish = "stop"
            elif len(row.pieces.ids) >= row.limit:
                finish = "length"
        if finish is not None:
            piece += row.pieces.finish()
        if piece and row.request.stream:
            events.append(("piece", row.request.id, piece))
        return finish

    def _answer(self, row: _Row, finish: str) -> EngineAnswer:
        written = len(row.pieces.ids)
        # The end token is chosen like any other, but is no part of the answer.
        chosen = written + (finish == "stop" and not row.pieces.stopped)
        text = row.pieces.text.strip() if row.request.kind == "predict" else row.pieces.text
        return EngineAnswer(text, row.input_tokens, written, finish,
                            round(math.exp(-row.nats / max(1, chosen)), 6))  # fmt: skip

    def _choose(self) -> tuple[list[int], list[float]]:
        """The next token of each row, and its surprise in nats."""
        logits = self._logits
        whole = logits.logsumexp(-1)
        best = logits.max(-1)
        tokens: list[int] = best.indices.tolist()
        values = best.values
        for number, row in enumerate(self._rows):
            if row.drawing is not None:
                tokens[number] = _drawn(logits[number].cpu(), row.request, row.drawing)
                values[number] = logits[number, tokens[number]]
        return tokens, (whole - values).tolist()

    def _keep(self, rows: Tensor) -> None:
        """Drop all other rows, and the columns that are padding for those that stay."""
        self._mask = self._mask[rows]
        empty = int((self._mask.cumsum(-1) == 0).sum(-1).min())
        self._mask = self._mask[:, empty:]
        for layer in self._cache.layers:
            layer.keys = layer.keys[rows][:, :, empty:]
            layer.values = layer.values[rows][:, :, empty:]


def joins(model: Any) -> bool:
    """Whether each layer's cache is one that rows can join and leave."""
    cache = DynamicCache(config=model.config)
    return all(type(layer) is DynamicLayer for layer in cache.layers)


def _wider(mask: Tensor, longest: int) -> Tensor:
    return torch.nn.functional.pad(mask, (longest - mask.shape[1], 0))


def _stacked(mine: Tensor, other: Tensor, longest: int) -> Tensor:
    pad = torch.nn.functional.pad
    return torch.cat([
        pad(part, (0, 0, longest - part.shape[2], 0)) for part in (mine, other)
    ])  # fmt: skip


def _drawn(logits: Tensor, request: EngineRequest, drawing: torch.Generator) -> int:
    """A token by lot, from the likeliest that hold `top_p` together."""
    shares = (logits / request.temperature).softmax(-1)
    if request.top_p < 1:
        ordered = shares.sort(descending=True)
        beyond = ordered.values.cumsum(-1) - ordered.values >= request.top_p
        shares[ordered.indices[beyond]] = 0.0
    return int(torch.multinomial(shares, 1, generator=drawing))
