import pytest

from core.data import dataset as store
from core.data import looks
from core.data.dataset import Example
from core.data.derive import derive, lineage, words
from core.data.edits import Edit, edit, read_edits
from core.data.findings import KINDS
from core.data.fixes import fix, recorded_scheme, split_anew
from core.data.profile import profile
from core.data.split import Scheme
from core.errors import BadInput
from core.workspace import Workspace

LONG = "could you tell me why my new card has still not arrived at my house"


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


@pytest.fixture
def make(workspace):
    def run(task="text-classification", report=None, **splits):
        rows = {
            split: [Example(f"{split}-{i}", *row) for i, row in enumerate(rows)]
            for split, rows in splits.items()
        }
        return store.save(workspace, "d", task, rows, report=report)

    return run


def even(count, prefix="x"):
    return [(f"{prefix * 6} {i} of all", "ab"[i % 2]) for i in range(count)]


def ids(workspace, dataset, split):
    return [row.id for row in store.read(workspace, dataset, split)]


def names(workspace, dataset):
    return {finding.name for finding in profile(workspace, dataset).findings}


CASES = {
    "leak_test_train": ([("New one", "a")], [("new one.", "a")], ["train-20"]),
    "near_test_train": ([(f"{LONG} yet", "a")], [(LONG, "a")], ["train-20"]),
    "conflicts": ([("same", "a"), ("same", "b"), ("same", "b")], [], ["train-20"]),
    "duplicates": ([("same", "a"), ("same", "a")], [], ["train-21"]),
    "near_duplicates": ([(LONG, "a"), (f"{LONG} yet", "a"), (f"{LONG}, b", "b")], [], ["train-21"]),
    "empty": ([(" ", "a"), ("x", "")], [], ["train-20", "train-21"]),
    "script_input": ([("你好，我的卡还没有到", "a")], [], ["train-20"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_remedy_takes_away_what_was_found(name, workspace, make):
    train, test, gone = CASES[name]
    dataset = make(train=even(20) + train, validation=even(3, "v"), test=even(9, "t") + test)
    assert name in names(workspace, dataset)
    made = fix(workspace, dataset, [name])
    assert made.dropped == {name: len(gone)}
    left = ids(workspace, made.dataset, "train")
    assert left == [id_ for id_ in ids(workspace, dataset, "train") if id_ not in gone]
    assert ids(workspace, made.dataset, "test") == ids(workspace, dataset, "test")
    assert name not in names(workspace, made.dataset)
    report = made.dataset.report
    assert report["parent"] == dataset.version
    assert report["change"]["rows_dropped"] == len(gone)
    assert {row["id"] for row in report["change"]["examples"]} == set(gone)
    assert [one.version for one in lineage(workspace, made.dataset)] == [
        made.dataset.version, dataset.version,
    ]  # fmt: skip


def test_a_tie_between_labels_leaves_none_of_them(workspace, make):
    dataset = make(train=[*even(20), ("same", "a"), ("Same.", "b")], test=even(5, "t"))
    made = fix(workspace, dataset, ["conflicts"])
    assert made.dropped == {"conflicts": 2}


def test_translations_lose_copies_strays_and_slipped_lines(workspace, make):
    pairs = [(f"the word {i} of all", f"das Wort {i} von allen") for i in range(60)]
    odd = [("same", "same"), ("a b c", "你好世界"), ("short", "x" * 400)]
    dataset = make("translation", train=pairs + odd, validation=pairs[:1], test=[("one", "eins")])
    assert {"copied_some", "script_target", "lengths_differ"} <= names(workspace, dataset)
    made = fix(workspace, dataset, ["copied_some", "script_target", "lengths_differ"])
    assert made.dataset.splits["train"] == 60


def test_all_means_all_that_rows_can_mend(workspace, make):
    train = [*even(20), ("same", "a"), ("same", "a"), ("", "a")]
    made = fix(workspace, make(train=train, test=even(5, "t")), [])
    assert made.dropped == {"empty": 1, "duplicates": 1}


def test_missing_splits_are_set_aside(workspace, make):
    made = fix(workspace, make(train=even(50)), ["no_test", "no_validation"]).dataset
    assert made.splits == {"train": 40, "validation": 5, "test": 5}


@pytest.mark.parametrize(
    ("wanted", "message"),
    [("typo", "'typo' is not a finding. What can be mended: no_validation"),
     ("few_train", "not mended by changing rows"), ("copied", "has no 'copied'")],
)  # fmt: skip
def test_what_cannot_be_mended_is_said(wanted, message, workspace, make):
    dataset = make(train=even(20), test=even(5, "t"))
    with pytest.raises(BadInput, match=message):
        fix(workspace, dataset, [wanted])


def test_a_remedy_never_leaves_nothing_to_learn(workspace, make):
    dataset = make(train=[("x", "a"), ("y", "b")], test=[("X", "a"), ("Y", "b")])
    with pytest.raises(BadInput, match="without a training example"):
        fix(workspace, dataset, ["leak_test_train"])
    assert len(store.versions(workspace, "d")) == 1


def test_the_smallest_splits_block(workspace, make):
    dataset = make(train=[("x", "a")], test=[("", "")], validation=[(" ", "a"), ("", "b")])
    blocking = {f.name for f in profile(workspace, dataset).findings if f.blocks}
    assert {"one_train", "one_test", "empty_split", "one_label"} <= blocking


def test_every_remedy_that_drops_rows_is_tried_here_or_is_a_leak():
    tried = {*CASES, "copied", "copied_some", "script_target", "lengths_differ"}
    for kind in KINDS:
        if kind.remedy == "drop":
            assert kind.name in tried or "validation" in kind.name or "target_test" in kind.name


def test_targets_of_the_test_that_stand_in_training(workspace, make):
    pairs = [(f"source {i} of them", f"target number {i} of them all") for i in range(30)]
    test = [
        ("another source", "Target number 3 of them all."),
        ("one more", "quite different it is"),
    ]
    dataset = make("summarization", train=pairs, test=test)
    found = {f.name: f for f in profile(workspace, dataset).findings}
    one = found["target_test_train"]
    assert (one.count, one.drops) == (1, 1)
    assert one.examples[0]["like_id"] == "train-3"
    assert one.examples[0]["target"] == "Target number 3 of them all."


def test_a_new_split_keeps_the_test_rows(workspace, make):
    dataset = make(train=even(90), validation=even(5, "v"), test=even(5, "t"))
    made = split_anew(workspace, dataset, Scheme(validation_share=0.2, seed=5))
    assert ids(workspace, made, "test") == ids(workspace, dataset, "test")
    assert made.splits == {"train": 76, "validation": 19, "test": 5}
    assert recorded_scheme(made) == Scheme(0.1, 0.2, 5)
    assert made.report["split"]["kept"] == ["test"]
    again = split_anew(workspace, dataset, Scheme(validation_share=0.2, seed=6))
    assert ids(workspace, again, "validation") != ids(workspace, made, "validation")


def test_an_official_validation_split_stays(workspace, make):
    dataset = make(
        train=even(90), validation=even(5, "v"), test=even(5, "t"),
        report={"official_splits": ["validation"]},
    )  # fmt: skip
    with pytest.raises(BadInput, match="no new version was made"):
        split_anew(workspace, dataset, Scheme(seed=5))


def test_the_test_split_opens_for_a_reason_that_is_kept(workspace, make):
    dataset = make(train=even(90), test=even(10, "t"))
    made = split_anew(workspace, dataset, Scheme(seed=5), unlock="labels were wrong")
    assert ids(workspace, made, "test") != ids(workspace, dataset, "test")
    assert made.report["change"]["unlocked"] == "labels were wrong"
    (look,) = looks.looks(workspace, made).seen
    assert (look.kind, look.note, look.rows) == ("unlock", "labels were wrong", 10)
    assert "labels were wrong" in looks.words(looks.looks(workspace, made))[-1]


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_without_a_reason_the_test_split_is_locked(reason, workspace, make):
    dataset = make(train=even(20), test=even(5, "t"))
    with pytest.raises(BadInput, match="is locked"):
        derive(workspace, dataset, {"train": store.read(workspace, dataset, "train")},
               {"kind": "edit"}, unlock=reason)  # fmt: skip
    with pytest.raises(BadInput, match="is locked"):
        edit(workspace, dataset, [Edit("test-0", {"target": "b"})], unlock=reason)


def test_rows_are_edited_added_and_deleted(workspace, make):
    dataset = make(train=even(20), test=even(5, "t"))
    made = edit(
        workspace, dataset,
        [Edit("train-3", {"target": " c\x00 "}), Edit("train-4", {}, delete=True),
         Edit("", {"input": "new", "target": "a"}), Edit("mine", {"input": "v", "target": "b"},
                                                         split="validation")],
    )  # fmt: skip
    rows = {row.id: row for row in store.read(workspace, made, "all")}
    assert rows["train-3"].target == "c"
    assert "train-4" not in rows
    assert rows["new-27"] == Example("new-27", "new", "a")
    assert made.splits == {"train": 20, "validation": 1, "test": 5}
    assert made.labels == ("a", "b", "c")
    assert made.report["change"] == {"kind": "edit", "changed": 1, "added": 2, "removed": 1}
    assert words(made) == "1 rows changed, 2 added, 1 deleted"
    assert store.read(workspace, dataset, "train")[3].target == "b"


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ([Edit("train-1", {"target": ""})], "'train-1' would have no target"),
        ([Edit("new", {"input": "x"})], "'new' would have no target"),
        ([Edit("gone", {}, delete=True, where="line 2")], "line 2: .* has no row 'gone'"),
        ([Edit("train-1", {}, where="a"), Edit("train-1", {}, where="b")], r"twice \(a, b\)"),
        ([Edit("train-1", {})], "no new version was made"),
        (
            [Edit("n", {"input": "x", "target": "y"}, split="dev", where="l")],
            "'dev' is not a split",
        ),
    ],
)
def test_an_edit_that_cannot_be_changes_nothing(edits, message, workspace, make):
    dataset = make(train=even(20), test=even(5, "t"))
    with pytest.raises(BadInput, match=message):
        edit(workspace, dataset, edits)
    assert [one.version for one in store.versions(workspace, "d")] == [dataset.version]


def test_an_answer_must_stand_in_its_passage(workspace, make):
    dataset = make("question-answering", train=[("who", "Ann", "Ann came"), ("q", "x", "x y")],
                   test=[("t", "z", "z")])  # fmt: skip
    with pytest.raises(BadInput, match="'Bob' does not stand in the passage"):
        edit(workspace, dataset, [Edit("train-0", {"target": "Bob"})])


def test_edits_are_read_from_a_file(tmp_path):
    path = tmp_path / "changes.csv"
    path.write_text("ID,target,delete,split\n3,new label,,\n4,,yes,\n,x,,validation\n")
    assert read_edits(path) == [
        Edit("3", {"target": "new label"}, where="line 2"),
        Edit("4", {}, delete=True, where="line 3"),
        Edit("", {"target": "x"}, split="validation", where="line 4"),
    ]
    path.write_text("id,delete\n3,perhaps\n")
    with pytest.raises(BadInput, match="line 2: delete is 'perhaps'"):
        read_edits(path)
    path.write_text("name\n3\n")
    with pytest.raises(BadInput, match="has no column id"):
        read_edits(path)


def test_looks_belong_to_the_rows_that_were_seen(workspace, make):
    dataset = make(train=even(20), test=even(10, "t"))
    train, test = (store.read(workspace, dataset, split) for split in ("train", "test"))
    looks.add_rows(workspace, dataset, "show", "page", train)
    assert looks.looks(workspace, dataset).seen == ()
    assert looks.words(looks.looks(workspace, dataset)) == [
        "The test split has not been looked at yet."
    ]
    looks.add_rows(workspace, dataset, "show", "page", [*train, *test[:3]])
    for model in ("one", "two", "three"):
        looks.add_rows(workspace, dataset, "evaluate", model, test)
    found = looks.looks(workspace, dataset)
    assert [(look.kind, look.by, look.rows) for look in found.seen[:2]] == [
        ("show", "page", 3), ("evaluate", "one", 10),
    ]  # fmt: skip
    # √(2 ln 3) standard errors of 0.5/√10
    assert found.flattery_points == pytest.approx(23.4, abs=0.1)
    assert "best of 3 equally good models on these 10 rows seems up to 23 points" in " ".join(
        looks.words(found)
    )
    made = edit(workspace, dataset, [Edit("train-1", {"input": "else"})])
    assert looks.looks(workspace, made).seen == found.seen
    opened = edit(workspace, dataset, [Edit("test-1", {"target": "b2"})], unlock="wrong label")
    assert [look.kind for look in looks.looks(workspace, opened).seen] == ["unlock"]


def test_the_flattery_is_about_what_a_simulation_gives():
    import numpy as np

    rng = np.random.default_rng(0)
    best = rng.binomial(1_000, 0.5, (2_000, 20)).max(axis=1).mean() / 10 - 50
    look = looks.Look("v", "at", "evaluate", "m", 1_000, "")
    bound = looks.Looks(1_000, (look,) * 20).flattery_points
    assert best <= bound <= 1.5 * best
