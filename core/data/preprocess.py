"""Cleaning, duplicates and leaks: rows that were read become a dataset.

Nothing is dropped without a count: `Prepared.report` says what was removed and shows examples.
"""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.data.dataset import SPLITS, Example
from core.data.split import USUAL, Scheme, assign, groups_of

EXAMPLES_SHOWN = 20

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
_END_MARKS = " .!?…。！？"


def clean(text: str) -> str:
    """The text in Unicode NFC, without control characters and white space at its ends.

    Line ends become a line feed; line breaks and tabs inside the text stay.
    """
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

    splits: dict[str, list[Example]]
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
    rest = [*given.get(None, ()), *given.get("train", ())]
    official = {s: list(given[s]) for s in ("validation", "test") if given.get(s)}
    rest, duplicates = _without_duplicates(rest)
    rest, leaks = _without(rest, {key(e) for rows in official.values() for e in rows})
    made, how = split_rows(rest, by_label=by_label, scheme=scheme, kept=official)
    report = {
        "duplicates_removed": len(duplicates),
        "duplicate_examples": _shown(duplicates),
        "leaks_removed": len(leaks),
        "leak_examples": _shown(leaks),
        "official_splits": [split for split in SPLITS if split in official],
        "split": how,
    }
    return Prepared({**made, **official}, report)


def _without_duplicates(rows: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    kept: dict[tuple[str, str, str | None], Example] = {}
    dropped: list[Example] = []
    for row in rows:
        if kept.setdefault((row.input, row.target, row.context), row) is not row:
            dropped.append(row)
    return list(kept.values()), dropped


def _without(rows: Sequence[Example], held_out: set[str]) -> tuple[list[Example], list[Example]]:
    leaks = [row for row in rows if key(row) in held_out]
    lost = {row.id for row in leaks}
    return [row for row in rows if row.id not in lost], leaks


def _shown(rows: Sequence[Example]) -> list[dict[str, str]]:
    return [{"id": row.id, "input": row.input[:500]} for row in rows[:EXAMPLES_SHOWN]]


def split_rows(
    rows: Sequence[Example],
    *,
    by_label: bool,
    scheme: Scheme,
    kept: Iterable[str] = (),
    strata: Sequence[str] | None = None,
) -> tuple[dict[str, list[Example]], dict[str, Any]]:
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
    groups: list[Hashable]
    if scheme.group_column:
        # A row without a value stands for itself.
        groups = [row.group or ("alone", number) for number, row in enumerate(rows)]
    else:
        groups = groups_of(map(key, rows), len(rows))
    labels = strata or ([row.target for row in rows] if by_label else None)
    # In the order of the ids: the same rows are split the same way, whatever order they come in.
    ids = [row.id for row in rows]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    assigned = assign(
        [groups[number] for number in order],
        [labels[number] for number in order] if labels else None,
        scheme.without(kept),
    )
    name_of = dict(zip(order, assigned.names, strict=True))
    made: dict[str, list[Example]] = {split: [] for split in SPLITS}
    for number, row in enumerate(rows):
        made[name_of[number]].append(row)
    # The shares that were asked for: the next split begins with them.
    return made, {**assigned.record, **asdict(scheme), "kept": sorted(kept)}
