"""Which of a dataset's labels a written answer names."""

import re
from collections.abc import Sequence

from core.data.dataset import Dataset


def as_label(answer: str, dataset: Dataset) -> str:
    """The label that an answer names.

    It is the answer itself, whatever its case and the space and signs around it; else the one
    label that stands in it as a word; else the answer stays as it is, and counts as wrong.
    """
    separator = dataset.label_separator
    if separator is None:
        return _label(answer, dataset.classes)
    parts = [part for part in re.split(rf"{re.escape(separator)}|\n", answer) if part.strip()]
    return separator.join(_label(part, dataset.classes) for part in parts)


def _label(answer: str, classes: Sequence[str]) -> str:
    said = answer.strip().casefold()
    for trimmed in (said, said.strip(" \t\n.,:;!*`'\"")):
        for name in classes:
            if name.strip().casefold() == trimmed:
                return name
    named, rest = [], said
    # Of "card" and "card lost" the longer is looked for first, and what it takes is taken.
    for name in sorted(classes, key=len, reverse=True):
        rest, times = _as_word(name).subn(" ", rest)
        if times:
            named.append(name)
    return named[0] if len(named) == 1 else answer


def _as_word(name: str) -> re.Pattern[str]:
    """A label where it stands as a word; Chinese and Japanese set no space between words."""
    word = re.escape(name.strip().casefold())
    spaced = not any(ord(sign) >= _FIRST_UNSPACED for sign in name)
    return re.compile(rf"(?<!\w){word}(?!\w)" if spaced else word)


_FIRST_UNSPACED = 0x2E80
"""The first code point of Chinese, Japanese and Korean scripts."""
