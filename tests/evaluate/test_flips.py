"""The flip table, counted by hand."""

from core.evaluate.compare import Change, Changes
from core.evaluate.flips import flips


def changes(rows, same_within=0.0, metric="accuracy"):
    found = sorted((Change(i, a, b, b - a) for i, a, b in rows), key=lambda c: c.gain)
    return Changes(
        metric, same_within,
        tuple(c for c in found if c.gain < -same_within),
        tuple(c for c in found if abs(c.gain) <= same_within),
        tuple(c for c in found if c.gain > same_within),
    )  # fmt: skip


def test_right_and_wrong_make_four_kinds():
    rows = [("1", 1, 1), ("2", 1, 0), ("3", 0, 1), ("4", 0, 0), ("5", 1, 0)]
    made = flips(changes(rows))
    assert made.binary
    assert dict(made.ids) == {
        "better": ("3",), "worse": ("2", "5"), "both_right": ("1",), "both_wrong": ("4",),
    }  # fmt: skip
    assert (made.n, made.negative_rate) == (5, 0.4)
    assert made.to_json()["counts"] == {"better": 1, "worse": 2, "both_right": 1, "both_wrong": 1}


def test_a_score_between_makes_three_and_small_changes_are_none():
    rows = [("1", 50, 50.9), ("2", 90, 20), ("3", 10, 30), ("4", 80, 60), ("5", 0, 90)]
    made = flips(changes(rows, 1.0, "chrf"))
    assert not made.binary
    assert dict(made.ids) == {"better": ("5", "3"), "worse": ("2", "4"), "same": ("1",)}


def test_equal_models_flip_nothing():
    made = flips(changes([("1", 1, 1), ("2", 0, 0)]))
    assert (made.count("worse"), made.count("better"), made.negative_rate) == (0, 0, 0.0)
