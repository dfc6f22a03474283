"""Figures of the Trust part: what is drawn is what was measured, and tokens stay text."""

import numpy as np
import pytest

from core.charts import trust as charts
from core.interpret import trust_words
from core.interpret.faithfulness import Verdict
from tests.interpret.explained import made_up

ENDS = (0.2, 0.4, 0.3, 0.5)
BOTH = [("light", "en"), ("dark", "zh")]


@pytest.mark.parametrize(("scheme", "language"), BOTH)
def test_the_meter_says_on_the_chart_what_does_not_beat_random(scheme, language) -> None:
    made = made_up()
    fig = charts.meter(made.verdicts, scheme, language)
    written = " ".join(annotation.text for annotation in fig.layout.annotations)
    for verdict in made.verdicts:
        assert trust_words.t(f"trust.verdict.short_{verdict.outcome}", language) in written
    dots = [trace for trace in fig.data if trace.mode == "markers"]
    assert [dot.x[0] for dot in dots] == [verdict.difference for verdict in made.verdicts]
    zone = next(shape for shape in fig.layout.shapes if shape.type == "rect")
    assert (zone.x0, zone.x1) == (-made.verdicts[0].high, made.verdicts[0].high)


def test_over_many_texts_each_dot_has_its_interval_and_there_is_no_shade() -> None:
    many = [Verdict("attention", 0.1, 0.05, 0.15, 40, "better", 0.3, 0.4, *ENDS),
            Verdict("rollout", 0.0, -0.05, 0.05, 40, "tie", 0.3, 0.3, *ENDS)]  # fmt: skip
    fig = charts.meter(many, "light")
    lines = [trace for trace in fig.data if trace.mode == "lines"]
    assert [(line.x[0], line.x[1]) for line in lines] == [(0.05, 0.15), (-0.05, 0.05)]
    assert not any(shape.type == "rect" for shape in fig.layout.shapes)


@pytest.mark.parametrize(("scheme", "language"), BOTH)
def test_the_curves_stand_over_the_bands_of_chance(scheme, language) -> None:
    made = made_up()
    verdict = made.verdicts[0]
    drawn = charts.drawn_one(made.curves, verdict.method)
    fig = charts.curves(drawn, verdict, charts.top_of([drawn]), scheme, language)
    bands, lines = fig.data[:2], fig.data[2:]
    assert all(band.fill == "toself" for band in bands)
    assert lines[0].y == pytest.approx(made.curves.deletion["attention"])
    assert lines[1].y == pytest.approx(made.curves.insertion["attention"])
    for name in ("deletion", "insertion"):
        chance = getattr(made.curves, f"random_{name}")
        assert (drawn.low[name] <= np.median(chance, 0)).all()
        assert (drawn.high[name] >= np.median(chance, 0)).all()
    written = " ".join(annotation.text for annotation in fig.layout.annotations)
    assert trust_words.t(f"trust.verdict.short_{verdict.outcome}", language) in written
