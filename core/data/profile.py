"""What a dataset holds: lengths, labels, writing systems, findings. Is it fit to train on?

Counts characters and words only, so that it takes a second; a version never changes, so what was
found is kept beside it.
"""

import json
import math
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core import record
from core.data import dataset as store
from core.data.checks import Labels, Splits, find_all, script
from core.data.dataset import SPLITS, Dataset, Example
from core.data.findings import Finding, ordered
from core.data.spoken import Languages, spoken
from core.workspace import Workspace

EDITION = 3
"""Raise it when what is found changes: kept profiles of another edition are made anew."""
_BARS = 30
_WIDE = re.compile("[\u3040-\u9fff\uf900-\ufaff]")
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
        target_scripts: The same of the targets, where these are texts.
        languages: Part to language code to its share of a sample of the rows.
        findings: The gravest first.
    """

    lengths: tuple[Lengths, ...]
    labels: Labels
    scripts: dict[str, float]
    target_scripts: dict[str, float]
    languages: Languages
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
    kept = known(workspace, dataset)
    if kept:
        return kept
    made = measure(dataset, {split: store.read(workspace, dataset, split) for split in SPLITS})
    body = {"edition": EDITION, **to_json(made)}
    record.write_text(_path(workspace, dataset), json.dumps(body, ensure_ascii=False))
    return made


def known(workspace: Workspace, dataset: Dataset) -> Profile | None:
    """The profile if it was made before; a version never changes, so nothing else is asked."""
    path = _path(workspace, dataset)
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return _of_json(kept) if kept["edition"] == EDITION else None


def _path(workspace: Workspace, dataset: Dataset) -> Path:
    return workspace.dataset(dataset.name, dataset.version) / "profile.json"


def to_json(made: Profile) -> dict[str, Any]:
    """A profile as JSON, its findings with their words."""
    return {**asdict(made), "findings": [finding.to_json() for finding in made.findings]}


def _of_json(kept: dict[str, Any]) -> Profile:
    lengths = (
        Lengths(**{**row, "bars": tuple(Bar(**bar) for bar in row["bars"])})
        for row in kept["lengths"]
    )
    return Profile(
        tuple(lengths), kept["labels"], kept["scripts"], kept["target_scripts"],
        kept["languages"],
        tuple(map(Finding.of_json, kept["findings"])),
    )  # fmt: skip


def measure(dataset: Dataset, splits: Splits) -> Profile:
    """Make the profile of a dataset from its examples by split."""
    rows = [row for split in SPLITS for row in splits.get(split, ())]
    labels = labels_of(dataset, splits)
    languages, more = spoken(dataset, rows)
    found = ordered([one.finding for one in [*find_all(dataset, splits, labels), *more]])
    targets = [] if labels else [row.target for row in rows]
    inputs = [row.context or row.input for row in rows]
    return Profile(_parts(rows), labels, _scripts(inputs), _scripts(targets), languages, found)


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
    if text.isascii():
        return len(text.split())
    return len(_WIDE.findall(text)) + len(_WIDE.sub(" ", text).split())


def _scripts(texts: Sequence[str]) -> dict[str, float]:
    """Share of the writing systems among texts, by what most of their letters are."""
    step = max(1, len(texts) // _SAMPLED)
    found = Counter(map(script, texts[::step]))
    total = sum(found.values())
    return {name: count / total for name, count in found.most_common()}


def labels_of(dataset: Dataset, splits: Splits) -> Labels:
    """For classification, label to its count in each split, most frequent first; else empty."""
    if dataset.task != "text-classification":
        return {}
    counts = {split: Counter(row.target for row in splits.get(split, ())) for split in SPLITS}
    total = sum(counts.values(), Counter())
    return {label: {s: counts[s][label] for s in SPLITS} for label, _ in total.most_common()}
