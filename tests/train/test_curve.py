import pytest

from core.jobs.job import Event
from core.train.curve import Curve, Look, Point, Step, curve
from core.train.samples import Sample, samples


def event(number: int, kind: str, **payload: object) -> Event:
    return Event(number, 0.0, kind, payload)


def test_events_become_a_curve() -> None:
    found = curve(
        [
            event(1, "evaluation", step=0, loss=7.5),
            event(2, "step", step=1, loss=7.0, tokens_per_second=100.0),
            event(3, "sample", step=1, input="a", reference="b", prediction="c"),
            event(4, "step", step=2, loss=6.0, tokens_per_second=200.0),
        ]
    )
    steps = (Step(1, 7.0, tokens_per_second=100.0), Step(2, 6.0, tokens_per_second=200.0))
    assert found == Curve(steps, (Look(0, 7.5),))
    assert (found.training, found.validation) == (((1, 7.0), (2, 6.0)), ((0, 7.5),))
    assert curve([]) == Curve()


def test_a_field_of_a_newer_assay_is_passed_over() -> None:
    (found,) = curve([event(1, "step", step=1, loss=7.0, colour="blue")]).steps
    assert found == Step(1, 7.0)


def test_what_a_resumed_run_does_again_is_counted_once() -> None:
    rows = [(1, 9.0), (2, 8.0), (3, 7.0), (2, 6.0), (3, 5.0), (4, 4.0)]
    events = [event(n, "step", step=step, loss=loss) for n, (step, loss) in enumerate(rows)]
    assert curve(events).training == ((1, 9.0), (2, 6.0), (3, 5.0), (4, 4.0))


def test_scores_are_of_the_evaluations_that_took_them() -> None:
    bleu, chrf = ({"metric": name, "value": 3.0} for name in ("bleu", "chrf"))
    found = curve(
        [
            event(1, "evaluation", step=0, loss=7.5, scores=[bleu, chrf]),
            event(2, "evaluation", step=10, loss=6.5, scores=[]),
            event(3, "evaluation", step=20, loss=None, scores=[bleu]),
        ]
    )
    assert found.metrics == ("bleu", "chrf")
    assert [(look.step, row) for look, row in found.scores("bleu")] == [(0, bleu), (20, bleu)]
    assert found.validation == ((0, 7.5), (10, 6.5))


def test_the_smoothed_line_is_a_weighted_mean_of_the_past() -> None:
    losses = [5.0, 3.0, 4.0, 1.0]
    found = Curve(tuple(Step(n, loss) for n, loss in enumerate(losses))).smoothed
    for index, (step, value) in enumerate(found):
        weights = [0.9 ** (index - i) for i in range(index + 1)]
        expected = sum(w * x for w, x in zip(weights, losses, strict=False)) / sum(weights)
        assert (step, value) == (index, pytest.approx(expected))


def validation(*losses: float) -> Curve:
    return Curve((), tuple(Look(10 * n, loss) for n, loss in enumerate(losses)))


@pytest.mark.parametrize(
    ("losses", "trend"),
    [
        ((7.0, 5.0), "early"),
        ((7.0, 5.0, 4.0, 3.0), "falling"),
        ((7.0, 5.0, 3.01, 3.0, 3.0, 3.0), "still"),
        ((7.0, 3.0, 3.5, 4.0), "rising"),
        ((7.0, 3.0, 3.01, 3.02), "still"),
        ((3.0, 3.5, 4.0), "rising"),
    ],
)
def test_the_trend_is_what_the_validation_loss_does_now(
    losses: tuple[float, ...], trend: str
) -> None:
    assert validation(*losses).trend == trend


def test_first_last_and_best() -> None:
    found = validation(7.0, 3.0, 3.0, 4.0)
    points: list[Point | None] = [found.first, found.last, found.best]
    assert points == [(0, 7.0), (30, 4.0), (10, 3.0)]
    empty = Curve()
    assert (empty.first, empty.last, empty.best, empty.trend) == (None, None, None, "early")


def test_samples_have_an_answer_for_each_step() -> None:
    rows = [(0, "one", "?"), (0, "two", "??"), (20, "one", "eins"), (10, "one", "ein")]
    events = [
        event(n, "sample", step=step, input=text, reference=text.upper(), prediction=said)
        for n, (step, text, said) in enumerate(rows)
    ]
    assert samples(events) == [
        Sample("one", "ONE", {0: "?", 10: "ein", 20: "eins"}),
        Sample("two", "TWO", {0: "??"}),
    ]
