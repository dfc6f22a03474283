"""What each example adds to each metric: counted once, kept, and enough for all that comes after.

A score, its interval, that of a slice and a paired test are all made of sums of these counts, so
none of them reads a text again.

evaluations/ID/counts.npz   the ids of the examples, an array (n, k) for each way of counting, and
                            which metric is made of which
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import record
from core.evaluate.answer import Answer
from core.evaluate.labels import Classes
from core.evaluate.metrics import scorer_of
from core.evaluate.scorer import Array, Scorer


@dataclass(frozen=True)
class Counts:
    """One metric's counts.

    Attributes:
        table: What each example adds, (n, k).
        classes: Where the columns are three blocks with one column a class: the classes' names.
    """

    table: Array
    classes: tuple[str, ...] | None = None


class Tally:
    """Answers beside references, counted metric by metric when it is asked for."""

    def __init__(
        self,
        references: Sequence[str],
        answers: Sequence[Answer],
        *,
        language: str | None,
        separator: str | None = None,
    ) -> None:
        self.references, self.answers = references, answers
        self.language, self.separator = language, separator
        self._made: dict[str, Counts] = {}

    def scorer(self, name: str) -> Scorer:
        """The computation of a metric."""
        return scorer_of(name, self.language, self.separator)

    def of(self, name: str) -> Counts:
        """The counts of a metric.

        Raises:
            BadInput: It cannot count these answers.
        """
        scorer = self.scorer(name)
        # Precision, recall and all the others of classes are made of the same counts.
        way = "classes" if isinstance(scorer, Classes) else name
        if way not in self._made:
            (table,) = scorer.counts(self.references, self.answers)
            names = None
            if isinstance(scorer, Classes):
                names = tuple(scorer.names(self.references, self.answers))
            self._made[way] = Counts(table, names)
        return self._made[way]


def aligned(a: Counts, b: Counts) -> tuple[Array, Array]:
    """The tables of two systems with the same columns: the classes that either names."""
    if a.classes is None or b.classes is None or a.classes == b.classes:
        return a.table, b.table
    names = sorted({*a.classes, *b.classes})
    return _spread(a, names), _spread(b, names)


def _spread(counts: Counts, names: Sequence[str]) -> Array:
    place = {name: number for number, name in enumerate(names)}
    n, classes = len(counts.table), counts.classes or ()
    wide = np.zeros((n, 3, len(names)))
    wide[:, :, [place[name] for name in classes]] = counts.table.reshape(n, 3, len(classes))
    return wide.reshape(n, -1)


def save(path: Path, ids: Sequence[str], counts: Mapping[str, Counts]) -> None:
    """Write the counts of an evaluation's metrics, each table once."""
    arrays: dict[str, Array] = {}
    index: dict[str, dict[str, object]] = {}
    place: dict[int, str] = {}
    for name, each in counts.items():
        known = place.setdefault(id(each.table), f"counts{len(place)}")
        arrays[known] = _small(each.table)
        index[name] = {"array": known, "classes": each.classes}
    told = {"ids": _bytes(list(ids)), "index": _bytes(index)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays, **told)
    record.write_bytes(path, buffer.getvalue())


def load(path: Path) -> tuple[list[str], dict[str, Counts]]:
    """The ids, and the counts by metric, of a file that `save` wrote."""
    with np.load(path, allow_pickle=False) as kept:
        index = json.loads(bytes(kept["index"]))
        needed = {row["array"] for row in index.values()}
        tables = {name: kept[name].astype(np.float64) for name in needed}
        ids: list[str] = json.loads(bytes(kept["ids"]))
    return ids, {
        name: Counts(tables[row["array"]], tuple(row["classes"]) if row["classes"] else None)
        for name, row in index.items()
    }


def _bytes(value: object) -> np.ndarray:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _small(table: Array) -> np.ndarray:
    """The same numbers in as few bytes as they need."""
    if table.size and (np.mod(table, 1) == 0).all() and table.min() >= 0:
        return table.astype(np.min_scalar_type(int(table.max())))
    return table
