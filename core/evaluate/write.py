"""Greedy writing in batches with a cache, by a loaded encoder-decoder or decoder.

`generate` writes the same tokens, and remains for every model that asks for more than the likeliest
next one. The loop here is quicker, as a row that has ended leaves the batch, so that nothing more
is computed for it, and as a step is one call of the model without `generate`'s bookkeeping.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from core.evaluate.batches import pad_id, padded

FAMILIES = ("t5", "mt5", "bart", "gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3")
"""Architectures whose caches drop rows; the tests hold each against `generate`."""
_SHRINK = 0.75
"""The batch shrinks to the rows that go on once they are at most this share: it costs a copy."""
_HARMLESS = frozenset((
    "_from_model_config", "transformers_version", "bos_token_id", "eos_token_id", "pad_token_id",
    "decoder_start_token_id", "use_cache", "max_length", "max_new_tokens", "output_attentions",
    "output_hidden_states", "do_sample", "temperature", "top_k", "top_p", "num_beams",
    "early_stopping", "length_penalty",
))  # fmt: skip
"""Settings of generation that do not change which token is the likeliest."""


def write(
    model: Any, tokenizer: Any, rows: Sequence[Sequence[int]], limit: int, leave: float = 0.0
) -> list[list[int] | None]:
    """What a model writes after each row of ids, greedily, at most `limit` tokens.

    A batch gives what each row gives alone, but for the rounding of sums: where two tokens are as
    likely as one another to the last bits, a row in a batch may go on with the other one.

    Args:
        model: With its weights; in evaluation mode.
        tokenizer: Its own.
        rows: What each goes on from; an encoder reads it.
        limit: Tokens at most.
        leave: The share of the rows that may be left unfinished, by a model whose rows leave the
            batch: a step for a few rows takes as long as one for many.

    Returns:
        For each row the tokens before the one that ended it; None for a row that was left.
    """
    seq2seq = model.config.is_encoder_decoder
    ids, mask = (part.to(model.device)
                 for part in padded(rows, pad_id(tokenizer), left=not seq2seq))  # fmt: skip
    ends = _ends(model)
    if is_plain(model):
        return _greedy(model, ids, mask, ends, limit, int(leave * len(rows)))
    whole = model.generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=limit, do_sample=False,
        num_beams=1, pad_token_id=pad_id(tokenizer),
    )  # fmt: skip
    written = whole[:, 1:] if seq2seq else whole[:, ids.shape[1] :]
    return [_until(row, ends) for row in written.tolist()]


def is_plain(model: Any) -> bool:
    """Whether greedy writing is all that its settings ask for, and its cache is known here."""
    asked = {name for name, value in model.generation_config.to_diff_dict().items()
             if value is not None}  # fmt: skip
    return model.config.model_type in FAMILIES and asked <= _HARMLESS


def _ends(model: Any) -> list[int]:
    """The tokens that end an answer; none where the model knows no end."""
    end = model.generation_config.eos_token_id
    return [] if end is None else [end] if isinstance(end, int) else list(end)


def _until(row: list[int], ends: list[int]) -> list[int]:
    return row[: next((place for place, token in enumerate(row) if token in ends), len(row))]


def _greedy(
    model: Any, ids: Tensor, mask: Tensor, ends: list[int], limit: int, leave: int
) -> list[list[int] | None]:
    """New tokens of each row; None of at most `leave` rows that would not end."""
    rows = len(ids)
    going = torch.arange(rows, device=ids.device)
    written = torch.full((rows, limit), ends[0] if ends else 0, device=ids.device)
    ended = torch.zeros(rows, dtype=torch.bool, device=ids.device)
    stops = torch.tensor(ends, device=ids.device)
    step = _Seq2seq(model, ids, mask) if model.config.is_encoder_decoder else _Causal(model, mask)
    token = step.start(ids)
    for place in range(limit):
        # The same as argmax, and thrice as fast on a processor.
        token = step(token).max(-1, keepdim=True).indices
        written[going, place] = token[:, 0]
        ended |= torch.isin(token[:, 0], stops)
        left = len(ended) - int(ended.sum())
        if left <= leave:
            break
        if left <= _SHRINK * len(ended):
            kept = (~ended).nonzero()[:, 0]
            step.keep(kept)
            going, token, ended = going[kept], token[kept], ended[kept]
    found: list[list[int] | None] = [_until(row, ends) for row in written.tolist()]
    if place + 1 < limit:
        for row in going[~ended].tolist():
            found[row] = None
    return found


class _Seq2seq:
    """One step of a decoder that looks at what an encoder read."""

    def __init__(self, model: Any, ids: Tensor, mask: Tensor) -> None:
        self._model, self._mask = model, mask
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        self._read = model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state

    def start(self, ids: Tensor) -> Tensor:
        """What is read first, (rows, 1)."""
        settings = self._model.generation_config
        first = settings.decoder_start_token_id
        first = settings.bos_token_id if first is None else first
        return ids.new_full((len(ids), 1), first)

    def __call__(self, token: Tensor) -> Tensor:
        """Scores of the next token, (rows, vocabulary)."""
        logits: Tensor = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self._read),
            attention_mask=self._mask, decoder_input_ids=token, past_key_values=self._cache,
            use_cache=True,
        ).logits  # fmt: skip
        return logits[:, -1]

    def keep(self, rows: Tensor) -> None:
        """Drop all other rows."""
        self._cache.batch_select_indices(rows)
        self._read, self._mask = self._read[rows], self._mask[rows]


class _Causal:
    """One step of a decoder that goes on with a prompt, padded on its left."""

    def __init__(self, model: Any, mask: Tensor) -> None:
        self._model, self._mask = model, mask
        self._cache = DynamicCache(config=model.config)
        self._place = (mask.cumsum(-1) - 1).clamp(min=0)

    def start(self, ids: Tensor) -> Tensor:
        """What is read first: the prompts."""
        return ids

    def __call__(self, token: Tensor) -> Tensor:
        """Scores of the next token, (rows, vocabulary)."""
        logits: Tensor = self._model(
            input_ids=token, attention_mask=self._mask, position_ids=self._place,
            past_key_values=self._cache, use_cache=True, logits_to_keep=1,
        ).logits  # fmt: skip
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(token), 1)], dim=1)
        self._place = self._place[:, -1:] + 1
        return logits[:, -1]

    def keep(self, rows: Tensor) -> None:
        """Drop all other rows."""
        self._cache.batch_select_indices(rows)
        self._mask, self._place = self._mask[rows], self._place[rows]
