"""starter-translate: a small T5 from English to German and Chinese, trained from nothing."""

import random
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.models.t5.modeling_t5 import T5DenseGatedActDense

from core.starters.corpus import LANGUAGES, Pair
from core.starters.loop import Batch

MAX_TOKENS = 48
"""Longer pairs are left out of training, and generation stops there."""
LABEL_SMOOTHING = 0.1
IGNORED = -100

_PREFIXES = {language.code: language.prefix for language in LANGUAGES}


def build(vocabulary: int, width: int = 128, layers: int = 2) -> T5ForConditionalGeneration:
    """The untrained model.

    Args:
        vocabulary: Entries of the vocabulary.
        width: Size of a hidden vector; the feed-forward layers are three times as wide.
        layers: Layers of the encoder, and as many of the decoder.
    """
    config = T5Config(
        vocab_size=vocabulary,
        d_model=width,
        d_kv=width // 4,
        d_ff=3 * width,
        num_layers=layers,
        num_heads=4,
        dropout_rate=0.0,
        feed_forward_proj="gated-gelu",
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
    )
    return T5ForConditionalGeneration(config)


def prepare(model: T5ForConditionalGeneration) -> None:
    """Ready the model for training; nothing of it is saved.

    The tanh GELU is the same function as T5's own, in one kernel instead of eight.
    """
    for module in model.modules():
        if isinstance(module, T5DenseGatedActDense):
            module.act = nn.GELU(approximate="tanh")


def finish(model: T5ForConditionalGeneration) -> None:
    """Set what the shipped model says of itself: greedy, a length limit."""
    model.generation_config = GenerationConfig(
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, max_new_tokens=MAX_TOKENS
    )


class Examples:
    """Pairs as token ids, short enough to train on.

    Attributes:
        sources: Ids of prefix and English sentence, one list an example.
        targets: Ids of the translation.
        left_out: Pairs too long.
    """

    def __init__(self, pairs: Sequence[Pair], tokenizer: PreTrainedTokenizerFast) -> None:
        texts = [_PREFIXES[pair.language] + pair.source for pair in pairs]
        sources = tokenizer(texts)["input_ids"]
        targets = tokenizer([pair.target for pair in pairs])["input_ids"]
        kept = [
            (source, target)
            for source, target in zip(sources, targets, strict=True)
            if len(source) <= MAX_TOKENS and len(target) <= MAX_TOKENS
        ]
        self.sources = [source for source, _ in kept]
        self.targets = [target for _, target in kept]
        self.left_out = len(pairs) - len(kept)

    def lengths(self) -> list[int]:
        """Tokens of source and target together."""
        return [len(s) + len(t) for s, t in zip(self.sources, self.targets, strict=True)]

    def collate(self, chosen: Sequence[int], rng: random.Random) -> Batch:
        """Pad the chosen examples.

        Returns:
            input_ids and attention_mask (batch, longest source), labels (batch, longest target).
        """
        inputs = pad([self.sources[i] for i in chosen], 0)
        return {
            "input_ids": inputs,
            "attention_mask": (inputs != 0).long(),
            "labels": pad([self.targets[i] for i in chosen], IGNORED),
        }


def pad(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """Rows of ids -> (batch, longest), filled up on the right."""
    return pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=value)


def smoothed_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy with label smoothing, mean over target tokens, in nats.

    Only real target positions reach the softmax, which is the dearest part of so small a model.
    """
    labels = batch["labels"]
    logits = model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        decoder_input_ids=model._shift_right(labels),
    ).logits
    real = labels != IGNORED
    return nn.functional.cross_entropy(logits[real], labels[real], label_smoothing=LABEL_SMOOTHING)


def cross_entropy(model: nn.Module, examples: Examples, batch: int = 128) -> float:
    """Nats per target token (the end token counts) over all examples."""
    model.eval()
    nats, tokens = 0.0, 0
    for start in range(0, len(examples.sources), batch):
        chosen = range(start, min(start + batch, len(examples.sources)))
        made = examples.collate(chosen, random.Random(0))  # noqa: S311
        count = int((made["labels"] != IGNORED).sum())
        with torch.inference_mode():
            nats += float(model(**made).loss) * count
        tokens += count
    return nats / tokens


def translate(
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    language: str,
    batch: int = 64,
) -> list[str]:
    """Translate English sentences greedily.

    Args:
        model: The trained model.
        tokenizer: Its tokenizer.
        texts: English sentences without prefix.
        language: A code of LANGUAGES.
        batch: Sentences generated together.
    """
    model.eval()
    answers: list[str] = []
    for start in range(0, len(texts), batch):
        rows = [_PREFIXES[language] + text for text in texts[start : start + batch]]
        inputs = tokenizer(rows, return_tensors="pt", padding=True)
        ids = model.generate(**inputs, max_new_tokens=MAX_TOKENS, do_sample=False, num_beams=1)
        answers += tokenizer.batch_decode(ids, skip_special_tokens=True)
    return answers
