from collections import Counter

import pytest

from core.data.split import USUAL, Scheme, assign
from core.errors import BadInput


def sizes(assigned):
    return Counter(assigned.names)


def test_shares_and_caps():
    assert sizes(assign(range(1000), None, USUAL)) == {"train": 800, "validation": 100, "test": 100}
    made = assign(range(1000), None, Scheme(test_share=0.3, validation_share=0.0))
    assert sizes(made) == {"train": 700, "test": 300}
    assert sizes(assign(range(30_000), None, USUAL)) == {
        "train": 27_000, "validation": 1_000, "test": 2_000,
    }  # fmt: skip


@pytest.mark.parametrize("share", [-0.1, 0.51, float("nan")])
def test_a_share_that_leaves_too_little_is_refused(share):
    with pytest.raises(BadInput, match=r"--test-share .* expected 0 to 0.5"):
        Scheme(test_share=share)


@pytest.mark.parametrize(("count", "test"), [(1, 0), (2, 1), (3, 1), (9, 1)])
def test_the_smallest_data_still_have_a_test_example(count, test):
    made = sizes(assign(range(count), None, USUAL))
    assert made["test"] == test
    assert made["train"] >= 1


@pytest.mark.parametrize("seed", range(5))
def test_labels_keep_their_shares(seed):
    labels = ["rare" if i % 20 == 0 else "common" for i in range(1000)]
    made = assign(range(1000), labels, Scheme(seed=seed))
    found = Counter(zip(labels, made.names, strict=True))
    for split, wanted in (("train", 40), ("validation", 5), ("test", 5)):
        assert abs(found["rare", split] - wanted) <= 1
    assert sizes(made)["test"] in (99, 100, 101)


def test_many_small_labels_are_not_all_rounded_away():
    labels = [f"label {i // 4}" for i in range(400)]
    made = sizes(assign(range(400), labels, USUAL))
    assert abs(made["test"] - 40) <= 1
    assert abs(made["validation"] - 40) <= 1


def test_a_label_that_occurs_once_stays_in_training_and_is_told():
    labels = [*"ab" * 50, "once", "twins", "twins"]
    groups = [*range(101), "g", "g"]
    for seed in range(20):
        made = assign(groups, labels, Scheme(seed=seed))
        assert made.names[100:] == ["train"] * 3
    assert made.record["labels_kept_in_training"] == 2
    assert made.record["labels_kept_examples"] == ["once", "twins"]
    assert made.record["by_label"] is True


def test_every_label_keeps_a_row_to_learn_from():
    labels = [f"label {i // 2}" for i in range(60)]
    made = assign(range(60), labels, Scheme(0.5, 0.5))
    assert {label for label, name in zip(labels, made.names, strict=True) if name == "train"} == {
        *labels
    }


def test_a_large_group_does_not_take_the_place_of_others():
    groups = ["many"] * 500 + list(range(500))
    made = assign(groups, None, USUAL)
    assert set(made.names[:500]) == {"train"}
    assert sizes(made)["test"] == 100


def test_a_group_column_with_one_value_is_refused():
    with pytest.raises(BadInput, match="'user' has one value in all 5 rows"):
        assign(["u"] * 5, None, Scheme(group_column="user"))
