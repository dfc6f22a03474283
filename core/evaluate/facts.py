"""Numbers, dates, addresses and names of a source: kept, lost, or made up by an answer.

A fact of the source must come back where the reference has it too: what a translator wrote in other
words, "two" for "2", nobody can ask for. Made up is what stands in the answer and in neither the
source nor the reference. Names are never called made up: German writes every noun like one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from babel.dates import get_month_names

from core.evaluate.overlap import CJK

KINDS = ("number", "date", "address", "name")
_MONTHS_OF = ("en", "de", "fr", "es", "it", "pt", "nl")
"""Languages whose names of months are known; Chinese and Japanese dates are written in numbers."""

_WIDE = {0xFF10 + digit: str(digit) for digit in range(10)}
"""Full-width digits to usual ones."""
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_ENDS = ".,;:!?)]}'\"…。，；：！？）】」』"
_SPACES = " '\u2019\u00a0\u202f"
"""What may stand between groups of three digits, besides "." and ","."""
_NUMBER = re.compile(
    rf"(?<![A-Za-z0-9_])(?:[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+(?![0-9])(?:[.,][0-9]+)?"
    r"|[0-9]+(?:[.,][0-9]+)*)"
)
_DIGIT, _MAY_BE_ADDRESS = re.compile("[0-9]"), re.compile("@|://|www", re.IGNORECASE)
_NONE: frozenset[str] = frozenset()
_WORD = re.compile(rf"[^\W\d_{CJK}][^\W{CJK}]*(?:['’-][^\W{CJK}]+)*")
_SENTENCE_END = re.compile(r"(?:^|[.!?:。！？：\n])[\s\"“”„»«(]*$")


@dataclass(frozen=True)
class Facts:
    """The facts of a text, each in one way of writing: "1,000" and "1.000" are 1000.

    Attributes:
        number, date, address, name: Those of each of KINDS.
        digits: All its numbers, those within dates and addresses among them.
        words: All its words, as they are written.
    """

    number: frozenset[str]
    date: frozenset[str]
    address: frozenset[str]
    name: frozenset[str]
    digits: frozenset[str]
    words: frozenset[str]

    def of(self, kind: str) -> frozenset[str]:
        """Those of one of KINDS."""
        found: frozenset[str] = getattr(self, kind)
        return found

    def holds(self, kind: str) -> frozenset[str]:
        """What a fact of a kind is looked for in: a number may stand within a date."""
        return {"number": self.digits, "name": self.words}.get(kind) or self.of(kind)


@dataclass(frozen=True)
class Judged:
    """What an answer did with the facts of one kind; each sorted."""

    kind: str
    kept: tuple[str, ...]
    lost: tuple[str, ...]
    invented: tuple[str, ...]


def judge(source: Facts, reference: Facts, answer: Facts) -> tuple[Judged, ...]:
    """What an answer did with the facts of its source; kinds without any are left out."""
    made = []
    for kind in KINDS:
        given, there = source.of(kind), answer.holds(kind)
        kept = given & there
        lost = (given & reference.holds(kind)) - there
        known = source.holds(kind) | reference.holds(kind)
        invented = answer.of(kind) - known if kind != "name" else _NONE
        if kept or lost or invented:
            made.append(Judged(kind, *(tuple(sorted(part)) for part in (kept, lost, invented))))
    return tuple(made)


def facts(text: str) -> Facts:
    """The facts of a text.

    A name is a word with a capital letter, but not the first of a sentence, which every sentence
    has, unless more than its first letter is one ("PayPal", "A100").
    """
    text = text if text.isascii() else text.translate(_WIDE)
    if not _DIGIT.search(text) and not _MAY_BE_ADDRESS.search(text):  # as most sentences are
        return Facts(_NONE, _NONE, _NONE, frozenset(_names(text)), _NONE,
                     frozenset(_WORD.findall(text)))  # fmt: skip
    digits = frozenset(map(_value, _NUMBER.findall(text)))
    addresses = frozenset(found.rstrip(_ENDS) for found in _ADDRESS.findall(text))
    # What ends a sentence after an address is no part of it.
    dates, rest = _dates(_ADDRESS.sub(lambda m: m[0][len(m[0].rstrip(_ENDS)) :], text))
    numbers = frozenset(map(_value, _NUMBER.findall(rest)))
    words = frozenset(_WORD.findall(text))
    return Facts(numbers, dates, addresses, frozenset(_names(rest)), digits, words)


def _value(written: str) -> str:
    """A number in one way of writing: groups of three closed up, "." before decimals.

    One sign before three last digits cannot be told from a decimal point and is read as a group:
    the same in every text, so that what is equal stays equal.
    """
    body = "".join(sign for sign in written if sign not in _SPACES)
    marks = [sign for sign in body if sign in ".,"]
    head, mark, tail = body.rpartition(marks[-1]) if marks else (body, "", "")
    whole = head.replace(".", "").replace(",", "")
    if mark and len(set(marks)) == 1 and (len(marks) > 1 or len(tail) == 3):
        whole, tail = whole + tail, ""
    tail = tail.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{tail}" if tail else "")


def _names(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text):
        word = found[0]
        if word.islower():
            continue
        inner = any(sign.isupper() or sign.isdigit() for sign in word[1:])
        first = word[0].isupper() and not _SENTENCE_END.search(
            text[max(0, found.start() - 8) : found.start()]
        )
        if first or (inner and any(map(str.isupper, word))):
            yield word


@cache
def _months() -> dict[str, int]:
    """The names of months, in small letters and without a full stop, to their numbers."""
    return {
        name.casefold().rstrip("."): number
        for language in _MONTHS_OF
        for width in ("abbreviated", "wide")
        for number, name in get_month_names(width, locale=language).items()
    }


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    names = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    day, year = r"(?P<d>[0-9]{1,2})", r"(?P<y>[0-9]{4})"
    month = rf"(?P<m>{names})\b\.?"
    return tuple(
        re.compile(rf"(?<![\w-]){pattern}(?![0-9])", re.IGNORECASE)
        for pattern in (
            rf"{year}-(?P<m>[0-9]{{1,2}})-{day}",
            rf"{day}\.\s?(?P<m>[0-9]{{1,2}})\.\s?{year}",
            rf"{year}\s?年\s?(?P<m>[0-9]{{1,2}})\s?月\s?{day}\s?日",
            rf"{day}(?:st|nd|rd|th|er|º|\.)?\s+(?:de\s+)?{month}(?:,?\s+(?:de\s+)?{year})?",
            rf"{month}\s+{day}(?:st|nd|rd|th)?(?:,?\s+{year})?",
        )
    )


def _dates(text: str) -> tuple[frozenset[str], str]:
    """The dates, as 2029-03-03 or, without a year, 03-03; and the text without them."""
    found: set[str] = set()

    def take(match: re.Match[str]) -> str:
        name, day = match["m"].casefold(), int(match["d"])
        month = int(name) if name.isdigit() else _months()[name]
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return match[0]
        year = match.groupdict().get("y")
        found.add(f"{year}-{month:02}-{day:02}" if year else f"{month:02}-{day:02}")
        return " "

    for pattern in _patterns():
        text = pattern.sub(take, text)
    return frozenset(found), text
