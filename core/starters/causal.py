"""starter-causal: a small Llama for English, German and Chinese, trained from nothing."""

import random
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from core.starters.loop import Batch
from core.starters.tokenizer import BEGIN, END, PAD, SPECIAL
from core.starters.translate import IGNORED, pad

POSITIONS = 512
MAX_TOKENS = 128
BEGIN_ID, END_ID, PAD_ID = (SPECIAL.index(token) for token in (BEGIN, END, PAD))


def build(vocabulary: int, width: int = 128, layers: int = 4) -> LlamaForCausalLM:
    """The untrained model: four query heads share two key and value heads.

    Args:
        vocabulary: Entries of the vocabulary.
        width: Size of a hidden vector; the feed-forward layers are three times as wide.
        layers: Layers.
    """
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=width,
            intermediate_size=3 * width,
            num_hidden_layers=layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=POSITIONS,
            tie_word_embeddings=True,
            pad_token_id=PAD_ID,
            bos_token_id=BEGIN_ID,
            eos_token_id=END_ID,
        )
    )


def finish(model: LlamaForCausalLM) -> None:
    """Set how the shipped model generates: greedy, with a length limit."""
    model.generation_config = GenerationConfig(
        pad_token_id=PAD_ID, bos_token_id=BEGIN_ID, eos_token_id=END_ID, max_new_tokens=48
    )


class Examples:
    """Passages as ids, each read from <s> to </s>.

    Attributes:
        ids: One list a passage, without special tokens.
    """

    def __init__(self, ids: Sequence[list[int]]) -> None:
        self.ids = [row[:MAX_TOKENS] for row in ids if row]

    def lengths(self) -> list[int]:
        """Tokens of each passage, special ones not counted."""
        return [len(row) for row in self.ids]

    def collate(self, chosen: Sequence[int], rng: random.Random) -> Batch:
        """input_ids, attention_mask and labels, each (batch, longest + 1).

        The label of a position is the token after it.
        """
        rows = [self.ids[index] for index in chosen]
        inputs = pad([[BEGIN_ID, *row] for row in rows], PAD_ID)
        labels = pad([[*row, END_ID] for row in rows], IGNORED)
        return {"input_ids": inputs, "attention_mask": (labels != IGNORED).long(), "labels": labels}


def predicted(model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """Logits (tokens, vocabulary) of every real position, and the tokens that follow there."""
    states = model.model(
        input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False
    ).last_hidden_state
    real = batch["labels"] != IGNORED
    return model.lm_head(states[real]), batch["labels"][real]


def loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean cross-entropy of the next token, in nats."""
    return nn.functional.cross_entropy(*predicted(model, batch))


def score(
    model: nn.Module, ids: Sequence[list[int]], batch: int = 64
) -> list[list[tuple[int, float, bool]]]:
    """Score every token of held-out sentences, the end token too.

    Returns:
        For each sentence and position: the token, its negative log-probability in nats, and
        whether it was the likeliest.
    """
    model.eval()
    examples = Examples(ids)
    found: list[list[tuple[int, float, bool]]] = []
    for start in range(0, len(examples.ids), batch):
        chosen = range(start, min(start + batch, len(examples.ids)))
        with torch.inference_mode():
            logits, tokens = predicted(model, examples.collate(chosen, random.Random(0)))  # noqa: S311
        nats = nn.functional.cross_entropy(logits, tokens, reduction="none").tolist()
        right = (logits.argmax(-1) == tokens).tolist()
        triples = iter(zip(tokens.tolist(), nats, right, strict=True))
        found += [[next(triples) for _ in range(len(examples.ids[i]) + 1)] for i in chosen]
    return found
