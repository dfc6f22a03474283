"""What speaks against leaning on a score: few examples, a wrong tokeniser, nothing that varies."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.data.dataset import split_labels
from core.evaluate.answer import Answer
from core.evaluate.metrics import Metric
from core.evaluate.sacre import BY_CHARACTER, base_language
from core.evaluate.score import Score

FEW = 100
"""Below this, an interval made by resampling is itself uncertain."""
LOOKED = 2_000
"""So many references tell the script."""
_LETTER = re.compile(r"[^\W\d_]")
_NO_SPACES = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
_NO_SPACES_NOR_CJK = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_HANGUL = re.compile(r"[\u1100-\u11ff\uac00-\ud7af]")


def warnings(
    row: Metric,
    score: Score,
    references: Sequence[str],
    answers: Sequence[Answer],
    language: str | None,
    separator: str | None,
) -> tuple[str, ...]:
    """Names of what is to be known of a score that has a value, in the order of weight."""
    told = (
        ("script", _other_script(row, references, language)),
        ("unseen_label", _unseen(row, references, answers, separator)),
        ("all_empty", row.needs == "reference" and not any(a.text.strip() for a in answers)),
        ("few", score.n < FEW),
        ("all_equal", not row.also and score.n > 1 and score.low == score.high),
        ("empty_references", row.needs == "reference" and not all(r.strip() for r in references)),
    )
    return tuple(name for name, holds in told if holds)


def _other_script(row: Metric, references: Sequence[str], language: str | None) -> bool:
    """Whether most letters of the references are of a script that the tokeniser is not made for."""
    if row.tokens is None:
        return False
    text = "".join(references[:LOOKED])
    letters = len(_LETTER.findall(text))
    if row.tokens == "word":
        return 2 * len(_NO_SPACES_NOR_CJK.findall(text)) > letters
    unspaced = len(_NO_SPACES.findall(text))
    if row.tokens == "language" and base_language(language) in BY_CHARACTER:
        return 2 * (unspaced + len(_HANGUL.findall(text))) < letters
    return 2 * unspaced > letters


def _unseen(
    row: Metric, references: Sequence[str], answers: Sequence[Answer], separator: str | None
) -> bool:
    """Whether a reference is a label that the model does not know, so cannot answer."""
    if row.also or "text-classification" not in row.tasks:
        return False
    known = {label for answer in answers for label in answer.probabilities or {}}
    wanted = {n.strip() for r in references for n in split_labels(r, separator)} - {""}
    return bool(known) and not wanted <= known


def repeated(examples: Iterable[Mapping[str, Any]]) -> int:
    """How many examples give the model what another one gave it already."""
    given = Counter((row["input"], row.get("context")) for row in examples)
    return given.total() - len(given)
