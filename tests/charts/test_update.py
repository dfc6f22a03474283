"""Figures of the Update page: all versions or the newest, the margin, and text that stays text."""

import pytest

from core.charts import drift as drift_charts
from core.charts import update as charts
from core.update.drift import compare
from core.update.drift_looks import Report
from core.update.gate import Gate, Side
from core.update.story import Version
from core.update.traffic_read import Request

HOSTILE = "<b>x</b> <a href='http://a.example'>"


def version(number, *, champion=False, value=20.0):
    score = {
        "metric": "bleu",
        "unit": "points",
        "value": value,
        "low": value - 1,
        "high": value + 2,
    }
    return Version(f"run-{number} <b>", "base", 1e9 + 86_400 * number, score, "v", champion, (),
                   None, 0, 0, None, None, None)  # fmt: skip


def test_many_versions_are_cut_to_the_newest_and_the_champion_stays():
    found = [version(n, champion=n == 0) for n in range(20)]
    drawn = charts.drawn(found)
    assert [one.run for one in drawn] == [
        "run-0 <b>",
        *(f"run-{n} <b>" for n in range(20 - charts.MOST_VERSIONS, 20)),
    ]
    assert charts.drawn([*found[:2], Version("bare", "b", 1.0, None, "v", False, (), None, 0, 0,
                                             None, None, None)]) == found[:2]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_versions_have_intervals_and_one_square(scheme):
    figure = charts.versions([version(1), version(2, champion=True, value=25.0)], scheme)
    marks = figure.data[1]
    assert list(marks.y) == [20.0, 25.0]
    assert list(marks.error_y.array) == [2.0, 2.0]
    assert list(marks.error_y.arrayminus) == [1.0, 1.0]
    assert list(marks.marker.symbol) == ["circle", "square"]
    assert "<b>" not in str(marks.text)
    assert "&lt;b&gt;" in figure.layout.xaxis.ticktext[0]


def test_the_gate_shows_both_sides_and_the_margin():
    sides = [Side(n, 20.0, 21.0, d, d - 1, d + 1, 0.01, None) for n, d in ((200, 0.5), (30, 4.0))]
    verdict = Gate("d", "a", "a", "b", "accuracy", "share", 0.01,
                   *(Side(s.n, 0.2, 0.21, s.difference / 100, s.low / 100, s.high / 100, 0.01, None)
                     for s in sides), True, True, "passed", "t", "s")  # fmt: skip
    figure = charts.gate(verdict, "light", "zh")
    names = {name for trace in figure.data for name in trace.y}
    assert names == {"测试集 (n = 200)", "留出的更正 (n = 30)"}
    assert [shape.x0 for shape in figure.layout.shapes] == [0, -1.0]


def report(**features):
    live = {name: [(Request(f"r{n}", 1.0, "m"), value) for n, value in enumerate(pair[1])]
            for name, pair in features.items()}  # fmt: skip
    rows = compare({name: pair[0] for name, pair in features.items()}, live, 1)
    return Report("d", "d@1", "run", 0.0, 1.0, 1.0, 60, False, 1, tuple(rows))


def test_effects_are_sorted_and_shaded_where_negligible():
    made = report(characters=([1.0] * 60, [9.0] * 60), language=(["en"] * 60, ["en"] * 60))
    figure = drift_charts.effects(made, "dark")
    names = [trace.y[0] for trace in figure.data]
    assert names[0] == "Input length in characters"
    assert names[-1] == "Input language"
    assert figure.layout.shapes[0].x1 == 0.147


def test_a_number_that_moved_is_two_curves():
    made = report(characters=([float(n) for n in range(60)], [n + 40.0 for n in range(60)]))
    figure = drift_charts.moved(made.alarms[0], "light")
    before, now = figure.data
    assert list(before.y) == list(now.y) == [5 * step for step in range(1, 20)]
    assert min(now.x) > min(before.x)


def test_a_mix_that_moved_is_rings_and_dots_and_labels_stay_text():
    made = report(label=(["a"] * 60, [HOSTILE] * 60))
    figure = drift_charts.moved(made.alarms[0], "light")
    assert [name for name in figure.layout.yaxis.ticktext if "<" in name] == []
    assert [trace.x[0] for trace in figure.data if trace.mode == "markers"] == [0, 100, 100, 0]
