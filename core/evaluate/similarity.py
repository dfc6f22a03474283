"""Answers and references as an encoder sees them, and how near they are."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from core.evaluate.answer import Answer
from core.evaluate.batches import MOST_TOKENS, batches, cut, pad_id, padded, room_for
from core.evaluate.source import Tell
from core.models.load import load_model, load_tokenizer
from core.models.resolve import ModelRef

ROWS = 64


def compared(
    ref: ModelRef, references: Sequence[str], answers: Sequence[Answer], tell: Tell
) -> list[Answer]:
    """The answers with their `similarity` to the references, where there is a reference.

    Args:
        ref: An encoder, fetched.
        references: What was right, one for each answer.
        answers: What was said; of an empty one the similarity is 0.
        tell: Told after each batch; what it raises ends the work.
    """
    model, tokenizer = load_model(ref, "auto"), load_tokenizer(ref)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    texts = [*references, *(answer.text for answer in answers)]
    room = room_for(tokenizer)
    rows = [cut(ids, room) for ids in tokenizer(texts)["input_ids"]]
    special, n, done = set(tokenizer.all_special_ids), len(answers), 0
    found = list(answers)
    lengths = [max(len(rows[i]), len(rows[n + i])) for i in range(n)]
    for batch in batches(lengths, ROWS, MOST_TOKENS):
        wanted, given = (
            _vectors(model, tokenizer, [rows[shift + i] for i in batch], special)
            for shift in (0, n)
        )
        for i, reference, answer in zip(batch, wanted, given, strict=True):
            if references[i].strip():
                found[i] = replace(answers[i], encoder=ref.name, similarity={
                    "bertscore": greedy_f1(reference, answer),
                    "embedding": cosine(reference, answer),
                })  # fmt: skip
        done += len(batch)
        tell(done, n)
    return found


def _vectors(
    model: Any, tokenizer: Any, rows: Sequence[list[int]], special: set[int]
) -> list[Tensor]:
    """The last layer's vector of each token that is no sign of the tokenizer's own: (tokens, d)."""
    ids, mask = padded(rows, pad_id(tokenizer))
    with torch.inference_mode():
        hidden = model(
            input_ids=ids.to(model.device), attention_mask=mask.to(model.device)
        ).last_hidden_state.float().cpu()  # fmt: skip
    return [
        hidden[number, [place for place, token in enumerate(row) if token not in special]]
        for number, row in enumerate(rows)
    ]


def greedy_f1(reference: Tensor, answer: Tensor) -> float:
    """BERTScore F1 (Zhang et al. 2020, equation 1) of token vectors (tokens, d) each.

    Recall is the mean over the reference's tokens of the greatest cosine with one of the answer's;
    precision the same the other way round. 0 where either is empty.
    """
    if not len(reference) or not len(answer):
        return 0.0
    cosines = normalize(reference, dim=-1) @ normalize(answer, dim=-1).T
    recall, precision = float(cosines.amax(1).mean()), float(cosines.amax(0).mean())
    both = precision + recall
    return 2 * precision * recall / both if both > 0 else 0.0


def cosine(reference: Tensor, answer: Tensor) -> float:
    """Cosine of the mean vectors; 0 where either is empty."""
    if not len(reference) or not len(answer):
        return 0.0
    return float(normalize(reference.mean(0), dim=0) @ normalize(answer.mean(0), dim=0))
