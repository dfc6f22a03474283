"""Scores of labels: accuracy, precision, recall and F1 averaged over the classes, correlation.

The same as scikit-learn's with `zero_division=0`: the classes are those that the references or the
answers name. Macro counts each class the same, however rare; weighted by its examples; micro throws
all together.
"""

from collections.abc import Callable, Sequence

import numpy as np

from core.data.dataset import split_labels
from core.evaluate.answer import Answer
from core.evaluate.confusion import class_names
from core.evaluate.scorer import Array, Rate, mean, ratio


def accuracy(_language: str | None) -> Rate:
    """Share of answers that are the reference label; space around a label does not count."""
    return mean("match:exact|strip:yes", lambda r, p: float(r.strip() == p.strip()))


def same_labels(separator: str) -> Rate:
    """Share of answers that name the reference's labels, all of them and no other."""

    def same(reference: str, answer: str) -> float:
        wanted, given = (set(split_labels(text, separator)) for text in (reference, answer))
        return float(wanted == given)

    return mean(f"match:all labels|separator:{separator}", same)


class Classes:
    """A score made of how often each class is found, named and right.

    Counts: for each class, whether the example is a true positive of it, an answer of it, a
    reference of it; shape (n, 3 × classes), the three blocks one after the other.
    """

    def __init__(self, kind: str, separator: str | None = None) -> None:
        self._kind, self._separator = kind, separator
        self.signature = f"{_SIGNATURES[kind]}|strip:yes"
        if separator is not None:
            self.signature += f"|separator:{separator}"

    def names(self, references: Sequence[str], *systems: Sequence[Answer]) -> list[str]:
        """The classes that any of the systems or the references name, in the counts' order."""
        columns = [references, *([answer.text for answer in system] for system in systems)]
        if self._separator is None:
            return class_names(*columns)
        return class_names(
            *([n for text in c for n in split_labels(text, self._separator)] for c in columns)
        )

    def counts(self, references: Sequence[str], *systems: Sequence[Answer]) -> list[Array]:
        """Counts over the classes that any of the systems or the references name."""
        names = self.names(references, *systems)
        given = [[answer.text for answer in system] for system in systems]
        if self._separator is not None:
            return self._several(names, references, *given)
        number = {name: i for i, name in enumerate(names)}
        actual = np.array([number[r.strip()] for r in references], dtype=np.int64)
        rows, found = np.arange(len(actual)), []
        for texts in given:
            answer = np.array([number[p.strip()] for p in texts], dtype=np.int64)
            blocks = np.zeros((len(actual), 3, len(names)))
            blocks[rows, 0, actual] = actual == answer
            blocks[rows, 1, answer] = 1
            blocks[rows, 2, actual] = 1
            found.append(blocks.reshape(len(actual), -1))
        return found

    def _several(
        self, names: Sequence[str], references: Sequence[str], *systems: Sequence[str]
    ) -> list[Array]:
        """The same where references and answers may name several classes each."""
        columns = [[split_labels(text, self._separator) for text in column]
                   for column in (references, *systems)]  # fmt: skip
        number = {name: i for i, name in enumerate(names)}
        held = []
        for column in columns:
            table = np.zeros((len(column), len(names)))
            for row, labels in enumerate(column):
                table[row, [number[name] for name in labels]] = 1
            held.append(table)
        actual = held[0]
        return [np.concatenate([actual * given, given, actual], axis=1) for given in held[1:]]

    def corpus(self, sums: Array) -> Array:
        """The score of the sums."""
        hits, answers, actual = np.split(sums, 3, axis=-1)
        return _KINDS[self._kind](hits, answers, actual)

    def point(self, sums: Array) -> float:
        """The same, as a float."""
        return float(self.corpus(sums))

    def examples(self, counts: Array) -> Array:
        """Whether each answer is right: one example has no class average."""
        hits, _, _ = np.split(counts, 3, axis=-1)
        return np.asarray(hits.sum(-1))


def _precision(hits: Array, answers: Array, _actual: Array) -> Array:
    """Of the answers that name a class, the share that are right."""
    return ratio(hits, answers)


def _recall(hits: Array, _answers: Array, actual: Array) -> Array:
    """Of the examples of a class, the share that are found."""
    return ratio(hits, actual)


def _f1(hits: Array, answers: Array, actual: Array) -> Array:
    """Harmonic mean of precision and recall of a class."""
    return ratio(2 * hits, answers + actual)


Formula = Callable[[Array, Array, Array], Array]


def _macro(each: Formula) -> Formula:
    """The mean over the classes that occur in the sums."""

    def over(hits: Array, answers: Array, actual: Array) -> Array:
        occurs = (answers + actual) > 0
        return ratio(each(hits, answers, actual).sum(-1), occurs.sum(-1))

    return over


def _micro_f1(hits: Array, answers: Array, actual: Array) -> Array:
    """F1 of all classes thrown together."""
    return _f1(hits.sum(-1), answers.sum(-1), actual.sum(-1))


def _weighted_f1(hits: Array, answers: Array, actual: Array) -> Array:
    """F1 of each class, weighed by how many examples it has."""
    return ratio((_f1(hits, answers, actual) * actual).sum(-1), actual.sum(-1))


def _mcc(hits: Array, answers: Array, actual: Array) -> Array:
    """Correlation of references and answers for any number of classes (Gorodkin 2004, R_K).

    (c · s − Σ p t) / √((s² − Σ p²)(s² − Σ t²)) with c right of s examples, p answers and t
    references of a class; 0 where either side names one class only.
    """
    right, all_ = hits.sum(-1), actual.sum(-1)
    above = right * all_ - (answers * actual).sum(-1)
    spread = (all_**2 - (answers**2).sum(-1)) * (all_**2 - (actual**2).sum(-1))
    return ratio(above, np.sqrt(np.maximum(spread, 0.0)))


_MACRO = "average:macro|zero_division:0"
_SIGNATURES = {
    "precision": _MACRO, "recall": _MACRO, "f1": _MACRO,
    "micro_f1": "average:micro|zero_division:0", "weighted_f1": "average:weighted|zero_division:0",
    "mcc": "formula:R_K|constant:0",
}  # fmt: skip
_KINDS: dict[str, Formula] = {
    "precision": _macro(_precision), "recall": _macro(_recall), "f1": _macro(_f1),
    "micro_f1": _micro_f1, "weighted_f1": _weighted_f1, "mcc": _mcc,
}  # fmt: skip
