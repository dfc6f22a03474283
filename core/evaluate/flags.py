"""What is striking about one answer, apart from its score: empty, copied, a number lost."""

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from core.evaluate.facts import KINDS, facts, judge

FLAGS = (
    "failed", "empty", "copied",
    *(f"{kind}_lost" for kind in KINDS),
    *(f"{kind}_invented" for kind in KINDS if kind != "name"),
)  # fmt: skip
"""In the order in which they are shown; `where.slice.NAME` says each."""
NEARLY = 0.9
"""Share of characters in common (Ratcliff and Obershelp) from which an answer is its source."""
FEW_WORDS = 4
"""Texts of fewer words are always compared sign by sign."""
_WRITING = ("translation", "summarization", "text-generation")
"""Tasks whose answer is no part of its source."""


def flags(example: Mapping[str, Any], task: str) -> tuple[str, ...]:
    """The flags of one example of an evaluation; a label can only be empty, or have failed."""
    answer = str(example["prediction"])
    if example.get("error"):
        return ("failed",)
    if not answer.strip():
        return ("empty",)
    if task == "text-classification":
        return ()
    source = f"{example.get('context') or ''} {example['input']}".strip()
    found = set()
    if task in _WRITING and copied(str(example["input"]), str(example["reference"]), answer):
        found.add("copied")
    for row in judge(facts(source), facts(str(example["reference"])), facts(answer)):
        found |= {f"{row.kind}_lost"} if row.lost else set()
        found |= {f"{row.kind}_invented"} if row.invented else set()
    return tuple(flag for flag in FLAGS if flag in found)


def copied(source: str, reference: str, answer: str) -> bool:
    """Whether an answer is its source, or nearly, though the reference is another text."""
    given, wanted, said = (
        " ".join(text.casefold().split()) for text in (source, reference, answer)
    )
    return _alike(given, said) and not _alike(given, wanted)


def _alike(a: str, b: str) -> bool:
    if a == b:
        return True
    if not _share_words(a, b):
        return False
    # The cheap bounds come first: lengths and letters alone tell most pairs apart.
    pair = SequenceMatcher(None, a, b, autojunk=False)
    bounds = (pair.real_quick_ratio, pair.quick_ratio, pair.ratio)
    return all(bound() >= NEARLY for bound in bounds)


def _share_words(a: str, b: str) -> bool:
    """Whether two texts may be alike at all: half of the words of the richer stand in both."""
    left, right = set(a.split()), set(b.split())
    most = max(len(left), len(right))
    return most < FEW_WORDS or 2 * len(left & right) >= most
