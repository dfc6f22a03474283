"""Corrections into training examples."""

import pytest

from core.data.dataset import Example
from core.errors import BadInput
from core.update.feedback import Feedback
from core.update.learn import check_replay, held_out, learn, mixed, same_input


def correction(number, text, answer, context=None):
    return Feedback(f"f-{number}", float(number), "m", text, context, "wrong", "down", answer,
                    "api", "accepted", None)  # fmt: skip


def splits():
    return {
        "train": [Example("1", "one", "eins"), Example("2", "two", "zwo")],
        "validation": [Example("3", "three", "drei")],
        "test": [Example("4", "four", "vier")],
    }


def test_a_correction_is_added_and_replaces_the_same_input():
    learnt = learn(splits(), [correction(9, "Two ", "zwei"), correction(8, "five", "fünf")])
    assert {(e.input, e.target) for e in learnt.splits["train"]} == {
        ("one", "eins"), ("Two ", "zwei"), ("five", "fünf")
    }  # fmt: skip
    assert len(learnt.used) == 2


def test_the_newest_of_two_corrections_counts():
    learnt = learn(splits(), [correction(9, "five", "fünf"), correction(8, "five", "fuenf")])
    assert [e.target for e in learnt.splits["train"] if e.input == "five"] == ["fünf"]


def test_what_the_model_is_judged_on_is_never_learnt():
    accepted = [correction(9, "FOUR", "4"), correction(8, "three", "3")]
    learnt = learn(splits(), accepted)
    assert learnt.used == []
    assert learnt.withheld == accepted
    assert learnt.splits == splits()


def test_the_context_is_part_of_the_input():
    data = {**splits(), "test": [Example("4", "which?", "b", "a b")]}
    learnt = learn(data, [correction(9, "which?", "c", "c d")])
    assert len(learnt.used) == 1


PLUMS = [f"{n} plums" for n in range(1, 200)]


def test_one_input_in_five_is_held_out_by_its_hash_and_never_learnt():
    accepted = [correction(n, text, "Pflaumen") for n, text in enumerate(PLUMS)]
    learnt = learn(splits(), accepted)
    assert 25 <= len(learnt.held) <= 55
    assert all(held_out(entry.input, None) for entry in learnt.held)
    taught = {same_input(e.input, e.context) for e in learnt.splits["train"]}
    assert not taught & {same_input(entry.input, None) for entry in learnt.held}
    assert len(learnt.used) + len(learnt.held) == len(accepted)


def test_the_same_input_is_held_out_however_it_is_written():
    text = next(text for text in PLUMS if held_out(text, None))
    assert held_out(f"  {text.upper()} ", None)


def test_an_old_row_of_a_held_out_input_is_learnt_no_more():
    text = next(text for text in PLUMS if held_out(text, None))
    data = {**splits(), "train": [Example("1", text, "wrong"), Example("2", "two", "zwo")]}
    learnt = learn(data, [correction(9, text, "right")])
    assert [e.input for e in learnt.splits["train"]] == ["two"]


def test_replay_mixes_in_a_share_of_old_rows():
    old = [Example(f"o{n}", f"old {n}", "x") for n in range(100)]
    accepted = [correction(n, text, "y") for n, text in enumerate(PLUMS[:25])]
    learnt = learn({**splits(), "train": old}, accepted)
    new = len(learnt.corrected)
    assert len(mixed(learnt, 0.0)) == new
    assert len(mixed(learnt, 0.5)) == 2 * new
    assert len(mixed(learnt, 0.9)) == 100 + new, "there are no more old rows than 100"
    assert mixed(learnt, 0.5) == mixed(learnt, 0.5)


def test_replay_leaves_no_class_out():
    old = [Example(f"o{n}", f"old {n}", "rare" if n == 7 else "common") for n in range(100)]
    learnt = learn({**splits(), "train": old}, [correction(1, "1 plums", "new")])
    found = {e.target for e in mixed(learnt, 0.5, labels=("common", "rare", "new"))}
    assert found == {"common", "rare", "new"}


@pytest.mark.parametrize("share", [-0.1, 0.91, 2.0, float("nan")])
def test_a_share_of_replay_that_cannot_be(share):
    with pytest.raises(BadInput, match="cannot be the share of old rows"):
        check_replay(share)
    check_replay(None)
