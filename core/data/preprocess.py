"""Cleaning, duplicates, and splits without leaks: rows that were read become a dataset.

Nothing is dropped without a count: `Prepared.report` says what was removed and shows examples.
"""

import hashlib
import itertools
import re
import sys
import unicodedata
from array import array
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from core.data.dataset import SPLITS, Example
from core.data.spool import Lines

VALIDATION_SHARE = 0.1
TEST_SHARE = 0.1
VALIDATION_MOST = 1_000
TEST_MOST = 2_000
"""No split made here is larger: more examples would cost scoring time and narrow little."""
EXAMPLES_SHOWN = 20

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
_END_MARKS = " .!?…。！？"


def clean(text: str) -> str:
    """The text in Unicode NFC, without control characters and white space at its ends.

    Line ends become a line feed; line breaks and tabs inside the text stay.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROL.sub("", text).strip()


def key(example: Example) -> str:
    """What decides whether two examples are too alike to stand on both sides of a split.

    Letter case, width, white space and closing punctuation do not matter. For question answering it
    is the passage: answers to two questions about one passage tell of each other.
    """
    text = example.input if example.context is None else example.context
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split()).rstrip(_END_MARKS) or folded


@dataclass(frozen=True)
class Prepared:
    """Examples in splits, and what was done to them, as JSON.

    `report` holds duplicates_removed, leaks_removed, and up to EXAMPLES_SHOWN ids and inputs of
    each in duplicate_examples and leak_examples.
    """

    splits: dict[str, Sequence[Example]]
    report: dict[str, Any]


def prepare(
    given: Mapping[str | None, Sequence[Example]], *, by_label: bool = False, seed: int = 0
) -> Prepared:
    """Drop duplicates and leaks of clean examples, and make the splits that are not given.

    Given validation and test splits stay whole, duplicates and all, so that scores on them compare
    with everybody else's. A missing one is taken from the rest.

    Args:
        given: Examples by split; None for those that have none yet, "train" likewise.
        by_label: Keep the shares of the targets in every split (classification).
        seed: Of the split.
    """
    undecided = [given[split] for split in (None, "train") if given.get(split)]
    rest = undecided[0] if len(undecided) == 1 else list(itertools.chain(*undecided))
    official = {s: given[s] for s in ("validation", "test") if given.get(s)}
    kept, duplicates, leaks = _sift(rest, official.values())
    made = split_examples(
        take(rest, kept),
        validation=0.0 if "validation" in official else VALIDATION_SHARE,
        test=0.0 if "test" in official else TEST_SHARE,
        stratum=(lambda e: e.target) if by_label else None,
        seed=seed,
    )
    report = {
        "duplicates_removed": len(duplicates),
        "duplicate_examples": _shown(rest, duplicates),
        "leaks_removed": len(leaks),
        "leak_examples": _shown(rest, leaks),
        "official_splits": [split for split in SPLITS if split in official],
    }
    return Prepared({**made, **official}, report)


def _sift(
    rows: Sequence[Example], held_out: Iterable[Sequence[Example]]
) -> tuple["array[int]", "array[int]", "array[int]"]:
    """Numbers of the rows that are kept, repeat another, or stand in a held-out split."""
    forbidden = {fingerprint(key(row)) for split in held_out for row in split}
    seen: set[bytes] = set()
    kept, duplicates, leaks = array("L"), array("L"), array("L")
    for number, row in enumerate(rows):
        print_ = fingerprint(row.input, row.target, row.context)
        if print_ in seen:
            duplicates.append(number)
        elif forbidden and fingerprint(key(row)) in forbidden:
            leaks.append(number)
        else:
            kept.append(number)
        seen.add(print_)
    return kept, duplicates, leaks


def fingerprint(*texts: str | None) -> bytes:
    """16 bytes that differ where the texts do: a million of them are held at a time, not texts."""
    whole = "\0".join("\1" if text is None else text for text in texts)
    return hashlib.blake2b(whole.encode(), digest_size=16).digest()


def take(rows: Sequence[Example], numbers: Sequence[int]) -> Sequence[Example]:
    """The rows with these numbers, in this order."""
    return rows.take(numbers) if isinstance(rows, Lines) else [rows[n] for n in numbers]


def _shown(rows: Sequence[Example], numbers: Sequence[int]) -> list[dict[str, str]]:
    shown = (rows[number] for number in numbers[:EXAMPLES_SHOWN])
    return [{"id": row.id, "input": row.input[:500]} for row in shown]


def split_examples(
    rows: Sequence[Example],
    *,
    validation: float = VALIDATION_SHARE,
    test: float = TEST_SHARE,
    validation_most: int = VALIDATION_MOST,
    test_most: int = TEST_MOST,
    stratum: Callable[[Example], Hashable] | None = None,
    seed: int = 0,
) -> dict[str, Sequence[Example]]:
    """Split at random, but keep rows with the same `key` together.

    Args:
        rows: Examples with unique ids.
        validation: Share of the groups that go to validation; at least one where there are ten.
        test: Share of the groups that go to test; at least one where there are two.
        validation_most: Most groups in validation.
        test_most: Most groups in test.
        stratum: What should have the same share in every split (a label).
        seed: The same rows and seed give the same split.

    Returns:
        Examples of "train", "validation" and "test", each in the order of `rows`.
    """
    rng = Random(f"split-{seed}")  # noqa: S311 - a split, not a secret
    group_of, strata = _groups(rows, stratum)
    count = len(strata)
    groups = list(range(count))
    rng.shuffle(groups)
    if stratum:
        groups.sort(key=strata.__getitem__)
    least = 1 if test and count > 1 else 0
    part_of = bytearray(count)  # of each group its place in SPLITS; 0 is training
    for group in _spread(groups, min(max(round(count * test), least), test_most), rng):
        part_of[group] = SPLITS.index("test")
    left = [group for group in groups if not part_of[group]]
    for group in _spread(left, min(round(count * validation), validation_most), rng):
        part_of[group] = SPLITS.index("validation")
    numbers = [array("L") for _ in SPLITS]
    for number, group in enumerate(group_of):
        numbers[part_of[group]].append(number)
    return {split: take(rows, numbers[place]) for place, split in enumerate(SPLITS)}


def _groups(
    rows: Sequence[Example], stratum: Callable[[Example], Hashable] | None
) -> tuple["array[int]", list[str]]:
    """Of each row the number of its group, in order of first sight; of each group its stratum."""
    known: dict[bytes, int] = {}
    group_of = array("L")
    strata: list[str] = []
    for row in rows:
        group = known.setdefault(fingerprint(key(row)), len(known))
        if group == len(strata):
            strata.append(sys.intern(str(stratum(row))) if stratum else "")
        group_of.append(group)
    return group_of, strata


def _spread(groups: Sequence[int], wanted: int, rng: Random) -> list[int]:
    """Take every so-many-th group: from each stratum its share, to within one."""
    if wanted == 0:
        return []
    start = rng.random()
    return [groups[int((i + start) * len(groups) / wanted)] for i in range(wanted)]
