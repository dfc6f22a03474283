import pytest

from core.data import dataset as store
from core.data.dataset import Example
from core.data.example import line, parse
from core.errors import BadInput, NotFound
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path / "home")


ROWS = {
    "train": [Example("1", "a cat", "eine Katze"), Example("2", "a dog", "ein Hund")],
    "test": [Example("3", "a\u2028bird\n<b>", "ein Vogel")],
}


def save(workspace, name="animals", rows=ROWS, **meta):
    return store.save(workspace, name, "translation", rows, **meta)


def test_what_was_saved_is_read_again_letter_for_letter(workspace):
    saved = save(workspace, prefix="translate English to German: ")
    opened = store.open_dataset(workspace, "animals")
    assert opened == saved
    assert opened.splits == {"train": 2, "validation": 0, "test": 1}
    assert store.read(workspace, opened, "test") == ROWS["test"]
    assert [e.id for e in store.read(workspace, opened, "all")] == ["1", "2", "3"]
    assert opened.model_input(ROWS["train"][0]) == "translate English to German: a cat"


def test_the_version_is_the_content(workspace):
    first = save(workspace)
    assert save(workspace, source="elsewhere.csv") == first
    assert save(workspace, name="other").version == first.version
    for changed in (
        {"rows": {**ROWS, "test": []}},
        {"rows": {"train": ROWS["train"], "validation": ROWS["test"]}},
        {"prefix": "x: "},
        {"target_language": "de"},
    ):
        assert save(workspace, **changed).version != first.version


def test_the_newest_version_is_opened_unless_one_is_named(workspace):
    first = save(workspace)
    second = save(workspace, rows={"train": ROWS["train"]})
    assert store.open_dataset(workspace, "animals") == second
    assert store.open_dataset(workspace, first.title) == first
    assert save(workspace) == first
    assert store.open_dataset(workspace, "animals") == first
    assert store.list_datasets(workspace) == [first]
    assert len(store.versions(workspace, "animals")) == 2


def test_labels_are_those_of_the_training_split(workspace):
    rows = {"train": [Example("1", "x", "b"), Example("2", "y", "a")], "test": []}
    assert store.save(workspace, "l", "text-classification", rows).labels == ("a", "b")


def test_unknown_names_are_answered_with_the_known(workspace):
    with pytest.raises(NotFound, match="no dataset yet"):
        store.open_dataset(workspace, "animals")
    saved = save(workspace)
    with pytest.raises(NotFound, match="Known: animals"):
        store.open_dataset(workspace, "animal")
    with pytest.raises(NotFound, match=saved.version):
        store.open_dataset(workspace, "animals@000000000000")


@pytest.mark.parametrize("name", ["../../x", "a/b", "", ".hidden", "a" * 65])
def test_a_name_is_never_a_path(workspace, name):
    with pytest.raises(BadInput, match="cannot be a dataset name"):
        save(workspace, name=name)
    with pytest.raises(BadInput, match="cannot be a dataset name"):
        store.open_dataset(workspace, name)
    assert list(workspace.root.rglob("*.jsonl")) == []


def test_what_cannot_be_kept_is_refused(workspace):
    with pytest.raises(BadInput, match="occurs twice"):
        save(workspace, rows={"train": ROWS["train"], "test": ROWS["train"][:1]})
    with pytest.raises(BadInput, match="no example"):
        save(workspace, rows={"train": []})
    with pytest.raises(BadInput, match="not a task"):
        store.save(workspace, "x", "juggling", ROWS)
    with pytest.raises(BadInput, match="lone surrogate"):
        save(workspace, rows={"train": [Example("1", "\ud800", "x")]})
    with pytest.raises(BadInput, match="not a split"):
        store.read(workspace, save(workspace), "dev")


def test_a_damaged_file_is_named(workspace):
    saved = save(workspace)
    (workspace.dataset(saved.name, saved.version) / "test.jsonl").write_text("{")
    with pytest.raises(BadInput, match="test split of animals"):
        store.read(workspace, saved, "all")


def test_the_version_of_given_content_never_changes_from_one_assay_to_the_next(workspace):
    rows = {
        "train": [Example("1", "a cat", "eine Katze"),
                  Example("2", 'ü "q"\n<b>', "你好", context="c")],
        "test": [Example("3", "a\u2028bird\n<b>", "ein Vogel")],
    }  # fmt: skip
    assert save(workspace, rows=rows, prefix="p: ", source_language="en").version == "7ec4b48246c4"


def test_further_columns_are_part_of_a_row_and_of_the_version(workspace):
    plain, marked = Example("1", "a", "b"), Example("1", "a", "b", columns={"channel": "mail"})
    assert parse(line(marked)) == marked
    assert "columns" not in line(plain)  # rows without any keep the version they had
    assert len({plain, marked}) == 2
    first, second = (save(workspace, rows={"train": [row]}) for row in (plain, marked))
    assert first.version != second.version
    assert store.read(workspace, second, "train") == [marked]
