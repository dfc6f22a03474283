"""Which words go together, learnt from pairs of sentences alone: IBM Model 1, both ways.

It knows nothing of any attention, so it can judge one: a *silver* alignment, where nobody has made
a golden one by hand. Words are compared in lower case.

Brown et al. 1993, "The Mathematics of Statistical Machine Translation"; the two directions and
their intersection as in Och and Ney 2003.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Pair = tuple[Sequence[str], Sequence[str]]
Links = set[tuple[int, int]]
"""(target word, source word)."""
ROUNDS = 8
MOST_CELLS = 4_000_000
"""Word pairs that are held at once; what comes after them is not learnt from."""
_NULL = "\0"
"""Stands before each source sentence: words that come from nowhere."""


class Lexicon:
    """p(target word | source word), learnt by expectation maximisation."""

    def __init__(self, pairs: Sequence[Pair], rounds: int = ROUNDS) -> None:
        self._source: dict[str, int] = {}
        self._target: dict[str, int] = {}
        cells: list[NDArray[np.int64]] = []
        sizes: list[int] = []
        held = 0
        self.pairs = 0
        for source, target in pairs:
            held += (len(source) + 1) * len(target)
            if held > MOST_CELLS:
                break
            self.pairs += 1
            left = np.array([_number(self._source, word) for word in (_NULL, *source)])
            for word in target:
                cells.append(left * 2**32 + _number(self._target, word))
                sizes.append(len(left))
        self._known, self._chance = _learn(cells, sizes, rounds)

    def chances(self, source: Sequence[str], target: Sequence[str]) -> NDArray[np.float64]:
        """p(target word | source word), (targets, 1 + sources), "from nowhere" first."""
        left = np.array([self._source.get(w.lower(), -1) for w in (_NULL, *source)], np.int64)
        right = np.array([self._target.get(w.lower(), -1) for w in target], np.int64)
        wanted = left[None, :] * 2**32 + right[:, None]
        place = np.searchsorted(self._known, wanted).clip(max=len(self._known) - 1)
        known = (self._known[place] == wanted) & (left >= 0)[None, :] & (right >= 0)[:, None]
        return np.where(known, self._chance[place], 0.0)

    def links(self, source: Sequence[str], target: Sequence[str]) -> Links:
        """The likeliest source word of each target word that has one.

        Of equally likely ones, such as the same word twice, the one nearest to the diagonal.
        """
        chances = self.chances(source, target)
        found: Links = set()
        for j, row in enumerate(chances):
            best = row[1:].max(initial=0.0)
            if best <= 0 or best < row[0]:
                continue
            line = j * (len(source) - 1) / max(1, len(target) - 1)
            alike = np.flatnonzero(row[1:] >= best * (1 - 1e-9))
            found.add((j, int(alike[np.abs(alike - line).argmin()])))
        return found


def _number(known: dict[str, int], word: str) -> int:
    return known.setdefault(word.lower(), len(known))


def _learn(
    cells: list[NDArray[np.int64]], sizes: list[int], rounds: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Codes of the word pairs that occur, sorted, and p(target | source) of each."""
    if not cells:
        return np.array([-1]), np.zeros(1)
    known, place = np.unique(np.concatenate(cells), return_inverse=True)
    starts = np.cumsum([0, *sizes[:-1]])
    source = known // 2**32
    chance = np.ones(len(known))
    for _ in range(rounds):
        share = chance[place]
        share /= np.repeat(np.add.reduceat(share, starts), sizes)
        counts = np.bincount(place, share, len(known))
        chance = counts / np.bincount(source, counts)[source]
    return known, chance


def silver(forward: Lexicon, backward: Lexicon, pair: Pair) -> tuple[Links, Links]:
    """Sure links, which both directions find, and possible ones, which either does.

    Args:
        forward: Learnt from (source, target).
        backward: Learnt from (target, source).
        pair: Source and target words.
    """
    source, target = pair
    one = forward.links(source, target)
    two = {(j, i) for i, j in backward.links(target, source)}
    return one & two, one | two
