"""starter-encode: a small BERT for English, German and Chinese, trained from nothing."""

import random
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertForMaskedLM

from core.starters.loop import Batch
from core.starters.tokenizer import CLS, MASK, PAD, SEP, SPECIAL
from core.starters.translate import IGNORED, pad

POSITIONS = 256
MAX_TOKENS = 96
MASKED_SHARE = 0.15
CLS_ID, MASK_ID, PAD_ID, SEP_ID = (SPECIAL.index(token) for token in (CLS, MASK, PAD, SEP))


def build(vocabulary: int, width: int = 128, layers: int = 4) -> BertForMaskedLM:
    """The untrained model.

    Args:
        vocabulary: Entries of the vocabulary.
        width: Size of a hidden vector; the feed-forward layers are four times as wide.
        layers: Layers.
    """
    return BertForMaskedLM(
        BertConfig(
            vocab_size=vocabulary,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=4,
            intermediate_size=4 * width,
            max_position_embeddings=POSITIONS,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            pad_token_id=PAD_ID,
        )
    )


class Examples:
    """Passages as ids without special tokens, masked anew each time they are drawn.

    Attributes:
        ids: One list a passage.
        vocabulary: Entries of the vocabulary, for the random replacements.
    """

    def __init__(self, ids: Sequence[list[int]], vocabulary: int) -> None:
        self.ids = [row[:MAX_TOKENS] for row in ids if row]
        self.vocabulary = vocabulary

    def lengths(self) -> list[int]:
        """Tokens of each passage, special ones not counted."""
        return [len(row) for row in self.ids]

    def collate(self, chosen: Sequence[int], rng: random.Random) -> Batch:
        """Mask 15 % as BERT does; half the passages of two tokens or more are cut into A and B.

        Positions start at a random place, the same for the whole batch, so that all 256 are
        trained though passages are short; half the batches start at 0.

        Returns:
            input_ids, attention_mask, token_type_ids, position_ids and labels, each
            (batch, longest).
        """
        inputs, labels, types = [], [], []
        for index in chosen:
            row = self.ids[index]
            hidden, label = mask(row, rng, self.vocabulary)
            cut = rng.randint(1, len(row) - 1) if len(row) > 1 and rng.random() < 0.5 else len(row)
            tail = [SEP_ID] if cut < len(row) else []
            inputs.append([CLS_ID, *hidden[:cut], SEP_ID, *hidden[cut:], *tail])
            labels.append([IGNORED, *label[:cut], IGNORED, *label[cut:], *[IGNORED for _ in tail]])
            types.append([0] * (cut + 2) + [1] * (len(row) - cut + len(tail)))
        ids = pad(inputs, PAD_ID)
        start = rng.randint(0, POSITIONS - ids.shape[1]) if rng.random() < 0.5 else 0
        return {
            "input_ids": ids,
            "attention_mask": (ids != PAD_ID).long(),
            "token_type_ids": pad(types, 0),
            "position_ids": torch.arange(start, start + ids.shape[1]).expand(ids.shape),
            "labels": pad(labels, IGNORED),
        }


def chosen_positions(length: int, rng: random.Random) -> list[int]:
    """15 % of the positions, at least one."""
    return rng.sample(range(length), max(1, round(MASKED_SHARE * length)))


def mask(row: Sequence[int], rng: random.Random, vocabulary: int) -> tuple[list[int], list[int]]:
    """Hide some tokens: 80 % become [MASK], 10 % a random token, 10 % stay.

    Returns:
        The ids to read and the labels: the hidden token at its place, -100 elsewhere.
    """
    hidden, labels = list(row), [IGNORED] * len(row)
    for place in chosen_positions(len(row), rng):
        labels[place] = row[place]
        draw = rng.random()
        if draw < 0.8:
            hidden[place] = MASK_ID
        elif draw < 0.9:
            hidden[place] = rng.randrange(len(SPECIAL), vocabulary)
    return hidden, labels


def masked_logits(model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """Logits (hidden tokens, vocabulary) at the hidden positions only, and the tokens there."""
    encoder, head = model.bert, model.cls
    inputs = {name: value for name, value in batch.items() if name != "labels"}
    states = encoder(**inputs).last_hidden_state
    places = batch["labels"] != IGNORED
    return head(states[places]), batch["labels"][places]


def loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean cross-entropy at the hidden positions, in nats."""
    return nn.functional.cross_entropy(*masked_logits(model, batch))


def score(
    model: nn.Module, ids: Sequence[list[int]], seed: int, batch: int = 64
) -> list[list[tuple[int, float, bool]]]:
    """Score fixed hidden positions of held-out sentences, every hidden token read as [MASK].

    Returns:
        For each sentence and hidden position: the token, its negative log-probability in nats,
        and whether it was the likeliest.
    """
    model.eval()
    rng = random.Random(seed)  # noqa: S311
    places = [sorted(chosen_positions(len(row), rng)) for row in ids]
    found: list[list[tuple[int, float, bool]]] = []
    for start in range(0, len(ids), batch):
        rows, cuts = ids[start : start + batch], places[start : start + batch]
        inputs = pad([_masked(row, cut) for row, cut in zip(rows, cuts, strict=True)], PAD_ID)
        labels = torch.full_like(inputs, IGNORED)
        for index, (row, cut) in enumerate(zip(rows, cuts, strict=True)):
            labels[index, [place + 1 for place in cut]] = torch.tensor([row[p] for p in cut])
        made = {"input_ids": inputs, "attention_mask": (inputs != PAD_ID).long(), "labels": labels}
        with torch.inference_mode():
            logits, tokens = masked_logits(model, made)
        nats = nn.functional.cross_entropy(logits, tokens, reduction="none").tolist()
        right = (logits.argmax(-1) == tokens).tolist()
        triples = iter(zip(tokens.tolist(), nats, right, strict=True))
        found += [[next(triples) for _ in cut] for cut in cuts]
    return found


def _masked(row: Sequence[int], places: Sequence[int]) -> list[int]:
    hidden = list(row)
    for place in places:
        hidden[place] = MASK_ID
    return [CLS_ID, *hidden, SEP_ID]
