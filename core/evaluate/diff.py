"""What differs between two texts, word by word; Chinese and Japanese by character."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from core.evaluate.overlap import CJK

MOST_TOKENS = 2_000
"""Of longer texts no difference is drawn: the time grows with the square, and nobody reads it."""
_TOKEN = re.compile(rf"\s+|[{CJK}]|[^\W{CJK}]+|[^\w\s]")


@dataclass(frozen=True)
class Segment:
    """A piece of text: "same" in both, only in the "left" one, or only in the "right" one."""

    kind: str
    text: str


def diff(left: str, right: str) -> tuple[Segment, ...] | None:
    """The pieces in order; the "same" and "left" ones make `left`, "same" and "right" `right`.

    None where a text is too long. Case counts; so does every space.
    """
    a, b = _TOKEN.findall(left), _TOKEN.findall(right)
    if max(len(a), len(b)) > MOST_TOKENS:
        return None
    found: list[Segment] = []
    for kind, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Segment("same", "".join(a[a0:a1])))
            continue
        for side, part in (("left", a[a0:a1]), ("right", b[b0:b1])):
            if part:
                found.append(Segment(side, "".join(part)))
    return tuple(found)
