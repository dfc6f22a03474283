"""The same input, disturbed: typing errors, case, punctuation, other words, a missing end.

Every disturbance is a row. The same seed, row and example give the same text on every machine, and
a stronger one holds the changes of a weaker one, so that a curve over strengths is one of strength
alone. Strength is the share of places that are changed, 0 to 1: of words, of marks, of the phrases
that a template knows, of the words at the end. In the way of CheckList (Ribeiro et al. 2020).
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from core.data.dataset import Example
from core.evaluate.overlap import CJK
from core.evaluate.paraphrase import paraphrase

STRENGTHS = (0.05, 0.1, 0.2, 0.4)
"""Beside the text as it is, which is strength 0."""
_WORD = re.compile(rf"[{CJK}]|[^\W\d_{CJK}]{{2,}}")
_PIECE = re.compile(rf"[{CJK}]|[^\s{CJK}]+")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_AROUND = ((0, -1), (0, 1), (-1, 0), (-1, 1), (1, -1), (1, 0))
"""Rows and columns to the keys around one: each row stands half a key further right."""
_NEIGHBOURS = {
    key: "".join(
        _ROWS[line + down][place + right]
        for down, right in _AROUND
        if 0 <= line + down < len(_ROWS) and 0 <= place + right < len(_ROWS[line + down])
    )
    for line, keys in enumerate(_ROWS)
    for place, key in enumerate(keys)
}
"""The keys around each key of a QWERTY keyboard."""


@dataclass(frozen=True)
class Disturbance:
    """One way to disturb a text.

    Attributes:
        name: What a person types; `where.disturbance.NAME` says it.
        same_answer: Whether the reference is still right: what was cut away cannot be answered.
        change: Takes the text, the strength, a source of chance, the text's language (None = not
            known), and whether the text stands apart from its answer, as a question or a message
            does, so that something may be put around it.
    """

    name: str
    same_answer: bool
    change: Callable[[str, float, Random, str | None, bool], str]


def disturbed(
    example: Example, row: Disturbance, strength: float, language: str | None, task: str, seed: int
) -> Example:
    """The example with its input disturbed; context and target stay as they are."""
    chance = Random(f"{seed}/{row.name}/{example.id}")  # noqa: S311 - no secret depends on it
    apart = task in ("text-classification", "question-answering")
    return replace(example, input=row.change(example.input, strength, chance, language, apart))


def _typos(text: str, strength: float, chance: Random, _language: str | None, _apart: bool) -> str:
    """In a share of the words one error each: a neighbouring key, two letters swapped, one lost."""

    def change(match: re.Match[str]) -> str:
        word = match[0]
        # All draws are made for every word: so a stronger one holds the changes of a weaker one.
        hit, kind, key = chance.random(), chance.randrange(3), chance.random()
        place = chance.randrange(max(1, len(word) - 1))
        if hit >= strength:
            return word
        if len(word) == 1:  # a Chinese or Japanese character: typed twice, or not at all
            return word * 2 if kind == 0 else ""
        keys = _NEIGHBOURS.get(word[place].lower())
        if kind == 0 and keys:
            new = keys[int(key * len(keys))]
            new = new.upper() if word[place].isupper() else new
            return word[:place] + new + word[place + 1 :]
        if kind == 1:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        return word[:place] + word[place + 1 :]

    return _WORD.sub(change, text)


def _case(text: str, strength: float, chance: Random, _language: str | None, _apart: bool) -> str:
    """A share of the words in capitals; those in capitals in small letters."""

    def change(match: re.Match[str]) -> str:
        word = match[0]
        if chance.random() >= strength:
            return word
        return word.lower() if word.isupper() else word.upper()

    return _WORD.sub(change, text)


def _punctuation(
    text: str, strength: float, chance: Random, _language: str | None, _apart: bool
) -> str:
    """A share of the marks left out."""
    return "".join(
        sign for sign in text
        if not unicodedata.category(sign).startswith("P") or chance.random() >= strength
    )  # fmt: skip


def _truncation(
    text: str, strength: float, _chance: Random, _language: str | None, _apart: bool
) -> str:
    """A share of the words cut off at the end; one is left."""
    pieces = list(_PIECE.finditer(text))
    left = max(1, len(pieces) - round(strength * len(pieces)))
    return text if left >= len(pieces) else text[: pieces[left - 1].end()]


DISTURBANCES = (
    Disturbance("typos", True, _typos),
    Disturbance("case", True, _case),
    Disturbance("punctuation", True, _punctuation),
    Disturbance("paraphrase", True, paraphrase),
    Disturbance("truncation", False, _truncation),
)
