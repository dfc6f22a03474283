"""Where a model is weak: slices of saved evaluations, against the data a run learnt from."""

import pytest
import sacrebleu

from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput
from core.where import where
from core.workspace import Workspace
from tests.scored import evaluation, run

TRAIN = [Example(f"t{n}", f"the order number {n} will be sent out on the next free Monday morning",
                 "x") for n in range(12)]  # fmt: skip
TEST = [
    # 14 that stand in training word for word, 16 that do not.
    *(Example(f"a{n}", TRAIN[n % 12].input, f"die Bestellung {n} kommt",
              columns={"channel": "mail"}) for n in range(14)),
    *(Example(f"b{n}", "where is my parcel now", f"wo ist mein Paket {n} jetzt",
              columns={"channel": "chat"}) for n in range(16)),
]  # fmt: skip


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


@pytest.fixture
def data(workspace):
    return datasets.save(workspace, "shop", "translation", {"train": TRAIN, "test": TEST},
                         target_language="de")  # fmt: skip


def answers(good):
    return {e.id: e.target if e.id[0] in good else "Hund" for e in TEST}


def test_contamination_the_score_with_and_without_the_overlapping_part(workspace, data):
    run(workspace, "shop-1", data)
    made = evaluation(workspace, "shop", "shop-1", answers("a"))
    found = where(workspace, made.evaluation)
    assert (found.training, found.own, found.overlapping, found.n) == (data.title, True, 14, 30)
    # 13 words an order, all seen; 5 a parcel, none; numbers are no words.
    assert found.unseen_share == pytest.approx(16 * 5 / (14 * 13 + 16 * 5))
    dirty, clean = found.row("overlap"), found.row("no_overlap")
    assert (dirty.n, clean.n) == (14, 16)
    references = [e.target for e in TEST[14:]]
    assert clean.value == pytest.approx(sacrebleu.corpus_bleu(["Hund"] * 16, [references]).score)
    assert dirty.value == pytest.approx(100)
    assert dirty.low is not None
    assert found.members[found.rows.index(dirty)] == tuple(range(14))


def test_where_b_loses_stands_first_and_is_kept_beside_b(workspace, data):
    a = evaluation(workspace, "shop", "base", answers("b"))
    b = evaluation(workspace, "shop", "tuned", answers("a"))
    found = where(workspace, b.evaluation, a.evaluation, "chrf")
    assert (found.a, found.b, found.metric, found.own) == (
        a.evaluation,
        b.evaluation,
        "chrf",
        False,
    )
    first = found.rows[0]
    assert first.verdict == "worse"
    assert first.gain == min(row.gain for row in found.rows if row.p_value is not None)
    channels = {row.values["name"]: row.verdict for row in found.rows if row.kind == "column"}
    assert channels == {"mail": "better", "chat": "worse"}
    assert found.row("number_lost") is None  # "1" in the source, and the reference has it
    saved = workspace.evaluation(b.evaluation) / f"slices-chrf-{a.evaluation}.json"
    stamp = saved.stat().st_mtime_ns
    assert where(workspace, b.evaluation, a.evaluation, "chrf") == found
    assert saved.stat().st_mtime_ns == stamp
    assert where(workspace, b.evaluation, a.evaluation, "bleu").metric == "bleu"


def test_a_kept_result_of_other_scores_is_made_anew(workspace, data):
    made = evaluation(workspace, "shop", "m", answers("a"))
    first = where(workspace, made.evaluation)
    path = workspace.evaluation(made.evaluation) / "record.json"
    path.write_text(path.read_text().replace(f'"key": "{made.key}"', '"key": "other"'))
    (workspace.evaluation(made.evaluation) / "counts.npz").unlink()
    examples = workspace.evaluation(made.evaluation) / "examples.jsonl"
    examples.write_text(examples.read_text().replace('"Hund"', '"wo ist mein Paket 1 jetzt"'))
    second = where(workspace, made.evaluation)
    assert first.row("no_overlap").value != second.row("no_overlap").value


def test_data_that_are_gone_are_not_known(workspace, data):
    run(workspace, "old", data, data_version="f" * 12)
    made = evaluation(workspace, "shop", "old", answers("ab"))
    found = where(workspace, made.evaluation)
    assert (found.training, found.overlapping, found.row("overlap")) == (None, None, None)


def test_what_cannot_be_sliced_is_said(workspace, data):
    made = evaluation(workspace, "shop", "m", answers("a"))
    with pytest.raises(BadInput, match="no score called 'accuracy'; it has bleu, chrf,"):
        where(workspace, made.evaluation, None, "accuracy")
    other = evaluation(workspace, "shop", "n", dict(list(answers("a").items())[:5]))
    with pytest.raises(BadInput, match="Only the same examples"):
        where(workspace, made.evaluation, other.evaluation)
