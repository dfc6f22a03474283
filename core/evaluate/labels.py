"""Scores of labels: accuracy, and precision, recall and F1 averaged over the classes.

The same as scikit-learn's `average="macro", zero_division=0`: the classes are those that the
references or the answers name, and each counts the same, however rare.
"""

from collections.abc import Sequence

import numpy as np

from core.data.dataset import split_labels
from core.errors import BadInput
from core.evaluate.answer import Answer
from core.evaluate.scorer import Array, Mean, ratio

MOST_LABELS = 1000
"""More distinct answers than this are sentences, not labels."""


def accuracy(_language: str | None) -> Mean:
    """Share of answers that are the reference label; space around a label does not count."""
    return Mean("match:exact|strip:yes", lambda r, p: float(r.strip() == p.strip()))


def same_labels(separator: str) -> Mean:
    """Share of answers that name the reference's labels, all of them and no other."""

    def same(reference: str, answer: str) -> float:
        wanted, given = (set(split_labels(text, separator)) for text in (reference, answer))
        return float(wanted == given)

    return Mean(f"match:all labels|separator:{separator}", same)


class Macro:
    """Precision, recall or F1, averaged over classes.

    Counts: for each class, whether the example is a true positive of it, an answer of it, a
    reference of it; shape (n, 3 × classes), the three blocks one after the other.
    """

    def __init__(self, kind: str, separator: str | None = None) -> None:
        self._kind, self._separator = kind, separator
        self.signature = "average:macro|zero_division:0|strip:yes"
        if separator is not None:
            self.signature += f"|separator:{separator}"

    def counts(self, references: Sequence[str], *systems: Sequence[Answer]) -> list[Array]:
        """Counts over the classes that any of the systems or the references name."""
        given = [[answer.text for answer in system] for system in systems]
        if self._separator is not None:
            return self._several(references, *given)
        names = class_names(references, *given)
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

    def _several(self, references: Sequence[str], *systems: Sequence[str]) -> list[Array]:
        """The same where references and answers may name several classes each."""
        columns = [[split_labels(text, self._separator) for text in column]
                   for column in (references, *systems)]  # fmt: skip
        names = class_names(*([name for row in column for name in row] for column in columns))
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
        """Mean over the classes that occur in the sums."""
        hits, answers, actual = np.split(sums, 3, axis=-1)
        each = {
            "precision": lambda: ratio(hits, answers),
            "recall": lambda: ratio(hits, actual),
            "f1": lambda: ratio(2 * hits, answers + actual),
        }[self._kind]()
        return ratio(each.sum(-1), ((answers + actual) > 0).sum(-1))

    def point(self, sums: Array) -> float:
        """The same, as a float."""
        return float(self.corpus(sums))

    def examples(self, counts: Array) -> Array:
        """Whether each answer is right: one example has no class average."""
        hits, _, _ = np.split(counts, 3, axis=-1)
        return np.asarray(hits.sum(-1))


def macro_precision(_language: str | None) -> Macro:
    """Of the answers that name a class, the share that are right; mean over the classes."""
    return Macro("precision")


def macro_recall(_language: str | None) -> Macro:
    """Of the examples of a class, the share that are found; mean over the classes."""
    return Macro("recall")


def macro_f1(_language: str | None) -> Macro:
    """Harmonic mean of precision and recall of a class; mean over the classes."""
    return Macro("f1")


def class_names(*columns: Sequence[str]) -> list[str]:
    """The distinct labels of all columns, sorted.

    Raises:
        BadInput: There are so many that they cannot be labels.
    """
    names = sorted({label.strip() for column in columns for label in column})
    if len(names) > MOST_LABELS:
        raise BadInput(
            f"{len(names):,} distinct answers were given where labels were expected (at most "
            f"{MOST_LABELS:,} can be told apart); for example {names[0][:40]!r}. Choose metrics "
            "for text, such as --metric chrf, or give the label alone as the prediction."
        )
    return names


def confusion(references: Sequence[str], predictions: Sequence[str]) -> tuple[list[str], Array]:
    """Class names, and counts of shape (classes, classes): reference by row, answer by column."""
    names = class_names(references, predictions)
    number = {name: i for i, name in enumerate(names)}
    table = np.zeros((len(names), len(names)))
    for reference, prediction in zip(references, predictions, strict=True):
        table[number[reference.strip()], number[prediction.strip()]] += 1
    return names, table


def most_confused(
    names: list[str], table: Array, most: int
) -> tuple[list[str], Array, tuple[str, str, int] | None]:
    """The part of a confusion table that can be read, and its worst case.

    Args:
        names: Labels.
        table: As `confusion` gives it.
        most: Labels to keep: those with most errors, as reference or as answer.

    Returns:
        Names and counts of those kept, in the given order; and of all labels the pair (reference,
        answer, count) that is confused most often, None where nothing is.
    """
    wrong = table - np.diag(np.diag(table))
    errors = wrong.sum(0) + wrong.sum(1)
    kept = np.sort(np.argsort(-errors, kind="stable")[:most])
    worst = None
    if wrong.any():
        i, j = np.unravel_index(int(wrong.argmax()), wrong.shape)
        worst = (names[i], names[j], int(wrong[i, j]))
    return [names[i] for i in kept], table[np.ix_(kept, kept)], worst
