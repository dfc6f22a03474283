"""Rows that repeat each other: in one split they waste money, in two they spoil the score."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from core.data.dataset import SPLITS, Example
from core.data.findings import Found, Row, found
from core.data.near import clusters
from core.data.preprocess import key

ACROSS = (("test", "train"), ("validation", "train"), ("validation", "test"))
"""Which split must not stand in which; rows are dropped from the less precious of the two."""
TELLING_WORDS = 4
"""Shorter targets ("Yes.") are alike without telling anything."""


class Side:
    """A dataset's rows seen from one part, with what likeness needs computed once.

    Args:
        splits: Examples by split.
    """

    def __init__(self, splits: dict[str, list[Example]]) -> None:
        self.splits = splits
        # The test split first: of two equal rows the one in training is the repeat.
        self.rows = [row for split in reversed(SPLITS) for row in splits.get(split, ())]
        self.split_of = [split for split in reversed(SPLITS) for _ in splits.get(split, ())]

    @cached_property
    def keys(self) -> list[str]:
        """The folded input of each row."""
        return list(map(key, self.rows))

    @cached_property
    def clusters(self) -> list[int]:
        """The cluster of near duplicates of each row."""
        return clusters(self.keys)

    @cached_property
    def _testing(self) -> set[str]:
        return {row.id for row in self.splits.get("test", ())}

    def free(self, rows: Iterable[Example]) -> list[Example]:
        """Those that a remedy may take away: the test split is locked."""
        return [row for row in rows if row.id not in self._testing]


def repeats(task: str, splits: dict[str, list[Example]]) -> list[Found]:
    """Leaks, repeats and contradictions, exact and near, on input and on target."""
    side = Side(splits)
    made = [*_duplicates(side), *_near_duplicates(task, side), *_conflicts(task, side)]
    for split, other in ACROSS:
        made += _leaks(side, split, other)
    if task in ("translation", "summarization", "text-generation"):
        leaking = set().union(*(one.drop for one in made if "_test_train" in one.finding.name))
        made += _leaks(_targets(splits, leaking), "test", "train", "target")
    return made


def _targets(splits: dict[str, list[Example]], without: set[str]) -> Side:
    """The rows with their targets as inputs, so that likeness is that of the targets."""
    return Side({
        split: [
            replace(row, input=row.target, target=row.input, context=None)
            for row in splits.get(split, ())
            if row.id not in without and _telling(row.target)
        ]
        for split in ("train", "test")
    })  # fmt: skip


def _telling(text: str) -> bool:
    """Whether a text is long enough to be nobody's chance repeat; three signs weigh as a word."""
    return len(text.split()) >= TELLING_WORDS or len(text) >= 6 * TELLING_WORDS


def _leaks(side: Side, split: str, other: str, part: str = "input") -> list[Found]:
    """Rows of `split` that stand in `other`, word for word or almost.

    They are dropped from training, else from validation: never from the test split.
    """
    ours, theirs = (
        [index for index, name in enumerate(side.split_of) if name == one] for one in (split, other)
    )
    total, rows = len(ours), side.rows
    exact = _met(side.keys, ours, theirs)
    loser, among = (0, ours) if other == "test" else (1, theirs)
    drop = _all_alike(side.keys, {pair[loser] for pair in exact}, among)
    names = ("leak", "near") if part == "input" else ("target", "near_target")
    shown = [_beside(side, a, b, part) for a, b in exact]
    made = found(f"{names[0]}_{split}_{other}", shown, total, drop=(rows[i] for i in drop))
    if other == "test":
        return made
    known = {side.keys[index] for index in theirs}
    left = [index for index in ours if side.keys[index] not in known]
    near = _met(side.clusters, left, theirs)
    lost = _all_alike(side.clusters, {b for _, b in near}, theirs) - drop
    shown = [_beside(side, a, b, part) for a, b in near]
    return made + found(f"{names[1]}_{split}_{other}", shown, total, drop=(rows[i] for i in lost))


def _met(
    marks: Sequence[object], ours: Sequence[int], theirs: Sequence[int]
) -> list[tuple[int, int]]:
    """Each of our rows whose mark one of theirs has, and the first that does."""
    first: dict[object, int] = {}
    for index in theirs:
        first.setdefault(marks[index], index)
    return [(index, first[marks[index]]) for index in ours if marks[index] in first]


def _all_alike(marks: Sequence[object], some: set[int], among: Sequence[int]) -> set[int]:
    wanted = {marks[index] for index in some}
    return {index for index in among if marks[index] in wanted}


def _beside(side: Side, a: int, b: int, part: str = "input") -> Row:
    """A row and the one it is like; `part` is what the keys of this side were made of."""
    row, like = side.rows[a], side.rows[b]
    text, other = (one.input if one.context is None else one.context for one in (row, like))
    return {"id": row.id, part: text, "like_id": like.id, f"like_{part}": other}


def _duplicates(side: Side) -> list[Found]:
    """Rows that stand there twice, target and all."""
    seen: set[tuple[str, str, str | None]] = set()
    repeated = []
    for row in side.rows:
        whole = row.input, row.target, row.context
        if whole in seen:
            repeated.append(row)
        seen.add(whole)
    return found("duplicates", repeated, len(side.rows), drop=side.free(repeated))


def _near_duplicates(task: str, side: Side) -> list[Found]:
    """Rows of one split whose input is almost that of another; the first of a cluster stays."""
    kept: dict[tuple[object, ...], int] = {}
    again, drop = [], []
    for index, row in enumerate(side.rows):
        # Another label makes another lesson: two that contradict are not two of a kind.
        target = row.target if task == "text-classification" else ""
        mark = side.split_of[index], side.clusters[index], target
        first = kept.setdefault(mark, index)
        # Of one passage there are many questions: only another wording is a near duplicate.
        if side.keys[first] != side.keys[index]:
            again.append((index, first))
            drop.append(row)
    shown = (_beside(side, a, b) for a, b in again)
    return found("near_duplicates", shown, len(side.rows), drop=side.free(drop))


def _conflicts(task: str, side: Side) -> list[Found]:
    """One input with several targets: for a label a contradiction, for a text often a choice."""
    groups: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for row, folded in zip(side.rows, side.keys, strict=True):
        groups[folded, row.input if row.context is not None else ""].append(row)
    several = [rows for rows in groups.values() if len({row.target for row in rows}) > 1]
    rows = [row for group in several for row in group]
    if task not in ("text-classification", "question-answering"):
        return found("several_targets", rows, len(side.rows))
    drop = [row for group in several for row in _outvoted(group)]
    return found("conflicts", rows, len(side.rows), drop=side.free(drop))


def _outvoted(group: Sequence[Example]) -> list[Example]:
    """Rows that have not the label that most have; all of them where there is no such label."""
    (most, count), second = Counter(row.target for row in group).most_common(2)
    wins = count > second[1]
    return [row for row in group if not wins or row.target != most]
