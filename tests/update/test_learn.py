"""Corrections into training examples."""

from core.data.dataset import Example
from core.update.feedback import Feedback
from core.update.learn import learn


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
