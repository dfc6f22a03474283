import pytest

from core.data.dataset import Example
from core.data.preprocess import clean, key, prepare, split_rows
from core.data.split import USUAL, Scheme


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
    given = [Example(str(i), f"q{i}", "a", f"{'passage ' * 3}{i // 10}") for i in range(200)]
    made, _ = split_rows(given, by_label=False, scheme=USUAL)
    passages = {split: {e.context for e in part} for split, part in made.items()}
    assert passages["test"] and passages["validation"]
    assert not passages["train"] & passages["test"]
    assert not passages["validation"] & (passages["train"] | passages["test"])


def test_a_split_has_no_leak_and_loses_nothing():
    given = [Example(str(i), f"Text {i % 70}{'!' * (i % 3)}", "t") for i in range(300)]
    made, record = split_rows(given, by_label=False, scheme=Scheme(seed=3))
    assert sorted(e.id for part in made.values() for e in part) == sorted(e.id for e in given)
    keys = [{key(e) for e in part} for part in made.values()]
    assert sum(map(len, keys)) == len(set.union(*keys)) == 70 == record["groups"]
    assert made == split_rows(given, by_label=False, scheme=Scheme(seed=3))[0]
    assert made != split_rows(given, by_label=False, scheme=Scheme(seed=4))[0]
    turned = split_rows(given[::-1], by_label=False, scheme=Scheme(seed=3))[0]
    assert {split: part[::-1] for split, part in turned.items()} == made


def test_near_duplicates_stay_on_one_side():
    words = [f"the {w} parcel of customer number {n} never came" for n, w in enumerate("abcdefgh")]
    given = rows(*(f"{text}{tail}" for text in words for tail in ("", " yet", " here", ", yet")))
    made, record = split_rows(given, by_label=False, scheme=Scheme(0.25, 0.25))
    starts = {split: {e.input[:34] for e in part} for split, part in made.items()}
    assert all(starts.values())
    assert sum(map(len, starts.values())) == len(words)
    assert (record["groups"], record["largest_group_rows"]) == (8, 4)
    assert record["grouped_by"] == "near duplicates"


def test_rows_of_one_customer_stay_on_one_side():
    given = [Example(str(i), f"text {i}", "t", group=f"customer {i % 20}") for i in range(200)]
    given.append(Example("alone", "x", "t"))
    made, record = split_rows(given, by_label=False, scheme=Scheme(group_column="customer"))
    groups = [{e.group for e in part if e.group} for part in made.values()]
    assert sum(map(len, groups)) == 20
    assert len(made["test"]) in (20, 21)
    assert (record["grouped_by"], record["group_column"]) == ("column", "customer")


def test_duplicates_and_leaks_are_removed_and_told():
    main = rows("a", "b", "a", "C!", "d", "e")
    test = rows("c", "c", "z", first=10)
    made = prepare({None: main, "test": test})
    assert made.splits["test"] == test
    kept = {e.id for split in ("train", "validation") for e in made.splits[split]}
    assert kept == {"1", "2", "5", "6"}
    how = made.report.pop("split")
    assert (how["test_share"], how["kept"]) == (0.1, ["test"])
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
