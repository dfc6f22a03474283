"""Cleaning, duplicates, and splits without leaks: rows that were read become a dataset.

Nothing is dropped without a count: `Prepared.report` says what was removed and shows examples.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from core.data.dataset import SPLITS, Example

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

    splits: dict[str, list[Example]]
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
    rest = [*given.get(None, ()), *given.get("train", ())]
    official = {s: list(given[s]) for s in ("validation", "test") if given.get(s)}
    rest, duplicates = _without_duplicates(rest)
    rest, leaks = _without(rest, {key(e) for rows in official.values() for e in rows})
    made = split_examples(
        rest,
        validation=0.0 if "validation" in official else VALIDATION_SHARE,
        test=0.0 if "test" in official else TEST_SHARE,
        stratum=(lambda e: e.target) if by_label else None,
        seed=seed,
    )
    report = {
        "duplicates_removed": len(duplicates),
        "duplicate_examples": _shown(duplicates),
        "leaks_removed": len(leaks),
        "leak_examples": _shown(leaks),
        "official_splits": [split for split in SPLITS if split in official],
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


def split_examples(
    rows: Sequence[Example],
    *,
    validation: float = VALIDATION_SHARE,
    test: float = TEST_SHARE,
    validation_most: int = VALIDATION_MOST,
    test_most: int = TEST_MOST,
    stratum: Callable[[Example], Hashable] | None = None,
    seed: int = 0,
) -> dict[str, list[Example]]:
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
    groups: dict[str, list[Example]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    names = list(groups)
    rng.shuffle(names)
    if stratum:
        names.sort(key=lambda name: str(stratum(groups[name][0])))
    count = len(names)
    least = 1 if test and count > 1 else 0
    chosen = _spread(names, min(max(round(count * test), least), test_most), rng)
    parts = dict.fromkeys(chosen, "test")
    left = [name for name in names if name not in parts]
    wanted = min(round(count * validation), validation_most)
    parts |= dict.fromkeys(_spread(left, wanted, rng), "validation")
    made: dict[str, list[Example]] = {split: [] for split in SPLITS}
    for row in rows:
        made[parts.get(key(row), "train")].append(row)
    return made


def _spread(names: Sequence[str], wanted: int, rng: Random) -> list[str]:
    """Take every so-many-th name: from each stratum its share, to within one."""
    if wanted == 0:
        return []
    start = rng.random()
    return [names[int((i + start) * len(names) / wanted)] for i in range(wanted)]
