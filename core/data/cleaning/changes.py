"""What is done to texts: signs, white space, and what recurs."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.data.cleaning.boilerplate import Recurring, without
from core.data.cleaning.personal import mask
from core.data.example import Example

Settings = Mapping[str, Any]
Rows = Callable[[], Iterator[Example]]
"""Reads the training rows as the steps before left them: for what must be known of all of them."""
Change = Callable[[str], str]

_REMOVED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def composed(text: str) -> str:
    """The text in Unicode NFC: a letter and its accent are one sign."""
    return unicodedata.normalize("NFC", text)


def without_control(text: str) -> str:
    """The text without control signs, invisible spaces and marks that turn its direction."""
    return _REMOVED.sub("", _LINE_ENDS.sub("\n", text))


def plain_space(text: str) -> str:
    """One space for many, none at the ends of lines, at most one blank line."""
    lines = (line.strip() for line in _SPACES.sub(" ", text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def masking(settings: Settings, _: Rows) -> Change:
    """Masks the chosen kinds of personal data."""
    kinds = settings["kinds"]
    return lambda text: mask(text, kinds)


def unrepeating(settings: Settings, rows: Rows) -> Change:
    """Removes what stands in many training rows."""
    counts = {part: Recurring(settings["characters"]) for part in settings["parts"]}
    for row in rows():
        for part, recurring in counts.items():
            recurring.add(getattr(row, part))
    found: set[bytes] = set()
    for recurring in counts.values():
        found |= recurring.at_least(max(settings["rows"], settings["share"] * recurring.texts))
    return lambda text: without(text, found)
