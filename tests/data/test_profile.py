import json
import math

import numpy as np
import pytest

from core.data import dataset as store
from core.data.checks import script
from core.data.dataset import Example
from core.data.findings import KINDS, sentence, why
from core.data.profile import bars, profile, words
from core.text.catalog import topic
from core.workspace import Workspace


@pytest.fixture
def look(tmp_path):
    workspace = Workspace.open(tmp_path)

    def run(task="text-classification", **splits):
        made = {
            split: [Example(f"{split}-{i}", *row) for i, row in enumerate(rows)]
            for split, rows in splits.items()
        }
        return profile(workspace, store.save(workspace, "d", task, made))

    return run


def named(found):
    return {finding.name: finding for finding in found.findings}


def ids(finding):
    return [row.get("id") or row["label"] for row in finding.examples]


def even(count, prefix="x"):
    return [(f"{prefix}{i}", "ab"[i % 2]) for i in range(count)]


def test_a_clean_dataset_has_no_finding(look):
    found = look(train=even(200), validation=even(20, "v"), test=even(100, "t"))
    assert found.findings == ()
    assert found.fit
    assert found.labels == {
        "a": {"train": 100, "validation": 10, "test": 50},
        "b": {"train": 100, "validation": 10, "test": 50},
    }


def test_what_stands_in_the_way_comes_first(look):
    found = look(train=even(20), test=[("X1.", "a"), ("new", "a")])
    assert not found.fit
    first = found.findings[0]
    assert (first.name, first.count, first.total) == ("leak_test_train", 1, 2)
    assert first.examples == (
        {"id": "test-0", "input": "X1.", "like_id": "train-1", "like_input": "x1"},
    )
    assert (first.severity, first.drops, first.remedy) == ("blocks", 1, "drop")
    assert set(named(found)) == {
        "leak_test_train", "few_train", "few_test", "no_validation", "conflicts",
    }  # fmt: skip


@pytest.mark.parametrize("missing", ["train", "test"])
def test_a_missing_split_stands_in_the_way(look, missing):
    found = look(**{"train" if missing == "test" else "test": even(200)})
    assert named(found)[f"no_{missing}"].blocks


def test_labels(look):
    train = [(f"x{i}", "a") for i in range(150)] + [("y", "b"), ("x1", "b"), ("x2", "a")]
    found = named(look(train=train, test=[("t", "c")] * 2))
    assert ids(found["unseen_labels"]) == ["c"]
    assert ids(found["rare_labels"]) == ["b"]
    assert (found["uneven_labels"].count, found["uneven_labels"].total) == (151, 2)
    assert ids(found["conflicts"]) == ["train-1", "train-151"]
    assert ids(found["duplicates"]) == ["test-1", "train-152"]
    assert found["duplicates"].drops == 1
    one = named(look(train=[("x", "a"), ("y", "a")], test=[("z", "a")]))
    assert one["one_label"].blocks


def test_translations(look):
    pairs = [(f"word {i}", f"Wort {i}") for i in range(99)]
    found = named(
        look("translation", train=[*pairs, ("a", "b" * 300)], test=[("same", "same")] * 40)
    )
    assert ids(found["lengths_differ"]) == ["train-99"]
    assert (found["copied"].count, found["copied"].remedy) == (40, None)
    assert "conflicts" not in found


def test_long_texts(look):
    found = named(look("summarization", train=[("a " * 1500, "s"), ("b", "s")], test=[("c", "s")]))
    assert ids(found["long"]) == ["train-0"]


def test_lengths(look):
    texts = ["a b c", "你好吗", "x" * 40, "hello you"]
    found = look("summarization", train=[(text, "s") for text in texts])
    lengths = {row.part: row for row in found.lengths}
    assert set(lengths) == {"input", "target"}
    sizes = [len(text) for text in texts]
    assert lengths["input"].median_characters == np.median(sizes)
    assert lengths["input"].p95_characters == np.percentile(sizes, 95, method="inverted_cdf") == 40
    assert lengths["input"].longest_characters == 40
    assert lengths["input"].median_words == 2.5
    assert found.scripts == {"latin": 0.75, "cjk": 0.25}


@pytest.mark.parametrize("values", [[5], [1, 1, 2], list(range(1000)), [3] * 200 + [9_999]])
def test_bars_hold_every_text_once(values):
    made = bars(values)
    assert sum(bar.count for bar in made) == len(values)
    for bar in made:
        high = math.inf if bar.high is None else bar.high
        assert bar.count == sum(bar.low <= value <= high for value in values)
    assert len(made) <= 32


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("two words", 2), ("你好", 2), ("用 T5 模型", 4), ("a\nb", 2)]
)
def test_words(text, count):
    assert words(text) == count


@pytest.mark.parametrize(
    ("text", "name"),
    [("Hi, 你", "latin"), ("你好a", "cjk"), ("привет", "cyrillic"), ("12!", "none")],
)
def test_script(text, name):
    assert script(text) == name


def test_a_profile_is_kept_and_read_again(tmp_path, look):
    first = look(train=even(30), test=even(9, "t"))
    (path,) = tmp_path.rglob("profile.json")
    assert look(train=even(30), test=even(9, "t")) == first
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, "edition": 0, "findings": []}))
    assert look(train=even(30), test=even(9, "t")) == first


def test_a_finding_is_a_sentence_in_both_languages(look):
    found = look(train=even(20), test=[("X1.", "a"), ("new", "a")])
    assert sentence(found.findings[0]).startswith("1 of 2 test inputs also stand in training")
    for finding in found.findings:
        assert sentence(finding, "zh") != sentence(finding, "en")
        assert why(finding, "zh") != why(finding, "en")


def test_every_kind_has_its_words_in_both_languages():
    for kind in KINDS:
        for language in ("en", "zh"):
            words = topic("gate", language)
            assert f"finding.{kind.name}" in words
            assert f"why.{kind.name}" in words
