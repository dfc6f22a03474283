"""Records: whole or not at all, of one kind, never of a newer layout."""

import json

import pytest

from core import record
from core.errors import BadInput, NotFound


def test_what_is_written_is_read(tmp_path):
    record.write(tmp_path / "r.json", "run", {"run": "a-1", "score": None, "text": "中 <b>"})
    body = record.read(tmp_path / "r.json", "run")
    assert body == {"schema": 1, "kind": "run", "run": "a-1", "score": None, "text": "中 <b>"}


def test_nan_is_not_a_value(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        record.write(tmp_path / "r.json", "run", {"score": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path):
    record.write(tmp_path / "r.json", "run", {"n": 1})
    with pytest.raises(TypeError):
        record.write(tmp_path / "r.json", "run", {"n": object()})
    assert record.read(tmp_path / "r.json", "run")["n"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a readable run"),
        ("[]", "not a run record"),
        (json.dumps({"kind": "dataset", "schema": 1}), "not a run record"),
        (json.dumps({"kind": "run", "schema": 99}), "newer Assay"),
    ],
)
def test_files_that_are_no_record(tmp_path, text, message):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(BadInput, match=message):
        record.read(tmp_path / "r.json", "run")


def test_no_record(tmp_path):
    with pytest.raises(NotFound, match="There is no run"):
        record.read(tmp_path / "r.json", "run")


def test_equal_values_hash_equal_and_a_change_changes_it():
    assert record.hash_json({"a": 1, "b": 2}) == record.hash_json({"b": 2, "a": 1})
    assert record.hash_json({"a": 1}) != record.hash_json({"a": 2})


def test_the_hash_of_files_covers_names_and_contents(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    first = record.hash_files([tmp_path / "a"])
    (tmp_path / "a").rename(tmp_path / "b")
    renamed = record.hash_files([tmp_path / "b"])
    (tmp_path / "b").write_bytes(b"2")
    assert len({first, renamed, record.hash_files([tmp_path / "b"])}) == 3
