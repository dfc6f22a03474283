"""Loss by position in long documents: of each next token, or of hidden ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from core.chat import messages_of
from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.evaluate.predict import use_cores
from core.interpret.loss_curve import UNITS_LEAST
from core.interpret.own import Own
from core.interpret.slot import Slot
from core.models import chat
from core.work.reading import MOST_TOKENS, Measured, Tell, Texts, reach, ready

MOST_SCORES = 2**28
"""Logits of one document: 1 GiB in float32."""
SHORTEST = 32
MASKED_SHARE = 7
"""Every seventh token of a document is hidden from a masked model."""
SLICE = 256
"""Positions whose losses are taken at once, so that only their log-probabilities are held."""


def documents(
    held: Slot, own: Own, texts: Texts, length: int | None, hard: int | None, tell: Tell, *,
    masked: bool,
) -> Measured:  # fmt: skip
    """Long documents, all of one length, and the loss of their tokens by position."""
    stream = stream_of(held.tokenizer, texts)
    before, after = around(held.tokenizer)
    room = MOST_SCORES // held.config.get_text_config().vocab_size
    wanted = length or min(reach(own, hard), room, len(stream) // UNITS_LEAST)
    inside = wanted - len(before) - len(after)
    if wanted < SHORTEST or len(stream) < inside * UNITS_LEAST:
        least = max(wanted, SHORTEST)
        raise BadInput(
            f"{texts.source} has {len(stream):,} tokens; {UNITS_LEAST} documents of {least:,} need "
            f"{least * UNITS_LEAST:,}. Give more text, or a shorter length."
        )
    if wanted > room:
        raise BadInput(
            f"{wanted:,} tokens at once need more than {MOST_SCORES * 4 / 2**30:.0f} GiB for this "
            f"model's vocabulary; give at most {room:,}."
        )
    count = max(UNITS_LEAST, min(len(stream) // inside, MOST_TOKENS // wanted))
    use_cores()
    model = ready(held)
    edges = bin_edges(wanted)
    sums = np.zeros((count, len(edges), 2))
    for number in range(count):
        ids = [*before, *stream[number * inside : (number + 1) * inside], *after]
        nats = (
            _hidden(model, held.tokenizer, ids, number) if masked else _next(model, ids)
        )  # fmt: skip
        for place, (start, end) in enumerate(edges):
            part = nats[start:end]
            counted = ~np.isnan(part)
            sums[number, place] = part[counted].sum(), counted.sum()
        tell((number + 1) / count)
    filled = sums[..., 1].sum(axis=0) > 0
    kept = [edge for edge, there in zip(edges, filled, strict=True) if there]
    return ("masked" if masked else "position"), sums[:, filled], kept, wanted


def bin_edges(length: int) -> list[tuple[int, int]]:
    """Sixteen bins of equal width, the first cut in three: the loss falls fastest there."""
    width = max(4, length // 16)
    cuts = [1, width // 4, width // 2, *range(width, length, width)]
    cuts = sorted({cut for cut in cuts if cut >= 1 and length - cut >= width // 2} | {1})
    return [*zip(cuts, [*cuts[1:], length], strict=True)]


def stream_of(tokenizer: Any, texts: Texts) -> list[int]:
    """All tokens, one row after the other in an order of chance, each with the end token."""
    if texts.dataset is None:
        ids: list[int] = tokenizer(texts.text, add_special_tokens=False)["input_ids"]
        return ids
    end = tokenizer.eos_token_id
    stream: list[int] = []
    for place in np.random.default_rng(0).permutation(len(texts.rows)):
        stream += _row(tokenizer, texts.dataset, texts.rows[place])
        if end is not None and stream[-1:] != [end]:
            stream.append(end)
        if len(stream) >= MOST_TOKENS:
            break
    return stream


def _row(tokenizer: Any, dataset: Dataset, row: Example) -> list[int]:
    if dataset.chat:
        messages = messages_of(row)
        asked = chat.prompt_ids(tokenizer, messages)
        return asked + chat.answer_ids(tokenizer, messages, row.target)
    whole = " ".join(part for part in (row.input, row.target) if part)
    ids: list[int] = tokenizer(whole, add_special_tokens=False)["input_ids"]
    return ids


def around(tokenizer: Any) -> tuple[list[int], list[int]]:
    """What the tokenizer puts before and after a text, the end of a text to go on apart."""
    empty: list[int] = tokenizer("")["input_ids"]
    if tokenizer.cls_token_id in empty and len(empty) > 1:
        return empty[:1], empty[1:]
    return [one for one in empty if one == tokenizer.bos_token_id], []


def _next(model: Any, ids: Sequence[int]) -> NDArray[np.float64]:
    """Loss of each token after those before it, at its position; nan at the first."""
    row = torch.tensor([ids], device=model.device)
    with torch.inference_mode():
        logits = model(input_ids=row, use_cache=False).logits[0, :-1]
        nats = _losses(logits, row[0, 1:])
    return np.concatenate([[np.nan], nats])


def _hidden(model: Any, tokenizer: Any, ids: Sequence[int], number: int) -> NDArray[np.float64]:
    """Loss of the tokens that are hidden; nan at all others."""
    row = torch.tensor([ids], device=model.device)
    hidden = torch.arange(len(ids)) % MASKED_SHARE == number % MASKED_SHARE
    special = torch.tensor([one in tokenizer.all_special_ids for one in ids])
    hidden = (hidden & ~special).to(model.device)
    masked = row.masked_fill(hidden, tokenizer.mask_token_id)
    with torch.inference_mode():
        logits = model(input_ids=masked).logits[0]
        nats = np.full(len(ids), np.nan)
        nats[hidden.cpu().numpy()] = _losses(logits[hidden], row[0, hidden])
    return nats


def _losses(logits: torch.Tensor, labels: torch.Tensor) -> NDArray[np.float64]:
    """Cross-entropy of each row, in nats."""
    parts = [
        cross_entropy(some.float(), wanted, reduction="none")
        for some, wanted in zip(logits.split(SLICE), labels.split(SLICE), strict=True)
    ]
    found: NDArray[np.float64] = torch.cat(parts).double().cpu().numpy()
    return found
