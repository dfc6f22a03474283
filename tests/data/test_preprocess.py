from collections import Counter

import pytest

from core.data.dataset import Example
from core.data.preprocess import clean, key, prepare, split_examples


def rows(*inputs, target="t", first=1):
    return [Example(str(i), text, target) for i, text in enumerate(inputs, first)]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("  a ", "a"), ("a\r\nb\rc", "a\nb\nc"), ("a\x00\x1bb", "ab"), ("e\u0301", "é"),
     ("\ufeffa", "a"), ("a\tb", "a\tb"), ("", "")],
)  # fmt: skip
def test_clean(given, wanted):
    assert clean(given) == wanted
    assert clean(clean(given)) == clean(given)


@pytest.mark.parametrize(
    "other", ["hello  WORLD", "Hello world!", " hello\nworld ", "Ｈello world。"]
)
def test_what_counts_as_the_same_text(other):
    assert key(Example("1", other, "x")) == key(Example("2", "Hello world", "y"))


def test_what_does_not():
    texts = ["€12", "$12", "1.5", "15", "?", "!", "C++", "C#"]
    assert len({key(Example("1", text, "x")) for text in texts}) == len(texts)


def test_answers_about_one_passage_stay_together():
    made = split_examples([Example(str(i), f"q{i}", "a", f"passage {i // 10}") for i in range(200)])
    passages = {split: {e.context for e in part} for split, part in made.items()}
    assert not passages["train"] & passages["test"]
    assert not passages["validation"] & (passages["train"] | passages["test"])


def test_a_split_has_no_leak_and_loses_nothing():
    given = [Example(str(i), f"Text {i % 70}{'!' * (i % 3)}", "t") for i in range(300)]
    made = split_examples(given, seed=3)
    assert sorted(e.id for part in made.values() for e in part) == sorted(e.id for e in given)
    keys = [{key(e) for e in part} for part in made.values()]
    assert sum(map(len, keys)) == len(set.union(*keys)) == 70
    assert made == split_examples(given, seed=3)
    assert made != split_examples(given, seed=4)


def test_shares_and_caps():
    made = split_examples(rows(*map(str, range(1000))))
    assert {split: len(part) for split, part in made.items()} == {
        "train": 800, "validation": 100, "test": 100,
    }  # fmt: skip
    made = split_examples(rows(*map(str, range(1000))), test=0.5, test_most=30, validation=0.0)
    assert [len(made[split]) for split in ("train", "validation", "test")] == [970, 0, 30]


@pytest.mark.parametrize(("count", "test"), [(1, 0), (2, 1), (3, 1), (9, 1)])
def test_the_smallest_data_still_have_a_test_example(count, test):
    made = split_examples(rows(*map(str, range(count))))
    assert len(made["test"]) == test
    assert len(made["train"]) >= 1


def test_labels_keep_their_shares():
    given = [Example(str(i), f"x{i}", "rare" if i % 20 == 0 else "common") for i in range(1000)]
    made = split_examples(given, stratum=lambda e: e.target)
    for part, size in (("train", 40), ("validation", 5), ("test", 5)):
        assert abs(Counter(e.target for e in made[part])["rare"] - size) <= 1


def test_duplicates_and_leaks_are_removed_and_told():
    main = rows("a", "b", "a", "C!", "d", "e")
    test = rows("c", "c", "z", first=10)
    made = prepare({None: main, "test": test})
    assert made.splits["test"] == test
    kept = {e.id for split in ("train", "validation") for e in made.splits[split]}
    assert kept == {"1", "2", "5", "6"}
    assert made.report == {
        "duplicates_removed": 1,
        "duplicate_examples": [{"id": "3", "input": "a"}],
        "leaks_removed": 1,
        "leak_examples": [{"id": "4", "input": "C!"}],
        "official_splits": ["test"],
    }


def test_one_text_with_two_targets_is_no_duplicate():
    given = [Example("1", "a", "x"), Example("2", "a", "y"), Example("3", "b", "x")]
    made = prepare({"train": given})
    assert made.report["duplicates_removed"] == 0
    assert sum(map(len, made.splits.values())) == 3


def test_given_splits_are_not_split_again():
    given = {"train": rows("a", "b"), "validation": rows("c", first=5), "test": rows("d", first=7)}
    assert prepare(given).splits == given
