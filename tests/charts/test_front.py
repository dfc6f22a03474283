"""Quality against its price, and calibration: what is drawn is what was measured."""

import pytest

from core.charts import calibration as calibration_charts
from core.charts import front as charts
from core.evaluate import calibration, front
from core.evaluate.board import Entry
from core.evaluate.score import Score
from core.evaluate.store import Evaluation

HOSTILE = "<s>**x**</s>"


def entry(name, value, seconds, metric="accuracy"):
    unit = "percent" if metric == "ter" else "share"
    score = Score(metric, value, value - 0.1, value + 0.1, 10, unit, "")
    time = Score("latency_p50", seconds, seconds / 2, seconds * 2, 10, "seconds", "")
    made = Evaluation("", "d", "", "translation", "test", None, name, "model", 10, (score, time),
                      "", "", 1.0, {})  # fmt: skip
    return Entry(name, made, score, 1, 2, False)


ROWS = [entry("best", 0.9, 3.0), entry("slow", 0.8, 5.0), entry("quick", 0.7, 1.0),
        entry("worse", 0.6, 1.0), entry("like best", 0.9, 4.0)]  # fmt: skip


def test_on_the_front_none_is_beaten():
    found = front.front(ROWS, "latency_p50")
    assert [row.name for row in found] == ["quick", "best"]
    for one in found:  # against every pair, by the definition
        assert not [
            other for other in ROWS
            if other.score.value >= one.score.value
            and front.cost(other, "latency_p50") <= front.cost(one, "latency_p50")
            and other.name != one.name
        ]  # fmt: skip


def test_less_may_be_better():
    rows = [entry("few edits", 20.0, 2.0, "ter"), entry("many", 40.0, 3.0, "ter")]
    assert [row.name for row in front.front(rows, "latency_p50")] == ["few edits"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_model_is_a_dot_with_two_intervals(scheme, language):
    rows = [*ROWS, entry(HOSTILE, 0.95, 9.0)]
    figure = charts.front(rows, "latency_p50", frozenset({"best"}), scheme, language, present=True)
    line, *dots = figure.data
    assert (list(line.x), list(line.y)) == ([1.0, 3.0, 9.0], pytest.approx([70.0, 90.0, 95.0]))
    assert [(dot.x[0], dot.y[0]) for dot in dots] == [
        (pytest.approx(row.evaluation.measured("latency_p50").value),
         pytest.approx(100 * row.score.value)) for row in rows
    ]  # fmt: skip
    assert dots[0].error_y.array[0] == pytest.approx(10)
    assert dots[0].error_x.arrayminus[0] == pytest.approx(1.5)
    assert dots[0].marker.color == dots[0].marker.line.color  # on the front: filled
    assert dots[1].marker.color != dots[1].marker.line.color
    assert "&lt;s&gt;" in [note.text for note in figure.layout.annotations][-1]


def test_the_curve_draws_each_bin_with_its_count():
    bins = calibration.curve([0.9] * 40 + [0.5] * 3, [True] * 30 + [False] * 10 + [True] * 3)
    figure = calibration_charts.curve(bins, "light")
    diagonal, dots = figure.data
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 100], [0, 100])
    assert list(dots.x) == pytest.approx([50, 90])
    assert list(dots.y) == pytest.approx([100, 75])
    assert [note.text for note in figure.layout.annotations][-2:] == ["3", "40"]
    assert dots.error_y.array[0] == pytest.approx(0)
