"""What of some texts a training split holds: their words, and their runs of words.

An example whose runs were learnt measures memory, not skill. Runs of 8 words: Brown et al. 2020
(GPT-3, appendix C) take 8 to 13 by the length of the texts, 13 for long web pages; test sentences
of a dozen words need the shortest. An example overlaps where at least 70 % of its runs stand in the
training split (Chowdhery et al. 2022, PaLM, section 8): one shared phrase is no leak. A text of
fewer words has one run, itself, which must be a whole training text.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.evaluate.overlap import rouge_tokens

RUN_WORDS = 8
OVERLAPPING = 0.7
RARE_BELOW = 3
"""A word that stands fewer times in the training split is rare; 0 times, unseen."""

Run = tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """Of the words and runs of some texts, those that a training split holds.

    Only what was asked about is kept, so that memory grows with the test, not with the training.

    Attributes:
        words: How often each word stands there; 0 = unseen.
        runs: The runs that stand there.
        rows: Training texts that were looked through.
    """

    words: Mapping[str, int]
    runs: frozenset[Run]
    rows: int

    def rare_share(self, text: str) -> float | None:
        """Share of the words of a text that are rare in training, 0 to 1; None without a word."""
        return self._share([text], RARE_BELOW)

    def unseen_share(self, texts: Iterable[str]) -> float | None:
        """Share of the words of texts that training never showed: those out of its vocabulary."""
        return self._share(texts, 1)

    def _share(self, texts: Iterable[str], below: int) -> float | None:
        words = [word for text in texts for word in _words(text)]
        if not words:
            return None
        return sum(self.words.get(word, 0) < below for word in words) / len(words)

    def overlap(self, text: str) -> float | None:
        """Share of the runs of a text that training holds, 0 to 1; None without a word."""
        if not _words(text):
            return None
        runs = _runs(rouge_tokens(text))
        return sum(run in self.runs for run in runs) / len(runs)


def seen(texts: Iterable[str], training: Iterable[str]) -> Seen:
    """Look through a training split once for the words and runs of some texts."""
    asked_words: set[str] = set()
    asked_runs: set[Run] = set()
    for text in texts:
        asked_words.update(_words(text))
        asked_runs.update(_runs(rouge_tokens(text)))
    words: Counter[str] = Counter()
    runs: set[Run] = set()
    rows = 0
    for text in training:
        rows += 1
        tokens = rouge_tokens(text)
        words.update(token for token in tokens if token in asked_words)
        runs.update(run for run in _runs(tokens) if run in asked_runs)
    return Seen({word: words[word] for word in asked_words}, frozenset(runs), rows)


def _words(text: str) -> list[str]:
    """The words of a text; numbers are no words, for there is no end of them."""
    return [token for token in rouge_tokens(text) if not token.isdigit()]


def _runs(tokens: list[str]) -> list[Run]:
    """All runs of RUN_WORDS words; a shorter text is one run, unlike any run of a longer one."""
    if not tokens:
        return []
    last = max(1, len(tokens) - RUN_WORDS + 1)
    return [tuple(tokens[start : start + RUN_WORDS]) for start in range(last)]
