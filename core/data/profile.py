"""What a dataset holds: lengths, labels, writing systems, findings. Is it fit to train on?

Counts characters and words only, so that it takes a second; a version never changes, so what was
found is kept beside it.
"""

import json
import math
import statistics
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core import record
from core.data import dataset as store
from core.data.dataset import SPLITS, Dataset, Example
from core.data.findings import Finding, Labels, Splits, find_all
from core.workspace import Workspace

EDITION = 1
"""Raise it when what is found changes: kept profiles of another edition are made anew."""
_BARS = 30
_SAMPLED = 5_000


@dataclass(frozen=True)
class Bar:
    """Texts of `low` to `high` characters (both included); high None = and more."""

    low: int
    high: int | None
    count: int


@dataclass(frozen=True)
class Lengths:
    """Lengths of one part: "input", "target" or "context"."""

    part: str
    median_characters: float
    p95_characters: int
    longest_characters: int
    median_words: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Profile:
    """What a dataset holds.

    Attributes:
        lengths: Of input, target and (question answering) context.
        labels: For classification, label to its count in each split, most frequent first.
        scripts: Writing system of the input to its share of the examples.
        findings: Those that block first.
    """

    lengths: tuple[Lengths, ...]
    labels: Labels
    scripts: dict[str, float]
    findings: tuple[Finding, ...]

    @property
    def fit(self) -> bool:
        """Whether nothing stands in the way of training and testing."""
        return not any(finding.blocks for finding in self.findings)


def profile(workspace: Workspace, dataset: Dataset) -> Profile:
    """The profile of a dataset, from the workspace if it was made before.

    Raises:
        BadInput: A split's file is damaged.
    """
    path = workspace.dataset(dataset.name, dataset.version) / "profile.json"
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["edition"] == EDITION:
            return _of_json(kept)
    made = measure(dataset, {split: store.read(workspace, dataset, split) for split in SPLITS})
    record.write_text(path, json.dumps({"edition": EDITION, **asdict(made)}, ensure_ascii=False))
    return made


def _of_json(kept: dict[str, Any]) -> Profile:
    lengths = (
        Lengths(**{**row, "bars": tuple(Bar(**bar) for bar in row["bars"])})
        for row in kept["lengths"]
    )
    found = (Finding(**{**row, "examples": tuple(row["examples"])}) for row in kept["findings"])
    return Profile(tuple(lengths), kept["labels"], kept["scripts"], tuple(found))


def measure(dataset: Dataset, splits: Splits) -> Profile:
    """Make the profile of a dataset from its examples by split."""
    rows = [row for split in SPLITS for row in splits.get(split, ())]
    labels = _labels(splits) if dataset.task == "text-classification" else {}
    return Profile(_parts(rows), labels, _scripts(rows), find_all(dataset, splits, labels))


def _parts(rows: Sequence[Example]) -> tuple[Lengths, ...]:
    parts: dict[str, list[str]] = {
        "input": [row.input for row in rows],
        "target": [row.target for row in rows],
        "context": [row.context for row in rows if row.context is not None],
    }
    return tuple(_lengths(part, texts) for part, texts in parts.items() if texts)


def _lengths(part: str, texts: Sequence[str]) -> Lengths:
    characters = sorted(map(len, texts))
    return Lengths(
        part,
        statistics.median(characters),
        _percentile(characters, 0.95),
        characters[-1],
        statistics.median(map(words, texts)),
        bars(characters),
    )


def _percentile(ordered: Sequence[int], share: float) -> int:
    """The smallest value that at least `share` of the values do not pass (nearest rank)."""
    return ordered[math.ceil(share * len(ordered)) - 1]


def bars(ordered: Sequence[int]) -> tuple[Bar, ...]:
    """About thirty bars of one width up to the 99th percentile, and one for what is longer.

    Args:
        ordered: Lengths in characters, ascending, at least one.
    """
    first, last = ordered[0], _percentile(ordered, 0.99)
    width = max(1, math.ceil((last - first + 1) / _BARS))
    number = (last - first) // width + 1
    counts = Counter(min((value - first) // width, number) for value in ordered)
    made = (Bar(first + i * width, first + (i + 1) * width - 1, counts[i]) for i in range(number))
    longer = Bar(first + number * width, None, counts[number])
    return (*made, longer) if longer.count else tuple(made)


def words(text: str) -> int:
    """Words, where a Chinese or Japanese character counts as one."""
    wide = sum(map(_is_wide, text))
    spaced = "".join(" " if _is_wide(sign) else sign for sign in text) if wide else text
    return wide + len(spaced.split())


def _is_wide(sign: str) -> bool:
    return "\u3040" <= sign <= "\u9fff" or "\uf900" <= sign <= "\ufaff"


def _scripts(rows: Sequence[Example]) -> dict[str, float]:
    """Share of the writing systems among inputs (or contexts), by what most letters are."""
    step = max(1, len(rows) // _SAMPLED)
    found = Counter(script(row.context or row.input) for row in rows[::step])
    total = sum(found.values())
    return {name: count / total for name, count in found.most_common()}


def script(text: str) -> str:
    """The writing system of most letters, by their Unicode names: "latin", "cjk", … or "none"."""
    names = Counter(
        unicodedata.name(sign, "none").split()[0].casefold()
        for sign in text[:500]
        if sign.isalpha()
    )
    return names.most_common(1)[0][0] if names else "none"


def _labels(splits: Splits) -> Labels:
    counts = {split: Counter(row.target for row in splits.get(split, ())) for split in SPLITS}
    total = sum(counts.values(), Counter())
    return {label: {s: counts[s][label] for s in SPLITS} for label, _ in total.most_common()}
