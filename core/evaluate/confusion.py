"""Which labels are taken for which, and how well each one is found."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.data.dataset import split_labels
from core.errors import BadInput
from core.evaluate.scorer import Array
from core.evaluate.share import Share, share

MOST_LABELS = 1000
"""More distinct answers than this are sentences, not labels."""


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


@dataclass(frozen=True)
class ClassScore:
    """How well one label is found.

    Attributes:
        label: Its name.
        support: Examples that have it.
        answered: Answers that name it.
        precision: Of the answers that name it, the share that are right; None where none does.
        recall: Of its examples, the share that are found; None where it has none.
        f1: Their harmonic mean, of n answers or examples of it.
    """

    label: str
    support: int
    answered: int
    precision: Share | None
    recall: Share | None
    f1: Share


def per_class(
    references: Sequence[str], predictions: Sequence[str], separator: str | None = None
) -> list[ClassScore]:
    """Every label that occurs, sorted by name, with 95 % intervals.

    Precision and recall are shares, with Wilson's interval. F1 = 2 J / (1 + J) rises with the share
    J = right / (answers or examples of the label), so the ends of J's interval give its ends.

    Args:
        references: What was right, one for each example.
        predictions: What was answered, in the same order.
        separator: The sign between several labels of a row; None = a row has one.
    """
    wanted, given = (
        [set(split_labels(text, separator)) if separator else {text.strip()} for text in column]
        for column in (references, predictions)
    )
    hits = Counter(label for r, g in zip(wanted, given, strict=True) for label in r & g)
    support, answered = (
        Counter(label for row in rows for label in row) for rows in (wanted, given)
    )
    found = []
    for label in class_names(list(support), list(answered)):
        right, named, actual = hits[label], answered[label], support[label]
        either = share(right, actual + named - right)
        if either is not None:
            precision, recall = share(right, named), share(right, actual)
            found.append(ClassScore(label, actual, named, precision, recall, _f1_of(either)))
    return found


def _f1_of(jaccard: Share) -> Share:
    """F1 from the share of the right ones among all that are answered or wanted."""
    value, low, high = (2 * j / (1 + j) for j in (jaccard.value, jaccard.low, jaccard.high))
    return Share(value, low, high, jaccard.n)
