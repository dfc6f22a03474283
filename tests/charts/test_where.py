"""Figures of slices: what is drawn is what was measured, and names stay text."""

from dataclasses import replace

import pytest

from core.charts import grammar
from core.charts import where as charts
from core.evaluate.sliced import Sliced

HOSTILE = "<s>**x**</s> " + "long " * 20


def sliced(name, difference, verdict=None, **more):
    p = {"worse": 0.01, "better": 0.01, "tie": 0.5}.get(verdict)
    low, high = (difference - 0.05, difference + 0.05) if p else (None, None)
    if verdict == "tie":
        low, high = -0.1, 0.1
    fields = {
        "kind": "label", "values": {"name": name}, "by_answer": False, "n": 20, "value": 0.5,
        "low": 0.4, "high": 0.6, "a": 0.5 - difference, "difference": difference,
        "difference_low": low, "difference_high": high, "p_value": p, "p_corrected": p,
        "higher_is_better": True, "why_untested": None,
    }  # fmt: skip
    return Sliced(**{**fields, **more})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_slices_beside_each_other_are_differences_around_nothing(scheme, language):
    rows = [sliced(HOSTILE, -0.2, "worse"), sliced(HOSTILE, 0.0, "tie"), sliced("c", 0.3, "better")]
    figure = charts.slices(rows, lambda row: row.values["name"], "accuracy", "share", scheme,
                           language, present=True)  # fmt: skip
    ink = grammar.tokens(scheme)
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert [trace.x[0] for trace in marks] == pytest.approx([-20, 0, 30])
    assert [trace.marker.color for trace in marks] == [ink.worse, ink.base, ink.better]
    ends = [trace.x for trace in figure.data if trace.mode == "lines"]
    assert [tuple(end) for end in ends] == [
        pytest.approx((-25, -15)), pytest.approx((-10, 10)), pytest.approx((25, 35)),
    ]  # fmt: skip
    assert {note.text for note in figure.layout.annotations} >= {"−20.0", "+0.0", "+30.0"}
    (zero,) = figure.layout.shapes
    assert zero.x0 == 0
    low, high = figure.layout.xaxis.range
    assert low < -25
    assert high > 35
    names = figure.layout.yaxis.ticktext
    assert len(names) == 3  # two that are called alike stand in two rows
    assert "<" not in names[0]
    assert names[0].startswith("&lt;s&gt;")


def test_slices_of_one_model_are_scores():
    rows = [replace(sliced("a", 0.0), a=None, difference=None)]
    figure = charts.slices(rows, lambda row: row.values["name"], "accuracy", "share", "light")
    [mark] = [trace for trace in figure.data if trace.mode == "markers"]
    assert mark.x[0] == pytest.approx(50)
    assert not figure.layout.shapes
