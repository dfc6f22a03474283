"""Feedback: kept literally, changed by review alone, never learnt from unasked."""

import json

import pytest

from core.errors import BadInput, NotFound
from core.update import feedback
from core.update.intake import import_file
from core.update.review import review, settle
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def add(workspace, **changes):
    fields = {"model": "m-1", "input": "hello", "output": "hallo", "verdict": "up", "source": "api"}
    return feedback.add(workspace, **{**fields, **changes})


def test_what_was_said_is_kept_literally(workspace):
    hostile = "<script>alert(1)</script> **x** $\\alpha$ ../../etc/passwd'); DROP TABLE feedback;--"
    add(workspace, input=hostile, correction=hostile, verdict="down")
    (entry,) = feedback.entries(workspace)
    assert (entry.input, entry.correction, entry.state) == (hostile, hostile, "new")


def test_newest_first_and_by_model(workspace):
    first, second = add(workspace), add(workspace, model="m-2")
    assert [e.id for e in feedback.entries(workspace)] == [second.id, first.id]
    assert [e.id for e in feedback.entries(workspace, models=["m-1"])] == [first.id]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"verdict": "maybe"}, "'maybe' is not known"),
        ({"input": "  "}, "has no input"),
        ({"correction": "x" * 20_001}, "20,001 characters"),
    ],
)
def test_bad_feedback_is_refused_with_a_sentence(workspace, changes, message):
    with pytest.raises(BadInput, match=message):
        add(workspace, **changes)
    assert feedback.entries(workspace) == []


def test_review_changes_state_but_never_what_was_used(workspace):
    entry, other = add(workspace), add(workspace)
    assert review(workspace, [entry.id], "accepted") == 1
    settle(workspace, [entry.id, other.id], [], "abc123")
    states = {e.id: (e.state, e.used_in) for e in feedback.entries(workspace)}
    assert states == {entry.id: ("used", "abc123"), other.id: ("new", None)}
    assert review(workspace, [entry.id], "rejected") == 0


def test_what_the_model_is_judged_on_is_withheld_and_said_so(workspace):
    entry = add(workspace)
    review(workspace, [entry.id], "accepted")
    settle(workspace, [], [entry.id], "abc123")
    assert feedback.entries(workspace)[0].state == "withheld"


def test_review_of_an_unknown_id_changes_nothing(workspace):
    entry = add(workspace)
    with pytest.raises(NotFound, match="f-nothing"):
        review(workspace, [entry.id, "f-nothing"], "accepted")
    assert feedback.entries(workspace)[0].state == "new"


def test_import_names_the_lines_it_refuses(workspace, tmp_path):
    file = tmp_path / "f.jsonl"
    rows = [{"input": "a", "verdict": "down", "correction": "b"}, {"input": "", "verdict": "up"}]
    file.write_text("\n".join(map(json.dumps, rows)) + "\nnot json\n")
    kept, refused = import_file(workspace, file, "m-9")
    assert len(kept) == 1
    assert [row["line"] for row in refused] == [2, 3]
    assert feedback.entries(workspace)[0].model == "m-9"


def test_import_of_csv(workspace, tmp_path):
    file = tmp_path / "f.csv"
    file.write_text('input,verdict,correction\n"two\nlines",down,fixed\n', encoding="utf-8")
    assert len(import_file(workspace, file, "m")[0]) == 1
    assert feedback.entries(workspace)[0].input == "two\nlines"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\xff\xfe\x00x", "not UTF-8"),
        ("a.csv", b"x,y\n1,2\n", "needs the columns input and verdict"),
        ("a.txt", b"x", "neither .csv nor .jsonl"),
    ],
)
def test_files_that_cannot_be_used(workspace, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=message):
        import_file(workspace, tmp_path / name, "m")


def test_a_file_that_is_not_there(workspace, tmp_path):
    with pytest.raises(NotFound, match="There is no file"):
        import_file(workspace, tmp_path / "gone.csv", "m")
