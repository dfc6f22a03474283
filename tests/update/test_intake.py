"""Feedback on its way in: personal data masked, requests known, floods refused, old tables kept."""

from contextlib import closing

import pytest

from core.errors import BadInput, NotFound, TooMany
from core.update import feedback, flood, masking
from core.update.intake import import_file, received
from core.update.review import edit, history, review
from core.update.traffic_read import Request
from core.workspace import Workspace
from tests.update.traffic import write


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def add(workspace, **changes):
    fields = {"model": "m-1", "input": "hello", "output": "hallo", "verdict": "up", "source": "api"}
    return feedback.add(workspace, **{**fields, **changes})


PRIVATE = "Write to anna@example.org or +49 171 1234567"


def test_personal_data_are_masked_before_they_are_kept(workspace):
    made = add(workspace, input=PRIVATE, correction="an anna@example.org", comment="b@c.example")
    [kept] = feedback.entries(workspace)
    assert kept == made
    assert kept.input == "Write to [EMAIL] or [PHONE]"
    assert (kept.correction, kept.comment) == ("an [EMAIL]", "[EMAIL]")
    assert kept.masked == {"email": 3, "phone": 1}
    assert masking.words(kept.masked) == "3 e-mail address(es), 1 phone number(s)"
    with closing(workspace.connect()) as db:
        rows = [tuple(row) for row in db.execute("SELECT * FROM feedback")]
    assert "anna" not in str(rows)


def test_a_mask_that_the_user_wrote_is_not_counted(workspace):
    assert add(workspace, input="the word [EMAIL]").masked == {}


def test_it_can_be_kept_as_it_is(workspace):
    made = add(workspace, input=PRIVATE, as_is=True)
    assert (made.input, made.masked) == (PRIVATE, {})


def test_a_note_needs_something_to_say(workspace):
    assert add(workspace, verdict="note", comment=" too long ").comment == "too long"
    with pytest.raises(BadInput, match="without a correction or a comment"):
        add(workspace, verdict="note")


def test_half_a_character_is_refused(workspace):
    with pytest.raises(BadInput, match="lone surrogate"):
        add(workspace, correction="\ud800")
    assert feedback.entries(workspace) == []


def test_a_request_must_have_been_logged(workspace):
    with pytest.raises(NotFound, match="no logged request 'r-1'"):
        add(workspace, request_id="r-1")
    write(workspace, [Request("r-1", 5.0, "shop-2", status=200)])
    assert add(workspace, request_id="r-1").request_id == "r-1"
    with pytest.raises(NotFound, match="'r-2'"):
        add(workspace, request_id="r-2")


def test_a_body_needs_no_texts_where_they_were_logged(workspace):
    write(workspace, [Request("r-1", 5.0, "shop-2", input_text="in", output_text="out")])
    made = received(workspace, {"request_id": "r-1", "correction": "better"}, model="other")
    assert (made.model, made.input, made.output, made.verdict) == ("shop-2", "in", "out", "down")
    assert received(
        workspace, {"request_id": "r-1", "comment": "slow"}, model="other"
    ).verdict == "note"  # fmt: skip


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"input": 5, "verdict": "up"}, '"input" must be a text; a int was sent'),
        ({"input": ["x"], "verdict": "up"}, "a list was sent"),
        ({"input": "x"}, "verdict '' is not known"),
        ({"verdict": "up"}, "has no input"),
        ({"input": "x", "verdict": "up", "request_id": {}}, "a dict was sent"),
    ],
)
def test_a_body_that_cannot_be_used(workspace, body, message):
    with pytest.raises(BadInput, match=message):
        received(workspace, body, model="m")
    assert feedback.entries(workspace) == []


def test_a_flood_is_refused_by_source_and_minute(workspace, monkeypatch):
    monkeypatch.setattr(flood, "PER_MINUTE", {"api": 5})
    for number in range(5):
        add(workspace, now=1_000.0 + number)
    with pytest.raises(TooMany, match=r"5 judgements came in the last minute.*in 50 s") as refused:
        add(workspace, now=1_010.0)
    assert refused.value.retry_after_seconds == 50
    assert refused.value.exit_status == 2
    add(workspace, now=1_010.0, source="import")  # whoever reads a file owns the workspace
    add(workspace, now=1_060.5)
    assert len(feedback.entries(workspace)) == 7


def test_one_sender_leaves_room_for_the_others(workspace, monkeypatch):
    monkeypatch.setattr(flood, "PER_SENDER", 2)
    for number in range(2):
        add(workspace, now=1_000.0 + number, sender="k-1")
    with pytest.raises(TooMany):
        add(workspace, now=1_002.0, sender="k-1")
    add(workspace, now=1_002.0, sender="k-2")


def test_an_edit_keeps_what_the_user_wrote_and_says_who(workspace):
    made = add(workspace, verdict="down", correction="fünf")
    edit(workspace, made.id, " vier ", "Mei")
    edit(workspace, made.id, "die Vier an x@y.example", "Omar")
    kept = feedback.entry(workspace, made.id)
    assert (kept.correction, kept.given, kept.edited) == ("die Vier an [EMAIL]", "fünf", True)
    assert (kept.state, kept.reviewer, kept.masked) == ("accepted", "Omar", {"email": 1})
    steps = [(one.who, one.action, one.before, one.after) for one in history(workspace, made.id)]
    assert steps == [("Mei", "edited", "fünf", "vier"),
                     ("Omar", "edited", "vier", "die Vier an [EMAIL]")]  # fmt: skip


def test_an_edit_of_a_thumb_has_no_text_of_the_users(workspace):
    made = add(workspace, verdict="down")
    kept = edit(workspace, made.id, "vier", "Mei")
    assert (kept.given, kept.edited, kept.state) == (None, True, "accepted")


def test_a_review_is_logged_with_who_and_when(workspace):
    made = add(workspace)
    review(workspace, [made.id], "rejected", "Mei")
    kept = feedback.entry(workspace, made.id)
    assert kept.reviewer == "Mei"
    assert kept.reviewed_at is not None
    assert [one.action for one in history(workspace, made.id)] == ["rejected"]


@pytest.mark.parametrize(
    ("text", "who", "message"),
    [(" ", "Mei", "correction is empty"), ("x" * 20_001, "Mei", "20,001 characters"),
     ("x", "a\nb", "cannot be used")],
)  # fmt: skip
def test_an_edit_that_cannot_be(workspace, text, who, message):
    made = add(workspace, correction="y")
    with pytest.raises(BadInput, match=message):
        edit(workspace, made.id, text, who)
    assert feedback.entry(workspace, made.id) == made


def test_an_answer_from_a_passage_stays_in_it(workspace):
    made = add(workspace, context="a b c", correction="b")
    with pytest.raises(BadInput, match="word for word"):
        edit(workspace, made.id, "d", "Mei")


OLD = """
CREATE TABLE feedback (
  id TEXT PRIMARY KEY, at REAL NOT NULL, model TEXT NOT NULL, input TEXT NOT NULL, context TEXT,
  output TEXT NOT NULL, verdict TEXT NOT NULL, correction TEXT, source TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'new', used_in TEXT);
INSERT INTO feedback VALUES ('f-1', 5.0, 'm', 'in', NULL, 'out', 'down', 'right', 'api',
  'accepted', NULL);
"""


def test_a_table_of_an_older_assay_is_brought_up_to_date(workspace):
    with closing(workspace.connect()) as db:
        db.executescript(OLD)
    [kept] = feedback.entries(workspace)
    assert (kept.id, kept.correction, kept.state) == ("f-1", "right", "accepted")
    assert (kept.comment, kept.masked, kept.edited) == (None, {}, False)
    edit(workspace, "f-1", "better", "Mei")
    assert add(workspace).state == "new"
    assert [one.given for one in feedback.entries(workspace, "accepted")] == ["right"]


def test_a_file_says_what_was_masked_and_what_was_refused(workspace, tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("input,comment,request_id\na@b.example,hm,\nx,hm,r-9\n", encoding="utf-8")
    kept, refused = import_file(workspace, file, "m")
    assert [(one.verdict, one.masked) for one in kept] == [("note", {"email": 1})]
    assert [(row["line"], row["reason"][:26]) for row in refused] == [
        (3, "There is no logged request")
    ]
