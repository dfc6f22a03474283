"""Sentences and lines that stand in many rows: signatures, disclaimers, headers."""

import re
from collections import Counter
from collections.abc import Iterable

from core.data.preprocess import fingerprint

_CUT = re.compile(r"(\n+|(?<=[.!?])\s+|(?<=[。！？]))")
_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff]")
MOST_COUNTED = 2_000_000
"""Segments counted at a time; beyond it those seen once are forgotten."""


def segments(text: str) -> list[str]:
    """Sentences and lines at even places, what separates them at odd ones; joined, the text."""
    return _CUT.split(text)


def weight(segment: str) -> int:
    """Characters, where one of Chinese, Japanese or Korean says as much as two."""
    return len(segment) + len(_WIDE.findall(segment))


class Recurring:
    """Counts in how many texts each segment stands."""

    def __init__(self, least_weight: int) -> None:
        self._least_weight = least_weight
        self._counts: Counter[bytes] = Counter()
        self.texts = 0

    def add(self, text: str) -> None:
        """Count a text's segments; a text that is one segment alone has no boilerplate."""
        self.texts += 1
        found = {part.strip() for part in segments(text)[::2]} - {""}
        if len(found) < 2:
            return
        heavy = (part for part in found if weight(part) >= self._least_weight)
        self._counts.update(map(fingerprint, heavy))
        if len(self._counts) > MOST_COUNTED:
            self._counts = Counter({mark: n for mark, n in self._counts.items() if n > 1})

    def at_least(self, texts: float) -> frozenset[bytes]:
        """Fingerprints of the segments that stand in so many texts."""
        return frozenset(mark for mark, count in self._counts.items() if count >= texts)


def without(text: str, recurring: Iterable[bytes]) -> str:
    """The text without these segments; a text that consists of nothing else stays."""
    parts = segments(text)
    if len(parts) < 3:
        return text
    kept = "".join(
        part + (parts[place + 1] if place + 1 < len(parts) else "")
        for place, part in enumerate(parts)
        if place % 2 == 0 and (not part.strip() or fingerprint(part.strip()) not in recurring)
    ).strip()
    return kept or text
