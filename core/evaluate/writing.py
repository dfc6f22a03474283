"""How an answer is written, whatever it says: its length, repetition, whether there is one."""

from collections import Counter

from core.evaluate.answer import Answer
from core.evaluate.overlap import ngrams, rouge_tokens
from core.evaluate.scorer import Rate, mean

ORDER = 4


def length_ratio(_language: str | None) -> Rate:
    """Characters of all answers over characters of all references: 1 = as long."""
    return Rate("unit:character", _lengths)


def _lengths(reference: str, answer: Answer) -> tuple[float, float] | None:
    return float(len(answer.text.strip())), float(len(reference.strip()))


def repetition(_language: str | None) -> Rate:
    """Share of an answer's runs of four words that it has written before, mean over answers.

    1 − distinct / all 4-grams (Welleck et al. 2020, seq-rep-4); 0 for fewer than four words.
    """
    return mean(f"order:{ORDER}|tok:word|cjk:character", lambda _, answer: repeated(answer))


def repeated(text: str) -> float:
    """Share of the runs of four words that occurred before in the text."""
    runs: Counter[tuple[str, ...]] = ngrams(rouge_tokens(text), ORDER)
    return 1 - len(runs) / runs.total() if runs else 0.0


def empty(_language: str | None) -> Rate:
    """Share of answers in which nothing stands but space."""
    return mean("strip:yes", lambda _, answer: float(not answer.strip()))
