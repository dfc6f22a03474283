"""Blind votes: sides by lot, nothing lost, and who won."""

from collections import Counter

import pytest

from core.errors import BadInput, NotFound
from core.evaluate import ratings, store
from core.evaluate.preference import TIE, A, B
from core.evaluate.ratings import CHOICES, open_rating, vote
from core.evaluate.score import Score
from core.evaluate.store import Evaluation
from core.workspace import Workspace


def saved(workspace, model, answers, example_set="e"):
    scores = {"bleu": 50.0, "chrf": 50.0}
    rows = [{"id": f"{n}", "input": f"in {n}", "reference": f"ref {n}", "prediction": answer,
             "scores": scores} for n, answer in enumerate(answers)]  # fmt: skip
    made = Evaluation(
        "", "demo", "0" * 12, "translation", "test", "de", model, "predictions", len(rows),
        (Score("bleu", 1.0, None, None, len(rows), "points", ""),), "", "", 0.0,
        {"example_set": example_set},
    )  # fmt: skip
    return store.save(workspace, made, rows).evaluation


@pytest.fixture
def two(tmp_path):
    workspace = Workspace.open(tmp_path)
    a = saved(workspace, "zed", [f"z{n}" for n in range(40)] + ["same", " same "])
    b = saved(workspace, "abe", [f"a{n}" for n in range(40)] + ["same", "same"])
    return workspace, a, b


def test_sides_and_order_are_drawn_by_lot_and_stay(two):
    workspace, a, b = two
    first, turned = open_rating(workspace, a, b), open_rating(workspace, b, a)
    assert (len(first.pairs), first.same) == (40, 2)
    assert first.pairs == turned.pairs, "whoever is named first has no other side"
    assert [pair.id for pair in first.pairs] != sorted(p.id for p in first.pairs)
    sides = Counter(pair.left_is for pair in first.pairs)
    assert 10 <= sides[a] <= 30
    for pair in first.pairs:
        assert pair.left == f"{pair.left_is[5]}{pair.id}"
        assert {pair.left_is, pair.right_is} == {a, b}


def test_votes_are_kept_and_counted_for_the_right_one(two):
    workspace, a, b = two
    for n in range(8):
        rating = open_rating(workspace, a, b)
        pair = rating.next
        assert pair == rating.pairs[n]
        # Six for B, one tie, one both bad.
        choice = CHOICES[2 + n - 6] if n > 5 else "left" if pair.left_is == b else "right"
        vote(workspace, rating, pair, choice)
    found = open_rating(workspace, a, b)
    assert (found.result.wins, found.result.losses, found.result.ties) == (6, 0, 2)
    assert found.both_bad == 1
    turned = open_rating(workspace, b, a)
    assert (turned.result.wins, turned.result.losses) == (0, 6)
    assert Counter(found.outcomes.values()) == {B: 6, TIE: 2}
    assert Counter(turned.outcomes.values()) == {A: 6, TIE: 2}


def test_a_vote_may_be_changed_and_a_torn_line_costs_itself_alone(two):
    workspace, a, b = two
    rating = open_rating(workspace, a, b)
    one, other = rating.pairs[:2]
    vote(workspace, rating, one, "left")
    (path,) = workspace.root.glob("ratings/*/votes.jsonl")
    with path.open("a") as file:
        file.write('{"id": "3", "cho')
    vote(workspace, rating, other, "right")
    vote(workspace, rating, one, "tie")
    assert open_rating(workspace, a, b).votes == {
        one.id: ("tie", None), other.id: ("right", other.right_is)}  # fmt: skip
    assert len(path.read_text().splitlines()) == 4, "nothing that was voted is taken away"


def test_what_cannot_be_rated_is_refused(two):
    workspace, a, b = two
    other = saved(workspace, "oth", ["x"], example_set="f")
    with pytest.raises(BadInput, match="named twice"):
        open_rating(workspace, a, a)
    with pytest.raises(BadInput, match="did not score the same examples"):
        open_rating(workspace, a, other)
    with pytest.raises(NotFound):
        open_rating(workspace, a, "none")
    rating = open_rating(workspace, a, b)
    with pytest.raises(BadInput, match="'up' is no vote; expected one of left, right, tie"):
        vote(workspace, rating, rating.pairs[0], "up")
    assert ratings.open_rating(workspace, a, b).votes == {}
