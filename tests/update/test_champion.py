"""Who serves: promoted through the gate or by force, rolled back, every decision a record."""

import pytest

from core.data.looks import rows_hash
from core.errors import BadInput, Busy, NotFound
from core.update.champion import before, champion, history, promote, rollback
from core.workspace import Workspace
from tests.update.promoted import ROWS, dataset, finished

PASSED = {"passed": True, "champion": None}


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path)
    for name in ("shop-1", "shop-2", "shop-3"):
        finished(made, name)
    return made


def put(workspace, run, after=None, **more):
    fields = {"who": "Mei", "why": "good", "verdict": {**PASSED, "champion": after}, **more}
    return promote(workspace, "shop", run, **fields)


def test_nobody_serves_at_first(workspace):
    assert champion(workspace, "shop") is None
    assert history(workspace, "shop") == []
    with pytest.raises(NotFound, match="no run was ever promoted"):
        rollback(workspace, "shop", "Mei", "x")


def test_a_promotion_is_a_record(workspace):
    made = put(workspace, "shop-1", why="  the best we have ")
    assert champion(workspace, "shop") == "shop-1"
    assert (made.who, made.why, made.kind, made.previous) == (
        "Mei", "the best we have", "promote", None)  # fmt: skip
    assert made.test_hash == rows_hash(workspace, dataset(workspace))
    assert made.verdict == PASSED
    assert not made.forced
    assert history(workspace, "shop") == [made]


def test_rollbacks_go_back_one_by_one_and_no_further(workspace):
    put(workspace, "shop-1")
    put(workspace, "shop-2", "shop-1")
    put(workspace, "shop-3", "shop-2")
    assert before(workspace, "shop") == "shop-2"
    assert rollback(workspace, "shop", "Omar", "it swears").run == "shop-2"
    assert rollback(workspace, "shop", "Omar").run == "shop-1"
    with pytest.raises(NotFound, match="only shop-1 was ever promoted"):
        rollback(workspace, "shop", "Omar")
    put(workspace, "shop-3", "shop-1")
    assert before(workspace, "shop") == "shop-1"
    kinds = [(one.kind, one.run, one.previous) for one in history(workspace, "shop")]
    assert kinds[3:] == [("rollback", "shop-2", "shop-3"), ("rollback", "shop-1", "shop-2"),
                         ("promote", "shop-3", "shop-1")]  # fmt: skip


def test_what_the_gate_did_not_pass_needs_force_and_says_so(workspace):
    shut = {"passed": False, "champion": None}
    for verdict in (None, shut):
        with pytest.raises(BadInput, match="gate has not passed shop-1"):
            promote(workspace, "shop", "shop-1", who="Mei", why="x", verdict=verdict)
    with pytest.raises(BadInput, match="Say why"):
        promote(workspace, "shop", "shop-1", who="Mei", why=" ", verdict=shut, forced=True)
    assert promote(
        workspace, "shop", "shop-1", who="Mei", why="a fire", verdict=shut, forced=True
    ).forced  # fmt: skip
    assert not put(workspace, "shop-2", "shop-1", forced=True).forced, "it passed: no force needed"


def test_a_passed_run_needs_no_reason(workspace):
    assert put(workspace, "shop-1", why="").why == "The gate passed it."


def test_a_verdict_against_another_champion_does_not_count(workspace):
    put(workspace, "shop-1")
    with pytest.raises(Busy, match="compared shop-2 with no champion, but shop-1 serves"):
        put(workspace, "shop-2", None)
    assert champion(workspace, "shop") == "shop-1"


def test_who_serves_already_is_not_promoted(workspace):
    put(workspace, "shop-1")
    with pytest.raises(BadInput, match="serves 'shop' already"):
        put(workspace, "shop-1", "shop-1")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"state": "failed"}, "has not succeeded .it is failed."),
        ({"evaluations": {}}, "was not scored on a test split"),
    ],
)
def test_a_run_that_cannot_serve(workspace, more, message):
    finished(workspace, "bad", **more)
    with pytest.raises(BadInput, match=message):
        put(workspace, "bad", forced=True)


def test_a_run_on_another_dataset(workspace):
    other = dataset(workspace, "desk", {**ROWS, "train": ROWS["train"][:5]})
    finished(workspace, "desk-1", other)
    with pytest.raises(BadInput, match="a run on 'desk', not on 'shop'"):
        put(workspace, "desk-1")
    with pytest.raises(NotFound, match="no run called 'nobody'"):
        put(workspace, "nobody")


def test_a_model_that_was_changed_does_not_serve(workspace):
    put(workspace, "shop-1")
    put(workspace, "shop-2", "shop-1")
    (workspace.run("shop-1") / "model" / "model.safetensors").write_bytes(b"another")
    with pytest.raises(BadInput, match=r"'model.safetensors' of shop-1 is gone or was changed"):
        rollback(workspace, "shop", "Mei")
    assert champion(workspace, "shop") == "shop-2"


def test_datasets_have_champions_of_their_own(workspace):
    other = dataset(workspace, "desk", {**ROWS, "train": ROWS["train"][:5]})
    finished(workspace, "desk-1", other)
    put(workspace, "shop-1")
    promote(workspace, "desk", "desk-1", who="Mei", why="x", verdict=PASSED)
    assert (champion(workspace, "shop"), champion(workspace, "desk")) == ("shop-1", "desk-1")
