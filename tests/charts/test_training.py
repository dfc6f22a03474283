import pytest

from core.charts import grammar
from core.charts.training import losses, metric, norm, rate
from core.text.catalog import t
from core.train.curve import Curve, Look, Step

CURVE = Curve(
    tuple(Step(n, loss) for n, loss in ((1, 7.0), (2, 6.0), (3, 6.5))),
    tuple(Look(n, loss) for n, loss in ((0, 7.5), (2, 6.2), (3, 6.4))),
)


def lines(figure):
    return [trace for trace in figure.data if "lines" in trace.mode]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_training_is_slate_raw_and_smooth_validation_cobalt(scheme):
    ink = grammar.tokens(scheme)
    raw, smooth, validation = lines(losses(CURVE, scheme))
    assert [trace.line.color for trace in (raw, smooth, validation)] == [
        ink.base, ink.base, ink.tuned,
    ]  # fmt: skip
    assert list(raw.y) == [7.0, 6.0, 6.5]
    assert list(smooth.y) == [loss for _, loss in CURVE.smoothed]
    assert (list(validation.x), list(validation.y)) == ([0, 2, 3], [7.5, 6.2, 6.4])
    assert raw.opacity < 1
    assert raw.line.width < smooth.line.width
    assert {trace.line.dash for trace in (raw, smooth, validation)} == {"solid"}  # measured


@pytest.mark.parametrize("language", ["en", "zh"])
def test_lines_are_named_at_their_ends(language):
    figure = losses(CURVE, "light", language)
    named = {note.text: (note.x, note.y) for note in figure.layout.annotations}
    assert named[t("train.chart.validation", language)] == (3, 6.4)
    step, _ = named[t("train.chart.training", language)]
    assert step == 3
    assert figure.layout.margin.r > 60  # pixels of room for the names


def test_the_kept_step_is_marked_unless_it_is_the_last():
    kept = t("train.chart.kept")
    marked = losses(CURVE, "light", kept_step=2)
    assert kept in [note.text for note in marked.layout.annotations]
    for step in (3, None, 99):
        figure = losses(CURVE, "light", kept_step=step)
        assert kept not in [note.text for note in figure.layout.annotations]


def test_it_can_be_drawn_before_anything_is_known():
    assert not losses(Curve(), "light").data
    assert len(lines(losses(Curve((Step(1, 2.0),)), "dark", "zh", present=True))) == 2


def measured(*values):
    known = {"metric": "accuracy", "n": 64, "unit": "share", "signature": "s"}
    looks = [
        Look(10 * n, 1.0, scores=[{**known, "value": v, "low": v - 0.1, "high": v + 0.1}])
        for n, v in enumerate(values)
    ]
    return Curve((Step(25, 1.0, learning_rate=1e-3, grad_norm=2.0), Step(30, 1.0)), tuple(looks))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_metric_stands_with_its_interval_at_each_evaluation(scheme):
    figure = metric(measured(0.25, 0.5), "accuracy", scheme)
    *intervals, values = figure.data
    assert [(list(line.x), list(line.y)) for line in intervals] == [
        ([0, 0], [pytest.approx(15), pytest.approx(35)]),
        ([10, 10], [pytest.approx(40), pytest.approx(60)]),
    ]
    assert list(values.y) == [25, 50]
    assert {values.line.color, *(line.line.color for line in intervals)} == {
        grammar.tokens(scheme).tuned
    }
    named = {note.text: note.y for note in figure.layout.annotations}
    assert (named["50.0 %"], named[t("train.chart.base")]) == (50, 25)
    assert figure.layout.xaxis.range[1] > 30  # as far as the steps


def test_rate_and_norm_leave_out_what_was_not_told():
    told = measured(0.5)
    assert [list(rate(told, "light").data[0].x), list(norm(told, "light").data[0].y)] == [
        [25], [2.0],
    ]  # fmt: skip
    assert rate(Curve((Step(1, 2.0),)), "light") is None
    assert norm(Curve(), "dark") is None
