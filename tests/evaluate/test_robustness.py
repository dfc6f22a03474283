"""Points of a robustness curve against sacreBLEU; records as they were written."""

import numpy as np
import pytest
import sacrebleu
from scipy.stats import binomtest

from core.errors import NotFound
from core.evaluate import robustness as store
from core.evaluate.answer import of_texts
from core.evaluate.metrics import scorer_of
from core.evaluate.robustness import Point, Robustness, clean_point, corrected, point
from core.workspace import Workspace


def test_a_point_is_the_score_beside_that_of_the_test_as_it_is():
    references = [f"the cat number {i} sleeps on a mat" for i in range(30)]
    clean = list(references)
    disturbed = [r.replace("cat", "dog") if i % 2 else r for i, r in enumerate(references)]
    scorer = scorer_of("bleu", "en")
    counts = scorer.counts(references, of_texts(clean), of_texts(disturbed))
    first, made = (
        clean_point(scorer, counts[0], 0),
        point("bleu", scorer, *counts, ("typos", 0.2, 0.5), 0),
    )
    expected = sacrebleu.corpus_bleu(disturbed, [references]).score
    assert first.value == pytest.approx(100)
    assert made.value == pytest.approx(expected)
    assert made.difference == pytest.approx(expected - 100)
    assert made.difference_high < 0
    assert made.p_value < 0.001
    assert (made.disturbance, made.strength, made.changed) == ("typos", 0.2, 0.5)
    assert (first.difference, first.p_value) == (None, None)


def test_many_points_are_corrected_for_their_number():
    made = corrected([Point("", 0, 0, 1, 0, 2),
                      *(Point("typos", s, 1, 1, 0, 2, -1, -2, 0, p)
                        for s, p in ((0.1, 0.04), (0.2, 0.01), (0.4, 0.5)))])  # fmt: skip
    # R: p.adjust(c(.04, .01, .5), "holm")
    assert [p.p_corrected for p in made] == [None, 0.08, 0.03, 0.5]
    assert [p.decided for p in made] == [False, False, True, False]


def test_right_and_wrong_are_tested_by_mcnemar():
    scorer = scorer_of("accuracy", "en")
    clean = np.array([[1.0, 1.0]] * 10)
    disturbed = np.array([[0.0, 1.0]] * 4 + [[1.0, 1.0]] * 6)
    made = point("accuracy", scorer, clean, disturbed, ("case", 0.4, 1.0), 0)
    assert made.p_value == pytest.approx(binomtest(4, 4).pvalue)
    assert made.difference == pytest.approx(-0.4)


def test_of_one_example_there_is_no_interval():
    made = clean_point(scorer_of("accuracy", "en"), np.array([[1.0, 1.0]]), 0)
    assert (made.value, made.low, made.high) == (1.0, None, None)


def robustness(**more):
    points = (
        Point("", 0, 0, 80, 70, 90),
        Point("typos", 0.1, 0.5, 75, 65, 85, -5, -8, -2, 0.01),
        Point("typos", 0.4, 0.9, 60, 50, 70, -20, -25, -15, 0.0001),
        Point("case", 0.4, 0.9, 85, 75, 95, 5, 2, 8, 0.02),
        Point("truncation", 0.4, 0.9, 10, 5, 15, -70, -75, -65, 0.0001),
    )
    fields = {
        "name": "", "model": "m", "dataset": "shop", "data_version": "0" * 12, "split": "test",
        "n": 50, "metric": "bleu", "unit": "points", "signature": "s", "language": "en",
        "points": points, "shown": ({"before": "a"},), "key": "k", "seconds": 1.0,
        "created_at": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    return Robustness(**{**fields, **more})


def test_curves_begin_at_the_test_as_it_is_and_the_weakest_lost_most():
    made = robustness()
    assert made.disturbances == ("typos", "case", "truncation")
    assert [p.strength for p in made.curve("typos")] == [0, 0.1, 0.4]
    # What is cut away cannot be answered: that is no weakness.
    assert made.weakest() == made.points[2]
    cut = robustness(points=(made.points[0], made.points[4]))
    assert cut.weakest() == made.points[4]
    assert robustness(metric="ter").weakest() == made.points[3]  # less is better


def test_a_record_is_read_as_it_was_written(tmp_path):
    workspace = Workspace.open(tmp_path)
    made = store.save(workspace, robustness())
    other = store.save(workspace, robustness(key="other", dataset="else"))
    assert (made.name, other.name) == ("shop-1", "else-1")
    assert store.open_robustness(workspace, "shop-1") == made
    assert store.list_robustness(workspace, "shop") == [made]
    assert store.find(workspace, "other") == other
    assert store.find(workspace, "none") is None
    with pytest.raises(NotFound, match=r"no robustness test called 'x'.*Known: "):
        store.open_robustness(workspace, "x")
