"""Why positions are needed: attention alone cannot tell a sentence from its words in another order.

One layer of self-attention, in float64, on a sentence's words: where two words change places, every
output only moves along with its word. With positions added to the words it does not.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.interpret.panels import Panel
from core.interpret.positions import Array, sinusoidal

DIMENSION = 16
"""Numbers of a word; of the layer's output too."""
MOST_WORDS = 12
"""More would not fit beside each other."""
EXAMPLE = "dog bites man"
_SEED = 20170612
"""Of the layer's weights: the day of "Attention Is All You Need"."""


@dataclass(frozen=True)
class Demonstration:
    """A sentence, the same with two words swapped, and what a layer makes of both.

    Attributes:
        words: The sentence.
        order: Place in `words` of each word of the swapped sentence.
        without: (2, words, DIMENSION): outputs for the sentence and for the swapped one.
        with_positions: The same where positions were added to the words.
        attention: (2, 2, words, words): weights without and with positions, of both sentences.
    """

    words: tuple[str, ...]
    order: tuple[int, ...]
    without: Array
    with_positions: Array
    attention: Array

    @property
    def swapped(self) -> tuple[str, ...]:
        """The sentence with two words swapped."""
        return tuple(self.words[place] for place in self.order)

    def changes(self, *, positions: bool) -> Array:
        """Largest |Δ| of each word's output between the two sentences, (words,)."""
        first, second = self.with_positions if positions else self.without
        return np.asarray(np.abs(second - first[list(self.order)]).max(axis=-1)[_back(self.order)])

    @property
    def largest_without(self) -> float:
        """Largest |Δ| of an output that no position was added to: rounding, no more."""
        return float(self.changes(positions=False).max())

    @property
    def largest_with(self) -> float:
        """Largest |Δ| of an output where positions were added."""
        return float(self.changes(positions=True).max())


def demonstrate(text: str, first: int, second: int) -> Demonstration:
    """Swap two words of a sentence and compare what a layer makes of both.

    Args:
        text: Words with spaces between them; Chinese without spaces is cut into its signs.
        first: Place of a word, from 0.
        second: Place of another.

    Raises:
        BadInput: There are fewer than two words or too many, a place is none of them, or both
            words are the same.
    """
    words = words_of(text)
    for place in (first, second):
        if not 0 <= place < len(words):
            raise BadInput(
                f"There is no word {place} in a sentence of {len(words)}; the first is word 0, the "
                f"last word {len(words) - 1}."
            )
    if words[first] == words[second]:
        raise BadInput(
            f"Words {first} and {second} are the same, {words[first]!r}: swapped, the sentence "
            "stays as it is. Choose two that differ."
        )
    order = list(range(len(words)))
    order[first], order[second] = order[second], order[first]
    vectors = np.stack([embedding(word) for word in words])
    places = sinusoidal(np.arange(len(words)), DIMENSION)
    plain = [attend(x) for x in (vectors, vectors[order])]
    placed = [attend(x + places) for x in (vectors, vectors[order])]
    return Demonstration(
        words, tuple(order),
        np.stack([output for output, _ in plain]), np.stack([output for output, _ in placed]),
        np.stack([[weights for _, weights in both] for both in (plain, placed)]),
    )  # fmt: skip


def panels(shown: Demonstration) -> tuple[Panel, ...]:
    """The four pictures: without and with positions, as written and swapped."""
    numbers = np.arange(DIMENSION, dtype=np.float64)
    rows = np.arange(len(shown.words), dtype=np.float64)
    found = []
    for name, outputs, values in (
        ("order_without", shown.without, {"largest_small": shown.largest_without}),
        ("order_with", shown.with_positions, {"largest": shown.largest_with}),
    ):
        for ending, sentence, matrix in (
            ("", shown.words, outputs[0]), ("_swapped", shown.swapped, outputs[1]),
        ):  # fmt: skip
            found.append(Panel(name + ending, numbers, values=values, matrix=matrix, y=rows,
                               labels=sentence))  # fmt: skip
    return tuple(found)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a sentence.

    Raises:
        BadInput: There are fewer than two, or more than MOST_WORDS.
    """
    words = text.split()
    if len(words) == 1 and not text.isascii():
        words = list(words[0])
    if not 2 <= len(words) <= MOST_WORDS:
        raise BadInput(
            f"The sentence has {len(words)} word{'' if len(words) == 1 else 's'}; write from 2 to "
            f"{MOST_WORDS} of them."
        )
    return tuple(words)


def embedding(word: str) -> Array:
    """A vector for a word, always the same for the same word: (DIMENSION,)."""
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    return np.random.default_rng(seed).normal(size=DIMENSION)


def attend(vectors: Array) -> tuple[Array, Array]:
    """One head of self-attention with fixed weights: softmax(Q·Kᵀ/√d)·V.

    Args:
        vectors: (words, DIMENSION).

    Returns:
        Outputs (words, DIMENSION) and weights (words, words).
    """
    made = np.random.default_rng(_SEED).normal(size=(3, DIMENSION, DIMENSION))
    query, key, value = vectors @ (made / math.sqrt(DIMENSION))
    scores = query @ key.T / math.sqrt(DIMENSION)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ value, weights


def _back(order: Sequence[int]) -> list[int]:
    """The order that undoes an order."""
    return [int(place) for place in np.argsort(order)]
