"""What cross-attention says of which word comes from which: alignment, coverage, jumps.

Attention is over tokens; here it is over words: the weights of a source word's pieces are added up,
the rows of a target word's pieces averaged, so that a row still adds up to 1, less what falls on no
word (the end mark, a prefix): the *sink*.

- The hard alignment of a target word is the source word with the largest weight.
- *Coverage* of a source word is the sum of its weights over all target words (Tu et al. 2016).
- Its quality is judged by the alignment error rate of Och and Ney (2003), against sure links S and
  possible links P ⊇ S: 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|); 0 is perfect.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.interpret.lexicon import Links

Array = NDArray[np.float64]
Span = tuple[int, int]

COVERED = 0.5
"""A source word counts as covered from this much weight on, of the 1 that each target word has."""
JUMP_WORDS = 3
"""So far or farther from the source word after the last one, and the alignment jumps."""
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|[^\w\s]"
)
"""A Chinese or Japanese character, a run of letters and digits, or a mark."""


def words(text: str, start: int = 0) -> list[Span]:
    """Where the words of a text stand, from a character on."""
    return [found.span() for found in _WORD.finditer(text, start)]


def owners(offsets: Sequence[Span], spans: Sequence[Span]) -> NDArray[np.int64]:
    """For each token the word that it overlaps most; −1 where it stands in none.

    Args:
        offsets: First and last character of each token; (0, 0) for what is no text.
        spans: Of the words.
    """
    found = np.full(len(offsets), -1)
    for token, (low, high) in enumerate(offsets):
        shared = [min(high, end) - max(low, start) for start, end in spans]
        best = max(range(len(spans)), key=shared.__getitem__, default=-1)
        if best >= 0 and shared[best] > 0:
            found[token] = best
    return found


def kept(owner: NDArray[np.int64]) -> list[int]:
    """The words that have a token: those that merged weights stand for."""
    return sorted({int(word) for word in owner if word >= 0})


def merge(weights: ArrayLike, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Array:
    """Attention over words (…, target words, source words) from one over tokens.

    Args:
        weights: (…, target tokens, source tokens).
        rows: Word of each target token, −1 = none.
        columns: Word of each source token, −1 = none.
    """
    left = (rows[None, :] == np.array(kept(rows), int)[:, None]).astype(np.float64)
    right = (columns[:, None] == np.array(kept(columns), int)[None, :]).astype(np.float64)
    left /= left.sum(-1, keepdims=True)
    return np.asarray(left @ np.asarray(weights, np.float64) @ right)


def reading(weights: ArrayLike) -> Array:
    """Rows by the token that is read, where they came by the token that is written.

    The row that writes token t reads token t − 1: so each row moves up by one, and the last token,
    which is never read, keeps the row that writes it.
    """
    w = np.asarray(weights, np.float64)
    return np.concatenate([w[..., 1:, :], w[..., -1:, :]], axis=-2)


def hard(merged: ArrayLike) -> NDArray[np.int64]:
    """The source word of each target word, (…, target words)."""
    return np.asarray(np.asarray(merged).argmax(-1))


def error_counts(found: Links, sure: Links, possible: Links) -> tuple[int, int]:
    """|A ∩ S| + |A ∩ P|, and |A| + |S|: both add up over sentences."""
    return len(found & sure) + len(found & possible), len(found) + len(sure)


def error_rate(counts: ArrayLike) -> float | None:
    """The alignment error rate of summed counts; None where there was nothing to align."""
    hits, all_ = np.asarray(counts, np.float64)
    return None if all_ == 0 else float(1 - hits / all_)


def diagonal(targets: int, sources: int) -> Links:
    """What needs no model: each target word at the same relative place of the source."""
    return {(j, round(j * (sources - 1) / max(1, targets - 1))) for j in range(targets) if sources}


def copied(source: Sequence[str], target: Sequence[str]) -> dict[int, int]:
    """Target words that stand in the source letter for letter, once in both: source word of each.

    Numbers and words with a capital alone: others are alike by chance too often.
    """
    found = {}
    for j, word in enumerate(target):
        telling = any(sign.isdigit() for sign in word) or word[:1].isupper()
        if telling and source.count(word) == 1 == target.count(word):
            found[j] = source.index(word)
    return found


@dataclass(frozen=True)
class Measures:
    """One sentence's cross-attention in numbers.

    Attributes:
        coverage: Share of the source words that are covered.
        entropy_nats: Of a target word's weights over source words, mean.
        sink_mass: Weight on no word, mean over target words.
        jump_share: Share of the steps between target words that jump.
    """

    coverage: float
    entropy_nats: float
    sink_mass: float
    jump_share: float


MEASURES = ("coverage", "entropy_nats", "sink_mass", "jump_share")


def coverage(merged: ArrayLike) -> Array:
    """The weight that each source word gets from all target words, (…, source words)."""
    return np.asarray(np.asarray(merged, np.float64).sum(-2))


def measures(merged: ArrayLike) -> Measures:
    """The numbers of one sentence, from weights over words (target words, source words)."""
    w = np.asarray(merged, np.float64)
    inside = w.sum(-1)
    shares = np.divide(w, inside[:, None], out=np.zeros_like(w), where=inside[:, None] > 0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    steps = np.abs(np.diff(hard(w)) - 1) >= JUMP_WORDS
    return Measures(
        float((coverage(w) >= COVERED).mean()), float(-(shares * logs).sum(-1).mean()),
        float(np.clip(1 - inside, 0, 1).mean()), float(steps.mean()) if len(steps) else 0.0,
    )  # fmt: skip
