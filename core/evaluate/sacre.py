"""BLEU, chrF, chrF++ and TER: sacreBLEU's counts and scores, and the same formulas on arrays.

sacreBLEU computes one corpus at a time; the array forms compute a thousand resamples at once. The
reported score always comes from sacreBLEU itself, so it equals `sacrebleu` to the last digit.
Nothing here reaches the network: the tokenisers 13a, zh and char are rules.
"""

from collections.abc import Sequence

import numpy as np
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.metrics.base import Metric

from core.evaluate.answer import Answer
from core.evaluate.scorer import Array, ratio

ORDERS = 4
"""Of BLEU's n-grams."""
REFERENCE_WORDS = 1
"""Column of BLEU's counts."""
BY_CHARACTER = ("zh", "ja", "ko")
"""Languages that put no, or few, spaces between words."""


def base_language(language: str | None) -> str:
    """The language alone: "zh" for "zh-CN" and "zh_Hans", and nothing for None."""
    return (language or "").replace("_", "-").split("-")[0].casefold()


class _Sacre:
    """What the three share: counts and reported scores from sacreBLEU."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        metric.num_refs = 1  # sacreBLEU learns this on scoring and puts it in the signature
        self.signature: str = metric.get_signature().format()

    def counts(self, references: Sequence[str], *systems: Sequence[Answer]) -> list[Array]:
        """The sufficient statistics: one row an example, as sacreBLEU has them."""
        return [
            np.array(
                self._metric._extract_corpus_statistics(
                    [answer.text for answer in system], [list(references)]
                ),
                dtype=np.float64,
            )
            for system in systems
        ]

    def point(self, sums: Array) -> float:
        """The score of the sums, by sacreBLEU itself."""
        return float(self._metric._compute_score_from_stats([int(x) for x in sums]).score)


class Bleu(_Sacre):
    """Corpus BLEU (Papineni et al. 2002) as Post 2018 fixes it.

    Counts: system length, reference length, matches of order 1 to 4, n-grams of order 1 to 4.
    """

    def __init__(self, language: str | None) -> None:
        code = base_language(language)
        # sacreBLEU's own choice for Japanese and Korean needs a dictionary that is not installed.
        tokenizer = "zh" if code == "zh" else "char" if code in BY_CHARACTER else "13a"
        super().__init__(BLEU(tokenize=tokenizer, force=True))

    def corpus(self, sums: Array) -> Array:
        """BLEU with sacreBLEU's defaults: 4 orders, exponential smoothing of empty orders."""
        return _bleu(sums, effective_order=False)

    def examples(self, counts: Array) -> Array:
        """Sentence BLEU: orders longer than the answer are left out (`effective_order`)."""
        return _bleu(counts, effective_order=True)


def _bleu(sums: Array, *, effective_order: bool) -> Array:
    system, reference = sums[..., 0], sums[..., 1]
    matches, totals = sums[..., 2:6], sums[..., 6:10]
    with np.errstate(divide="ignore", over="ignore"):
        short = np.exp(1 - reference / np.maximum(system, 1e-300))
    brevity = np.where(system >= reference, 1.0, np.where(system > 0, short, 0.0))
    # Each order without a match counts as half as much as the one before it that had none.
    halvings = np.cumsum((matches == 0) & (totals > 0), axis=-1)
    precision = ratio(np.where(matches > 0, matches, 0.5**halvings), totals)
    orders = (totals > 0).sum(-1)
    logs = np.log(precision, out=np.zeros_like(precision), where=totals > 0).sum(-1)
    if effective_order:
        score = np.exp(logs / np.maximum(orders, 1))
    else:
        score = np.where(orders == 4, np.exp(logs / 4), 0.0)
    found = matches.any(-1)
    return np.asarray(np.where(found, 100 * brevity * score, 0.0))


class _Characters(_Sacre):
    """Character n-grams of order 1 to 6, and maybe of words, recall counts twice.

    Counts, for each order: system n-grams, reference n-grams, matches.
    """

    def corpus(self, sums: Array) -> Array:
        """F2 of precision and recall averaged over the orders that both sides have."""
        system, reference, matches = (sums[..., i::3] for i in range(3))
        both = (system > 0) & (reference > 0)
        orders = both.sum(-1)
        precision = ratio((ratio(matches, system) * both).sum(-1), orders)
        recall = ratio((ratio(matches, reference) * both).sum(-1), orders)
        return 100 * ratio(5 * precision * recall, 4 * precision + recall)

    def examples(self, counts: Array) -> Array:
        """The score of each sentence."""
        return self.corpus(counts)


class Chrf(_Characters):
    """chrF2 (Popović 2015): characters alone."""

    def __init__(self, _language: str | None) -> None:
        super().__init__(CHRF())


class ChrfPlus(_Characters):
    """chrF2++ (Popović 2017): characters, and words and pairs of words, cut at spaces."""

    def __init__(self, _language: str | None) -> None:
        super().__init__(CHRF(word_order=2))


class Ter(_Sacre):
    """Translation edit rate (Snover et al. 2006): edits and block moves per reference word.

    Counts: edits, reference words.
    """

    def __init__(self, language: str | None) -> None:
        asian = base_language(language) in BY_CHARACTER
        # Without this a Chinese sentence is one word, and every answer 0 or 100.
        super().__init__(TER(normalized=asian, asian_support=asian))

    def corpus(self, sums: Array) -> Array:
        """Edits over words; with no reference word, 100 if anything was written."""
        edits, words = sums[..., 0], sums[..., 1]
        return np.asarray(np.where(words > 0, 100 * ratio(edits, words), 100.0 * (edits > 0)))

    def examples(self, counts: Array) -> Array:
        """TER of each sentence."""
        return self.corpus(counts)
