import pytest

from core.train.curve import Curve, Step
from core.train.progress import Assumptions, left, progress


def told(*points: tuple[float, float], joules: float | None = None) -> Curve:
    """Points of (seconds, share done)."""
    steps = [
        Step(n, 1.0, seconds=seconds, share=share, energy_joules=joules)
        for n, (seconds, share) in enumerate(points, start=1)
    ]
    return Curve(tuple(steps), (), {"steps": 500})


def test_an_even_pace_has_no_range() -> None:
    found = left(told(*((n, n / 100) for n in range(1, 26))))
    assert found is not None
    assert (found.seconds, found.low, found.high) == pytest.approx((75, 75, 75))


def test_an_uneven_pace_has_one() -> None:
    """Five stretches at twice the pace of the other five: left at the mean, between the two."""
    points, seconds = [(0.0, 0.0)], 0.0
    for number in range(1, 101):
        seconds += 1 if number <= 50 else 2
        points.append((seconds, number / 200))
    found = left(told(*points))
    assert found is not None
    assert found.seconds == pytest.approx(150)
    assert (found.low, found.high) == pytest.approx((100, 200))


def test_the_fastest_and_the_slowest_stretch_are_left_out() -> None:
    paces = [100, 1, 1, 1, 1, 1, 1, 1, 1, 0.01]
    points, share = [(0.0, 0.0)], 0.0
    for number, pace in enumerate(paces, start=1):
        share += pace / 1000
        points.append((float(number), share))
    found = left(told(*points))
    assert found is not None
    assert found.high == pytest.approx((1 - share) / 0.001)


def test_too_few_points_tell_no_pace() -> None:
    assert left(Curve()) is None
    assert left(told((1, 0.1), (2, 0.2))) is None
    assert left(Curve(tuple(Step(n, 1.0) for n in range(9)))) is None  # an older Assay


def test_energy_is_measured_or_assumed_and_says_which() -> None:
    assumed = Assumptions(watts=100, usd_per_hour=1.8)
    estimated = progress(told((1800, 0.5)), assumed)
    measured = progress(told((1800, 0.5), joules=3600.0), assumed)
    assert estimated and estimated.spent and measured and measured.spent
    assert estimated.total_steps == 500
    assert (estimated.spent.energy_wh, estimated.spent.energy_measured) == (50, False)
    assert (measured.spent.energy_wh, measured.spent.energy_measured) == (1, True)
    assert measured.spent.usd == pytest.approx(0.9)


def test_before_the_first_step_there_is_no_progress() -> None:
    assert progress(Curve(), Assumptions()) is None
    found = progress(Curve((Step(1, 2.0),)), Assumptions())
    assert found is not None
    assert (found.left, found.spent, found.total_steps) == (None, None, None)
