"""Scores of short texts by shared words: exact match and token F1 of SQuAD, ROUGE."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable

from core.evaluate.scorer import Rate, mean

CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff"
"""Chinese and Japanese characters, for a regular expression's brackets: no spaces part them."""
_SQUAD_TOKEN = re.compile(rf"[{CJK}]|[^\s{CJK}]+")
_ROUGE_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_ARTICLE = re.compile(r"\b(a|an|the)\b")


def squad_tokens(text: str) -> list[str]:
    """Tokens after SQuAD's normalisation: lower case, no punctuation, no English articles.

    Rajpurkar et al. 2016, `evaluate-v2.0.py`. Beyond the original, punctuation of any script is
    left out and a Chinese or Japanese character is a token, for those scripts put no spaces.
    """
    kept = "".join(
        c for c in text.lower()
        if c not in string.punctuation and not unicodedata.category(c).startswith("P")
    )  # fmt: skip
    return _SQUAD_TOKEN.findall(_ARTICLE.sub(" ", kept))


def rouge_tokens(text: str) -> list[str]:
    """Lower-case words and single Chinese or Japanese characters; no stemming."""
    return _ROUGE_TOKEN.findall(text.lower())


def _f1(shared: int, answer: int, reference: int) -> float:
    """Harmonic mean of shared/answer and shared/reference; 1 if both are empty."""
    if not answer or not reference:
        return float(answer == reference)
    return 2 * shared / (answer + reference)


def _exact(reference: str, answer: str) -> float:
    return float(squad_tokens(reference) == squad_tokens(answer))


def _token_f1(reference: str, answer: str) -> float:
    r, a = squad_tokens(reference), squad_tokens(answer)
    return _f1((Counter(r) & Counter(a)).total(), len(a), len(r))


def _rouge_n(order: int) -> Callable[[str, str], float]:
    def one(reference: str, answer: str) -> float:
        r, a = (ngrams(rouge_tokens(text), order) for text in (reference, answer))
        shared = (r & a).total()
        return 2 * shared / (r.total() + a.total()) if shared else 0.0

    return one


def ngrams(tokens: list[str], order: int) -> Counter[tuple[str, ...]]:
    """How often each run of `order` tokens occurs."""
    return Counter(zip(*(tokens[i:] for i in range(order)), strict=False))


def _rouge_l(reference: str, answer: str) -> float:
    r, a = rouge_tokens(reference), rouge_tokens(answer)
    shared = _longest_common(r, a)
    return 2 * shared / (len(r) + len(a)) if shared else 0.0


def _longest_common(left: list[str], right: list[str]) -> int:
    """Length of the longest common subsequence, by rows of the usual table."""
    row = [0] * (len(right) + 1)
    for token in left:
        diagonal = 0
        for j, other in enumerate(right, start=1):
            above = row[j]
            row[j] = diagonal + 1 if token == other else max(above, row[j - 1])
            diagonal = above
    return row[-1]


def exact_match(_language: str | None) -> Rate:
    """Share of answers equal to the reference after SQuAD's normalisation."""
    return mean("norm:squad|cjk:character", _exact)


def token_f1(_language: str | None) -> Rate:
    """Mean F1 of the tokens of answer and reference, as SQuAD has it."""
    return mean("norm:squad|cjk:character", _token_f1)


def rouge1(_language: str | None) -> Rate:
    """ROUGE-1 (Lin 2004): F1 of single words."""
    return mean("tok:word|cjk:character|stem:no|f1", _rouge_n(1))


def rouge2(_language: str | None) -> Rate:
    """ROUGE-2 (Lin 2004): F1 of pairs of words."""
    return mean("tok:word|cjk:character|stem:no|f1", _rouge_n(2))


def rougel(_language: str | None) -> Rate:
    """ROUGE-L (Lin 2004): F1 of the longest common subsequence, over the whole text."""
    return mean("tok:word|cjk:character|stem:no|f1", _rouge_l)
