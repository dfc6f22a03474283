"""Personal data out of feedback before it is kept; what was masked is counted and said.

E-mail addresses, phone numbers, card numbers and IBANs are found by their form
(`core.data.cleaning.personal`). Names and postal addresses have none and stay.
"""

from collections import Counter
from collections.abc import Mapping

from core.data.cleaning import personal
from core.text.catalog import t


def masked(text: str) -> tuple[str, Counter[str]]:
    """The text with its personal data masked, and how many of each kind were."""
    found: Counter[str] = Counter()
    for kind in personal.KINDS:
        before = text.count(kind.mask)
        text = personal.mask(text, [kind.name])
        if more := text.count(kind.mask) - before:
            found[kind.name] = more
    return text, found


def all_masked(texts: Mapping[str, str | None]) -> tuple[dict[str, str | None], dict[str, int]]:
    """Several texts by name, masked, and how many of each kind were in all of them together."""
    total: Counter[str] = Counter()
    clean: dict[str, str | None] = {}
    for name, text in texts.items():
        clean[name] = text
        if text is not None:
            clean[name], found = masked(text)
            total += found
    return clean, dict(total)


def words(counts: Mapping[str, int], language: str = "en") -> str:
    """What was masked: "2 e-mail addresses, 1 phone number"; "" = nothing."""
    joint = t("feedback.joint", language)
    return joint.join(t(f"feedback.masked.{kind}", language, n=n) for kind, n in counts.items())
