"""Subwords merged to words, sinks hidden: what may be done to a matrix so that it stays attention.

Merging sums over the keys of a word and takes the mean over its queries, so that each row still
adds up to 1. `core/interpret/web/weights.js` does the same in the browser.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.interpret.tokens import SPACE

GOES_ON = "##"
"""WordPiece writes this before a piece that goes on with the word before it."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Words:
    """The words of some tokens.

    Attributes:
        of: For each token, the place of its word.
        labels: The words.
    """

    of: tuple[int, ...]
    labels: tuple[str, ...]

    @property
    def starts(self) -> NDArray[np.int64]:
        """First token of each word."""
        return np.unique(np.array(self.of), return_index=True)[1]


def words_of(labels: Sequence[str], special: Sequence[bool]) -> Words:
    """Which tokens belong to one word.

    A word begins where the tokenizer wrote a space ("·"), or, in WordPiece, wherever it did not
    write "##". A special token is a word of its own, and so is a character of a script that writes
    no spaces (Chinese, Japanese, Thai): there a space says nothing about words.

    Args:
        labels: Tokens as `core.interpret.tokens.labels` writes them.
        special: For each token, whether it is a special token.
    """
    pieces = any(label.startswith(GOES_ON) for label in labels)
    spaced = any(label.startswith(SPACE) for label in labels)
    of: list[int] = []
    found: list[str] = []
    for place, label in enumerate(labels):
        alone = special[place] or (place > 0 and special[place - 1])
        if pieces:
            begins = not label.startswith(GOES_ON)
        else:
            begins = not spaced or label.startswith(SPACE) or _spaceless(label)
        if place == 0 or alone or begins or _spaceless(labels[place - 1]):
            found.append("")
        found[-1] += label.removeprefix(GOES_ON) if pieces else label
        of.append(len(found) - 1)
    shown = [label.strip(SPACE) or label for label in found]
    return Words(tuple(of), tuple(shown))


def _spaceless(label: str) -> bool:
    """Whether a label has a letter of a script without spaces between words."""
    return any(
        "\u3040" <= letter <= "\u30ff" or "\u3400" <= letter <= "\u9fff"
        or "\uf900" <= letter <= "\ufaff" or "\u0e00" <= letter <= "\u0e7f"
        or "\U00020000" <= letter <= "\U0003ffff"
        for letter in label
    )  # fmt: skip


def merged(weights: ArrayLike, queries: Words, keys: Words) -> Array:
    """Weights between words: summed over keys, averaged over queries.

    Args:
        weights: (…, queries, keys).
        queries: Words of the rows.
        keys: Words of the columns.

    Returns:
        (…, words, words); rows that added up to 1 still do.
    """
    w = np.asarray(weights, np.float64)
    summed = np.add.reduceat(w, keys.starts, axis=-1)
    sizes = np.bincount(queries.of)
    return np.asarray(np.add.reduceat(summed, queries.starts, axis=-2) / sizes[:, None])


def without(weights: ArrayLike, hidden: Sequence[bool] | NDArray[np.bool_]) -> Array:
    """Weights without some keys, what is left of each row made to add up to 1 again.

    A row that looked at nothing else is 0.

    Args:
        weights: (…, queries, keys).
        hidden: For each key, whether it is hidden.
    """
    left = np.where(np.asarray(hidden, bool), 0.0, np.asarray(weights, np.float64))
    sums = left.sum(-1, keepdims=True)
    return np.asarray(np.divide(left, sums, out=np.zeros_like(left), where=sums > 0))
