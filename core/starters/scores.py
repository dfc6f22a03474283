"""Held-out scores with 95 % bootstrap intervals, beside the baselines a model has to beat."""

import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sacrebleu.metrics import BLEU, CHRF
from sklearn.feature_extraction.text import TfidfVectorizer

from core.starters.corpus import Pair

RESAMPLES = 1_000
SAMPLE = 1_000
"""Most test sentences translated per language."""
CHUNK = 200

Scored = Sequence[Sequence[tuple[int, float, bool]]]
"""For each sentence and scored position: token, nats, whether the likeliest token was right."""


@dataclass(frozen=True)
class Question:
    """An English test sentence and all its known translations."""

    source: str
    references: tuple[str, ...]


def questions(pairs: Iterable[Pair], language: str, limit: int, seed: int) -> list[Question]:
    """A seeded sample of the different sources of one language."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        if pair.language == language:
            found.setdefault(pair.source, []).append(pair.target)
    rows = [Question(source, tuple(targets)) for source, targets in found.items()]
    return random.Random(seed).sample(rows, min(limit, len(rows)))  # noqa: S311


def nearest(train: Sequence[Pair], sources: Sequence[str]) -> list[str]:
    """The translation of the train sentence nearest to each source.

    Nearness is the cosine of TF-IDF vectors of character 2- to 4-grams within words.
    """
    vectoriser = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    known = vectoriser.fit_transform([pair.source for pair in train])
    answers: list[str] = []
    for start in range(0, len(sources), CHUNK):
        asked = vectoriser.transform(sources[start : start + CHUNK])
        best = np.asarray((asked @ known.T).argmax(axis=1)).ravel()
        answers += [train[index].target for index in best]
    return answers


def text_scores(answers: Sequence[str], asked: Sequence[Question], language: str) -> dict[str, Any]:
    """Corpus BLEU and chrF of one system, as {metric: {value, low, high, signature}}."""
    most = max(len(question.references) for question in asked)
    references = [
        [q.references[i] if i < len(q.references) else None for q in asked] for i in range(most)
    ]
    found: dict[str, Any] = {}
    for metric in (BLEU(tokenize="zh" if language == "zh" else "13a"), CHRF()):
        score = metric.corpus_score(list(answers), references, n_bootstrap=RESAMPLES)
        signature = metric.get_signature()
        told = json.loads(score.format(width=3, signature=str(signature), is_json=True))
        # sacreBLEU leaves the interval out where every resample scores 0.
        mean, half = told.get("confidence_mean", 0.0), told.get("confidence_var", 0.0)
        found[score.name.removesuffix("2")] = {
            "value": told["score"],
            "low": round(mean - half, 3),
            "high": round(mean + half, 3),
            "signature": str(signature),
        }
    return found


class Unigram:
    """Train frequencies with add-one smoothing: what any language model has to beat."""

    def __init__(self, ids: Iterable[Sequence[int]], vocabulary: int, end: int | None) -> None:
        counts: Counter[int] = Counter()
        sentences = 0
        for row in ids:
            counts.update(row)
            sentences += 1
        if end is not None:
            counts[end] += sentences
        total = sum(counts.values()) + vocabulary
        self._nats = {token: math.log(total / (count + 1)) for token, count in counts.items()}
        self._unseen = math.log(total)
        self._likeliest = counts.most_common(1)[0][0]

    def score(self, scored: Scored) -> list[list[tuple[int, float, bool]]]:
        """The same tokens at the same places, scored by frequency alone."""
        return [
            [(t, self._nats.get(t, self._unseen), t == self._likeliest) for t, _, _ in row]
            for row in scored
        ]


def token_scores(scored: Scored, seed: int) -> dict[str, Any]:
    """Cross-entropy (nats and bits per token) and accuracy (%), sentences resampled.

    Args:
        scored: What a model says of held-out tokens.
        seed: Of the resampling.

    Returns:
        {measure: {value, low, high}}; the interval holds the middle 95 % of 1,000 resamples.
    """
    nats = np.array([sum(n for _, n, _ in row) for row in scored])
    right = np.array([sum(r for _, _, r in row) for row in scored], dtype=float)
    tokens = np.array([len(row) for row in scored], dtype=float)
    rng = np.random.default_rng(seed)
    draws = np.empty((RESAMPLES, 2))
    for index in range(RESAMPLES):
        picked = rng.integers(len(tokens), size=len(tokens))
        total = tokens[picked].sum()
        draws[index] = nats[picked].sum() / total, right[picked].sum() / total
    values = nats.sum() / tokens.sum(), right.sum() / tokens.sum()
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    kinds = (
        ("cross-entropy, nats per token", 0, 1.0),
        ("cross-entropy, bits per token", 0, 1 / math.log(2)),
        ("accuracy, %", 1, 100.0),
    )
    return {
        name: {
            "value": round(float(values[i]) * factor, 4),
            "low": round(float(low[i]) * factor, 4),
            "high": round(float(high[i]) * factor, 4),
        }
        for name, i, factor in kinds
    }
