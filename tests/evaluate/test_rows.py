"""Rows of the example table: filtered and sorted as a reader asks."""

import pytest

from core.evaluate.rows import choose, rows_of


def example(id_, prediction, score, **more):
    return {"id": id_, "input": f"in {id_}", "reference": "ref", "prediction": prediction,
            "scores": {"chrf": score}, **more}  # fmt: skip


B = [example("1", "Alpha", 50), example("2", "", 0), example("3", "beta", 90),
     example("4", "gamma", 60, context="A passage")]  # fmt: skip
A = [example("1", "x", 80), example("2", "y", 5), example("3", "zeta", 20), example("4", "w", 60)]


@pytest.fixture
def rows():
    return rows_of(B, A, "bleu", "translation")  # of one example, chrF speaks for BLEU


def ids(found):
    return "".join(row.id for row in found)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("lost", "1243"), ("worst", "2143"), ("best", "3412"), ("changed", "3124"), ("order", "1234")],
)
def test_orders(rows, sort, expected):
    assert ids(choose(rows, higher_is_better=True, sort=sort)) == expected


def test_less_may_be_better():
    rows = rows_of([{**e, "scores": {"ter": e["scores"]["chrf"]}} for e in B],
                   [{**e, "scores": {"ter": e["scores"]["chrf"]}} for e in A],
                   "ter", "translation")  # fmt: skip
    assert [row.gain for row in rows] == [30, 5, -70, 0]
    assert ids(choose(rows, higher_is_better=False, sort="worst")) == "3412"


def test_filters(rows):
    def found(**more):
        return ids(choose(rows, higher_is_better=True, sort="order", **more))

    assert found(text="ALPHA") == "1"
    assert found(text="zeta") == "3"  # what A wrote counts too
    assert found(text="passage") == "4"
    assert found(text="nowhere") == ""
    assert found(flag="empty") == "2"
    assert found(places=[3, 0]) == "14"
    assert found(places=[3, 0], text="alpha") == "1"
    assert found(places=[]) == ""


def test_what_has_no_score_comes_last():
    alone = rows_of([{**B[0], "scores": {}}, B[1]], None, "bleu", "translation")
    assert [(row.score, row.gain, row.other) for row in alone] == [
        (None, None, None), (0, None, None)]  # fmt: skip
    for sort in ("worst", "best"):
        assert ids(choose(alone, higher_is_better=True, sort=sort)) == "21"
