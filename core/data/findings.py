"""What a person should know of a dataset before training: one small function a kind of finding."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.data.dataset import SPLITS, Dataset, Example
from core.data.preprocess import key
from core.text.catalog import t

Splits = dict[str, list[Example]]
Labels = dict[str, dict[str, int]]

FEW_TRAINING = 100
FEW_TEST = 100
"""Below it the 95 % interval of an accuracy near 0.5 is wider than ±10 points."""
FEW_OF_A_LABEL = 10
UNEVEN = 10
"""Times the most frequent label may outnumber the rarest before it is a finding."""
LONG_CHARACTERS = 2_000
"""About 512 tokens of English, the input that T5 and BERT were trained with."""
FAR_RATIO = 9
"""Between the lengths of translations; beyond it one is wrong (Moses' clean-corpus-n has 9)."""
COPIED_SHARE = 0.2
EXAMPLES_SHOWN = 20
CHARACTERS_SHOWN = 300


@dataclass(frozen=True)
class Finding:
    """Something about the data that a person should know.

    Attributes:
        name: Key of the sentence ("data.finding.NAME").
        blocks: Training or testing makes no sense before it is mended.
        count: How many rows (or labels) it concerns.
        total: Of how many.
        examples: Rows ({"id", "input", "target"}) or labels ({"label"}).
    """

    name: str
    blocks: bool
    count: int
    total: int
    examples: tuple[dict[str, str], ...] = ()


def sentence(finding: Finding, language: str = "en") -> str:
    """The finding in words."""
    # 1.96 standard errors of the difference between two accuracies near 0.5, err as they may.
    points = round(100 * 1.96 * math.sqrt(0.5 / max(1, finding.count)))
    return t(
        f"data.finding.{finding.name}", language,
        count=f"{finding.count:,}", total=f"{finding.total:,}", points=points,
    )  # fmt: skip


def find_all(dataset: Dataset, splits: Splits, labels: Labels) -> tuple[Finding, ...]:
    """All findings, those that block first.

    Args:
        dataset: Its record.
        splits: Its examples by split.
        labels: For classification, label to its count in each split.
    """
    rows = [row for split in SPLITS for row in splits.get(split, ())]
    found = [
        *_sizes(splits),
        *_leaks(splits),
        *_repeats(rows, dataset.task == "text-classification"),
        *_balance(labels),
        *_texts(dataset, rows),
    ]
    return tuple(sorted(found, key=lambda finding: not finding.blocks))


def _found(
    name: str, which: Iterable[Example | str], total: int, *, blocks: bool = False
) -> list[Finding]:
    """A finding with its examples, or none where nothing was found."""
    found = list(which)
    if not found:
        return []
    return [Finding(name, blocks, len(found), total, tuple(map(_shown, found[:EXAMPLES_SHOWN])))]


def _shown(one: Example | str) -> dict[str, str]:
    if isinstance(one, str):
        return {"label": one}
    text = one.input if one.context is None else f"{one.input} {one.context}"
    most = CHARACTERS_SHOWN
    return {"id": one.id, "input": text[:most], "target": one.target[:most]}


def _sizes(splits: Splits) -> list[Finding]:
    made = []
    total = sum(map(len, splits.values()))
    for split, few in (("train", FEW_TRAINING), ("test", FEW_TEST)):
        count = len(splits.get(split, ()))
        if count == 0:
            made.append(Finding(f"no_{split}", True, 0, total))
        elif count < few:
            made.append(Finding(f"few_{split}", False, count, few))
    if splits.get("train") and not splits.get("validation"):
        made.append(Finding("no_validation", False, 0, total))
    return made


def _leaks(splits: Splits) -> list[Finding]:
    keys = {split: {key(row) for row in splits.get(split, ())} for split in SPLITS}
    made = []
    for split, other in (("test", "train"), ("validation", "train"), ("validation", "test")):
        rows = splits.get(split, ())
        leaked = (row for row in rows if key(row) in keys[other])
        made += _found(f"leak_{split}_{other}", leaked, len(rows), blocks=split == "test")
    return made


def _repeats(rows: Sequence[Example], classes: bool) -> list[Finding]:
    """Rows that stand there twice; for classification, also one text with two labels."""
    groups: dict[tuple[str, str | None], list[Example]] = defaultdict(list)
    for row in rows:
        groups[row.input, row.context].append(row)
    repeated: list[Example] = []
    conflicting: list[Example] = []
    for group in groups.values():
        seen: set[str] = set()
        for row in group:
            if row.target in seen:
                repeated.append(row)
            elif seen and classes:
                conflicting.append(row)
            seen.add(row.target)
    total = len(rows)
    return [*_found("duplicates", repeated, total), *_found("conflicts", conflicting, total)]


def _balance(labels: Labels) -> list[Finding]:
    trained = {label: counts["train"] for label, counts in labels.items() if counts["train"]}
    total = len(labels)
    rare = [label for label, count in trained.items() if count < FEW_OF_A_LABEL]
    made = _found("unseen_labels", (name for name in labels if name not in trained), total)
    made += _found("rare_labels", rare, total)
    if len(trained) == 1:
        made += _found("one_label", trained, total, blocks=True)
    elif trained and max(trained.values()) > UNEVEN * min(trained.values()):
        most, least = max(trained, key=trained.__getitem__), min(trained, key=trained.__getitem__)
        made.append(Finding("uneven_labels", False, trained[most], trained[least],
                            (_shown(most), _shown(least))))  # fmt: skip
    return made


def _texts(dataset: Dataset, rows: Sequence[Example]) -> list[Finding]:
    total = len(rows)
    long = (r for r in rows if max(len(r.input), len(r.context or "")) > LONG_CHARACTERS)
    made = _found("long", long, total)
    if dataset.task == "translation":
        copied = [row for row in rows if row.input == row.target]
        if len(copied) > COPIED_SHARE * total:
            made += _found("copied", copied, total)
        made += _found("lengths_differ", _far(rows), total)
    return made


def _far(rows: Sequence[Example]) -> list[Example]:
    """Pairs whose lengths, on the scale of all pairs, differ more than FAR_RATIO times."""
    scale = sum(len(r.input) for r in rows) / max(1, sum(len(r.target) for r in rows))
    # Ten characters more on both sides: "OK" may well be three words in another language.
    ratios = ((row, (len(row.input) + 10) / (len(row.target) * scale + 10)) for row in rows)
    return [row for row, ratio in ratios if not 1 / FAR_RATIO <= ratio <= FAR_RATIO]
