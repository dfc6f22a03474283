"""Cleaning, duplicates and leaks: rows that were read become a dataset.

Nothing is dropped without a count: `Prepared.report` says what was removed and shows examples.
"""

import hashlib
import itertools
import re
import sys
import unicodedata
from array import array
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.data.dataset import SPLITS, Example
from core.data.split import USUAL, Scheme, assign, groups_of
from core.data.spool import Lines

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
    each in duplicate_examples and leak_examples; official_splits; and under `split` how the rest
    was split (`core.data.split.Assigned.record`).
    """

    splits: dict[str, Sequence[Example]]
    report: dict[str, Any]


def prepare(
    given: Mapping[str | None, Sequence[Example]],
    *,
    by_label: bool = False,
    scheme: Scheme = USUAL,
) -> Prepared:
    """Drop duplicates and leaks of clean examples, and make the splits that are not given.

    Given validation and test splits stay whole, duplicates and all, so that scores on them compare
    with everybody else's. A missing one is taken from the rest.

    Args:
        given: Examples by split; None for those that have none yet, "train" likewise.
        by_label: Keep the shares of the targets in every split (classification).
        scheme: How the rest is split.
    """
    undecided = [given[split] for split in (None, "train") if given.get(split)]
    rest = undecided[0] if len(undecided) == 1 else list(itertools.chain(*undecided))
    official = {s: given[s] for s in ("validation", "test") if given.get(s)}
    kept, duplicates, leaks = _sift(rest, official.values())
    made, how = split_rows(take(rest, kept), by_label=by_label, scheme=scheme, kept=official)
    report = {
        "duplicates_removed": len(duplicates),
        "duplicate_examples": _shown(rest, duplicates),
        "leaks_removed": len(leaks),
        "leak_examples": _shown(rest, leaks),
        "official_splits": [split for split in SPLITS if split in official],
        "split": how,
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


def split_rows(
    rows: Sequence[Example],
    *,
    by_label: bool,
    scheme: Scheme,
    kept: Iterable[str] = (),
    strata: Sequence[str] | None = None,
) -> tuple[dict[str, Sequence[Example]], dict[str, Any]]:
    """Split examples, each split in the order of `rows`; and the record of how.

    Args:
        rows: Examples with unique ids.
        by_label: The target is a label, whose shares every split keeps.
        scheme: How.
        kept: Splits that have their rows already, and get none of these.
        strata: For each row what keeps its share instead of the label.

    Raises:
        BadInput: All rows have the same value in the group column.
    """
    groups = _groups(rows, scheme)
    labels = strata or ([sys.intern(row.target) for row in rows] if by_label else None)
    # In the order of the ids: the same rows are split the same way, whatever order they come in.
    ids = [row.id for row in rows]
    order = array("L", sorted(range(len(ids)), key=ids.__getitem__))
    del ids
    assigned = assign(
        [groups[number] for number in order],
        [labels[number] for number in order] if labels else None,
        scheme.without(kept),
    )
    side = bytearray(len(rows))
    for number, name in zip(order, assigned.names, strict=True):
        side[number] = SPLITS.index(name)
    numbers = [array("L") for _ in SPLITS]
    for number, place in enumerate(side):
        numbers[place].append(number)
    made = {split: take(rows, numbers[place]) for place, split in enumerate(SPLITS)}
    # The shares that were asked for: the next split begins with them.
    return made, {**assigned.record, **asdict(scheme), "kept": sorted(kept)}


def _groups(rows: Sequence[Example], scheme: Scheme) -> "array[int]":
    """Of each row the number of what it must stay together with."""
    groups: Iterable[Hashable]
    if scheme.group_column:
        # A row without a value stands for itself.
        groups = (row.group or ("alone", number) for number, row in enumerate(rows))
    else:
        groups = groups_of(map(key, rows), len(rows))
    known: dict[Hashable, int] = {}
    return array("L", (known.setdefault(group, len(known)) for group in groups))
