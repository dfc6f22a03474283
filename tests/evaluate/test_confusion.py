"""How well each label is found, against scikit-learn."""

import random

import pytest
from sklearn.metrics import multilabel_confusion_matrix, precision_recall_fscore_support
from sklearn.preprocessing import MultiLabelBinarizer

from core.evaluate.confusion import per_class


@pytest.mark.parametrize("seed", range(3))
def test_each_class_is_scikit_learns(seed: int) -> None:
    rng = random.Random(seed)
    references = rng.choices(["a", "b", "c", "never answered"], k=50)
    answers = rng.choices(["a", "b ", "c", "never right"], k=50)
    found = per_class(references, answers)
    names = [row.label for row in found]
    expected = precision_recall_fscore_support(
        references, [a.strip() for a in answers], labels=names, zero_division=0
    )
    rows = [(row.precision.value if row.precision else 0, row.recall.value if row.recall else 0,
             row.f1.value, row.support) for row in found]  # fmt: skip
    assert rows == [pytest.approx(each) for each in zip(*expected, strict=True)]
    by_name = {row.label: row for row in found}
    assert by_name["never answered"].precision is None
    assert by_name["never right"].recall is None
    for row in found:
        assert row.f1.low <= row.f1.value <= row.f1.high


def test_rows_with_several_labels() -> None:
    references, answers = ["a;b", "b", "c"], ["a", "b; a", ""]
    found = per_class(references, answers, ";")
    sets = MultiLabelBinarizer(classes=["a", "b", "c"])
    matrices = multilabel_confusion_matrix(
        sets.fit_transform([{"a", "b"}, {"b"}, {"c"}]), sets.transform([{"a"}, {"a", "b"}, set()])
    )
    assert [row.label for row in found] == ["a", "b", "c"]
    for row, ((_, false), (missed, right)) in zip(found, matrices, strict=True):
        assert (row.support, row.answered) == (right + missed, right + false)


def test_a_rare_label_has_a_wide_interval_even_where_all_are_right() -> None:
    (row, *_) = per_class(["a", "a", *["b"] * 50], ["a", "a", *["b"] * 50])
    assert row.recall is not None
    assert (row.recall.value, row.f1.value) == (1, 1)
    assert row.recall.low < 0.4
    assert row.f1.low < 0.6
