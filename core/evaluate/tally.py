"""What each example adds to each metric: counted once, kept, and enough for all that comes after.

A score, its interval, that of a slice and a paired test are all made of sums of these counts, so
none of them reads a text again; `core.evaluate.kept` keeps them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluate.answer import Answer
from core.evaluate.intervals import resampled
from core.evaluate.labels import Classes
from core.evaluate.metrics import scorer_of
from core.evaluate.parts import OF_TEXTS, by_parts
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
        self._made: dict[str, Counts | Exception] = {}
        self._sums: dict[tuple[str, int, int], Array] = {}

    def scorer(self, name: str) -> Scorer:
        """The computation of a metric."""
        return scorer_of(name, self.language, self.separator)

    def count(self, names: Sequence[str]) -> None:
        """Count several metrics at once: on all cores where there is much to do.

        One that cannot be counted says so when it is asked for.
        """
        ways = {self._way(name): name for name in names}
        new = {way: name for way, name in ways.items() if way not in self._made}
        within = {name: whole for name, whole in _WITHIN.items() if {name, whole[0]} <= set(new)}
        tables = by_parts(
            [name for name in new if name in OF_TEXTS and name not in within], self.language,
            self.references, [answer.text for answer in self.answers],
        )  # fmt: skip
        for way, name in sorted(new.items(), key=lambda pair: pair[0] in within):
            try:
                if way in within:
                    whole, columns = within[way]
                    self._made[way] = Counts(self.of(whole).table[:, :columns])
                else:
                    self._made[way] = self._counts(name, tables.get(name))
            # It is raised when this metric is asked for; the others stand.
            except Exception as error:
                self._made[way] = error

    def of(self, name: str) -> Counts:
        """The counts of a metric.

        Raises:
            Exception: What its scorer raised, such as a BadInput: it cannot count these answers.
        """
        self.count([name])
        made = self._made[self._way(name)]
        if isinstance(made, Exception):
            raise made
        return made

    def resampled(self, name: str, seed: int, resamples: int) -> Array:
        """Sums of resamples of the examples, (resamples, k); drawn once for all that is counted."""
        wanted = (self._way(name), seed, resamples)
        if wanted not in self._sums:
            self.of(name)
            tables = {way: made.table for way, made in self._made.items()
                      if isinstance(made, Counts)}  # fmt: skip
            sums = resampled(list(tables.values()), seed, resamples)
            self._sums |= {(way, seed, resamples): each
                           for way, each in zip(tables, sums, strict=True)}  # fmt: skip
        return self._sums[wanted]

    def _way(self, name: str) -> str:
        """Precision, recall and all the others of classes are made of the same counts."""
        return "classes" if isinstance(self.scorer(name), Classes) else name

    def _counts(self, name: str, table: Array | Exception | None) -> Counts:
        scorer = self.scorer(name)
        if isinstance(table, Exception):
            raise table
        if table is None:
            (table,) = scorer.counts(self.references, self.answers)
        if isinstance(scorer, Classes):
            return Counts(table, tuple(scorer.names(self.references, self.answers)))
        return Counts(table)


_WITHIN = {"chrf": ("chrf++", 18)}
"""chrF++ counts characters as chrF does, and words after them: its first columns are chrF's."""


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
