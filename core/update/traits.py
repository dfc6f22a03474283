"""What drift looks at in one request: the same measures for live traffic and training data.

The server measures each request so, and keeps the numbers without the texts.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.data.cleaning.identify import identify
from core.evaluate.overlap import rouge_tokens

SURE, LEAST_LETTERS = 0.9, 20
"""A language is told where it is surer than that, of a text of so many letters."""


@dataclass(frozen=True)
class Vocabulary:
    """The words of a training split.

    Attributes:
        rows: Word to how many training inputs hold it.
        total: How many inputs there are.
    """

    rows: Counter[str]
    total: int

    def unseen_share(self, text: str) -> float | None:
        """Share of the words of a text that training never showed; None without a word."""
        found = words(text)
        return sum(word not in self.rows for word in found) / len(found) if found else None

    def rarity(self, text: str) -> float | None:
        """How rare the words of a text are: the mean of −log₁₀ of the share of inputs with it.

        A word that no input holds counts as one that half an input does; None without a word.
        """
        found = words(text)
        if not found or not self.total:
            return None
        shares = ((self.rows[word] or 0.5) / self.total for word in found)
        return -sum(map(math.log10, shares)) / len(found)


def vocabulary(inputs: Iterable[str]) -> Vocabulary:
    """The words of the inputs of a training split."""
    rows: Counter[str] = Counter()
    total = 0
    for text in inputs:
        total += 1
        rows.update(set(words(text)))
    return Vocabulary(rows, total)


def words(text: str) -> list[str]:
    """The words of a text; numbers are no words, for there is no end of them."""
    return [token for token in rouge_tokens(text) if not token.isdigit()]


def language(text: str) -> str:
    """Code of the language that a text is surely in; "" = it cannot be told."""
    code, sure = identify(text, LEAST_LETTERS)
    return code if code and sure >= SURE else ""
