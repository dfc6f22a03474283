import json

import pytest

from core.data import dataset as store
from core.data.dataset import Example
from core.data.tokenize import count
from core.data.tokens import Limits, known, token_findings
from core.errors import BadInput
from core.models.load import load_tokenizer
from core.models.resolve import resolve
from core.workspace import Workspace, assets

MODELS = assets() / "models"
TRANSLATE, ENCODE, CAUSAL = (
    MODELS / f"starter-{name}" for name in ("translate", "encode", "causal")
)


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def save(workspace, task, rows, prefix=""):
    made = [Example(str(n), *row) for n, row in enumerate(rows)]
    return store.save(workspace, "d", task, {"train": made}, prefix=prefix)


ROWS = [("Saturday, 3 March 2029", "Samstag, 3. März 2029"), ("a", "ein"), ("你好", "hallo"),
        ("long " * 30, "lang " * 40)]  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "family"), [(TRANSLATE, "encoder-decoder"), (CAUSAL, "decoder")]
)
def test_lengths_are_those_that_training_sees(folder, family, workspace):
    data = save(workspace, "translation", ROWS, prefix="translate: ")
    made = count(workspace, data, folder.name, folder, family)
    tokenizer = load_tokenizer(resolve(workspace, folder.name))
    inputs = tokenizer([f"translate: {text}" for text, _ in ROWS])["input_ids"]
    causal = family == "decoder"
    targets = tokenizer([text for _, text in ROWS], add_special_tokens=not causal)["input_ids"]
    wanted = (sorted(map(len, inputs)), sorted(len(ids) + causal for ids in targets))
    for part, lengths in zip(made.parts, wanted, strict=True):
        assert [n for n, times in part.lengths for _ in range(times)] == lengths
        assert (part.rows, part.tokens) == (4, sum(lengths))
        assert part.percentile(0.5) == lengths[1]
        assert part.over(lengths[1]) == 2
    assert made.model_limit == 512


def test_a_label_is_not_a_text_and_a_passage_is_read_with_its_question(workspace):
    data = save(workspace, "text-classification", [("x", "a label of some length"), ("y", "b")])
    assert [part.part for part in count(workspace, data, "e", ENCODE, "encoder").parts] == ["input"]
    data = save(workspace, "question-answering", [("who came", "Ann", "Ann came late")])
    (part,) = count(workspace, data, "e", ENCODE, "encoder").parts
    tokenizer = load_tokenizer(resolve(workspace, "starter-encode"))
    assert part.lengths == ((len(tokenizer("who came", "Ann came late")["input_ids"]), 1),)


def test_what_training_would_cut_is_found_with_the_setting_that_would_not(workspace):
    data = save(workspace, "translation", ROWS)
    made = count(workspace, data, "base", TRANSLATE, "encoder-decoder")
    longest = made.parts[1].percentile(1.0)
    found = {one.name: one for one in token_findings(made, Limits(512, 20))}
    assert set(found) == {"cut_targets"}
    assert (found["cut_targets"].count, found["cut_targets"].total) == (1, 4)
    assert dict(found["cut_targets"].values)["setting"] == f"max_target_tokens={longest}"
    assert token_findings(made, Limits(512, longest)) == []


def word_level(folder, words):
    vocabulary = {word: n for n, word in enumerate(["[UNK]", *words])}
    (folder / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": None, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None,
        "decoder": None, "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }))  # fmt: skip
    return folder


def test_unknown_signs_are_counted_and_shown(workspace, tmp_path):
    data = save(workspace, "text-classification", [("one two <b>", "a"), ("one <b> three", "b")])
    made = count(workspace, data, "base", word_level(tmp_path, ["one", "two"]), "encoder")
    (part,) = made.parts
    assert (part.unknown, part.tokens) == (7, 10)
    assert dict(part.lacking) == {"<": 2, "b": 2, ">": 2, "three": 1}
    (finding,) = token_findings(made, Limits(9, 9))
    assert (finding.name, finding.count, finding.total) == ("unknown_tokens", 7, 10)
    assert {"label": "three"} in finding.examples
    assert made.to_json()["parts"][0]["unknown_share"] == 0.7


def test_many_pieces_a_word_are_found(workspace, tmp_path):
    data = save(workspace, "text-classification", [("a.b.c.d.e", "a"), ("a.b", "b")])
    base = word_level(tmp_path, [*"abcde."])
    (finding,) = token_findings(count(workspace, data, "base", base, "encoder"), Limits(99, 9))
    assert (finding.name, dict(finding.values)["ratio"]) == ("many_pieces", "6.0")


def test_counts_are_kept_under_the_tokenizer_that_made_them(workspace, tmp_path):
    data = save(workspace, "text-classification", [("one two", "a"), ("two", "b")])
    base = word_level(tmp_path, ["one", "two"])
    path = base / "tokenizer.json"
    assert known(workspace, data, path) is None
    first = count(workspace, data, "base", base, "encoder")
    assert known(workspace, data, path) == first
    word_level(tmp_path, ["one"])
    assert known(workspace, data, path) is None
    assert count(workspace, data, "base", base, "encoder") != first


def test_of_many_rows_a_part_is_counted(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr("core.data.tokenize.MOST_ROWS", 10)
    data = save(workspace, "text-classification", [("one", "a")] * 25)
    made = count(workspace, data, "base", word_level(tmp_path, ["one"]), "encoder")
    assert (made.sampled, made.parts[0].rows) == (True, 9)


def test_a_base_without_a_fast_tokenizer_is_refused(workspace, tmp_path):
    data = save(workspace, "text-classification", [("one", "a")])
    with pytest.raises(BadInput, match=r"base has no tokenizer.json"):
        count(workspace, data, "base", tmp_path, "encoder")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(BadInput, match="tokenizer of base cannot be read"):
        count(workspace, data, "base", tmp_path, "encoder")
