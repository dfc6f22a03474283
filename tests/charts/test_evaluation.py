"""Figures of the Evaluate page: what is drawn is what was counted, and text stays text."""

import numpy as np
import pytest

from core.charts import evaluation as charts
from core.evaluate import confusion as confusions
from core.evaluate.board import Entry
from core.evaluate.compare import Change, Changes
from core.evaluate.score import Score
from core.evaluate.store import Evaluation

HOSTILE = "<s>**x**</s>"


def score(value, low=None, high=None, metric="bleu", unit="points"):
    return Score(metric, value, low, high, 10, unit, "")


def entry(name, value, tied, **more):
    found = score(value, value - 1, value + 1, **more)
    evaluation = Evaluation("", "d", "", "translation", "test", None, name, "model", 10, (found,),
                            "", "", 1.0, {})  # fmt: skip
    return Entry(name, evaluation, found, 1, 2, tied)


def changes(gains, within=1.0, metric="chrf"):
    rows = [Change(str(i), 0.0, gain, gain) for i, gain in enumerate(sorted(gains))]
    return Changes(
        metric, within, tuple(r for r in rows if r.gain < -within),
        tuple(r for r in rows if abs(r.gain) <= within), tuple(r for r in rows if r.gain > within),
    )  # fmt: skip


def words(figure):
    return [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_board_shades_the_unbroken_block_of_ties(scheme, language):
    rows = [entry("a", 30, True), entry(HOSTILE, 29, True), entry("c", 20, False)]
    figure = charts.board(rows, frozenset({"a"}), scheme, language, present=True)
    (shade,) = figure.layout.shapes
    assert (shade.y0, shade.y1) == (-0.5, 1.5)
    drawn = [trace.y[0] for trace in figure.data if trace.mode == "markers"]
    assert drawn == ["a", "&lt;s&gt;**x**&lt;/s&gt;", "c"]
    colors = [trace.marker.color for trace in figure.data if trace.mode == "markers"]
    assert colors[0] != colors[1] == colors[2]
    assert "30.0" in words(figure)


def test_a_lone_leader_has_no_shade_and_a_share_is_a_percentage():
    rows = [entry("a", 0.8, True, metric="accuracy", unit="share")]
    figure = charts.board(rows, frozenset(), "light")
    assert not figure.layout.shapes
    assert figure.data[1].x == (80.0,)
    assert figure.layout.xaxis.title.text == "accuracy, %"


def test_a_score_without_an_interval_is_drawn_as_a_point():
    figure = charts.forgetting(score(3.0), score(0.0), "light")
    low, high = figure.layout.xaxis.range
    assert low < 0
    assert high > 3


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("reach", [0.0, 2.0, 40.0, 100.0])
def test_bars_count_every_example_once(seed, reach):
    gains = list(np.random.default_rng(seed).uniform(-reach, reach, 200))
    found = changes(gains)
    figure = charts.changes(found, "points", "light")
    counted = [sum(trace.y) for trace in figure.data]
    assert counted == [len(found.worse), len(found.same), len(found.better)]
    assert f"<b>{len(found.worse):,} worse</b>" in words(figure)
    top = max(
        base + y for trace in figure.data for base, y in zip(trace.base, trace.y, strict=True)
    )
    assert figure.layout.yaxis.range[1] > top


def test_right_and_wrong_have_a_bar_each():
    figure = charts.changes(changes([-1, -1, 0, 0, 0, 1], 0.0, "accuracy"), "share", "light")
    assert [list(trace.y) for trace in figure.data] == [[2, 0, 0], [0, 3, 0], [0, 0, 1]]
    assert list(figure.layout.xaxis.ticktext) == ["wrong now", "no change", "right now"]
    unchanged = charts.changes(changes([0, 0], 0.0, "accuracy"), "share", "light")
    assert [list(trace.y) for trace in unchanged.data][1] == [0, 2, 0]


def test_confusion_keeps_the_labels_with_most_errors_and_draws_them_literally():
    names, table = confusions.confusion(
        [HOSTILE, HOSTILE, "b", "c", "c"], ["b", "b", "b", "c", "b"]
    )
    assert names == [HOSTILE, "b", "c"]
    assert table.tolist() == [[0, 2, 0], [0, 1, 0], [0, 1, 1]]
    kept, part, worst = confusions.most_confused(names, table, 2)
    assert worst == (HOSTILE, "b", 2)
    assert kept == [HOSTILE, "b"]
    assert part.tolist() == [[0, 2], [0, 1]]
    figure = charts.confusion(kept, part, "dark", "zh")
    assert figure.layout.yaxis.ticktext[0] == "&lt;s&gt;**x**&lt;/s&gt;"
    assert list(figure.data[1].text) == ["2", "1"]
    _, _, none = confusions.most_confused(["a"], np.array([[3.0]]), 5)
    assert none is None
