"""Calibration: the error against a computation of its own, its interval, the curve."""

import numpy as np
import pytest

from core.evaluate import calibration, scoring
from core.evaluate.answer import Answer
from core.evaluate.intervals import resampled as sums_of
from core.evaluate.scorer import Array


def answers(rng: np.random.Generator, n: int, gap: float) -> tuple[list[str], list[Answer]]:
    """Answers that are `gap` surer than they are right."""
    sure = 1 - 0.6 * rng.beta(1.2, 4, size=n)
    right = rng.random(n) < sure - gap
    return (
        ["yes" if hit else "no" for hit in right],
        [Answer("yes", {"yes": float(p), "no": float(1 - p)}) for p in sure],
    )


def plain(references: list[str], given: list[Answer]) -> float:
    """Guo et al. 2017, equation 3, written out."""
    total = 0.0
    for m in range(1, 16):
        inside = [
            (float(r == a.text), p) for r, a in zip(references, given, strict=True)
            if (m - 1) / 15 < (p := calibration.confidence(a) or 0) <= m / 15
        ]  # fmt: skip
        if inside:
            right, sure = np.array(inside).T
            total += len(inside) / len(given) * abs(right.mean() - sure.mean())
    return total


@pytest.mark.parametrize("seed", range(3))
def test_the_error_is_guos(seed: int) -> None:
    references, given = answers(np.random.default_rng(seed), 300, 0.1)
    (found,) = scoring.score(["ece"], references, given, language=None, resamples=50)
    assert found.value == pytest.approx(plain(references, given))


def test_a_confidence_on_an_edge_is_in_the_bin_below() -> None:
    assert list(calibration.bin_of(np.array([0.0, 0.01, 1 / 15, 0.067, 1.0]))) == [0, 0, 0, 1, 14]


@pytest.mark.parametrize(("gap", "least"), [(0.0, 0.93), (0.05, 0.84), (0.2, 0.89)])
def test_the_interval_covers_the_true_error(gap: float, least: float) -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(200):
        references, given = answers(rng, 300, gap)
        (counts,) = calibration.Ece().counts(references, given)
        value = calibration.Ece().point(counts.sum(0))
        resampled: Array = calibration.Ece().corpus(sums_of([counts], seed, 300)[0])
        low, high = calibration.ece_interval(counts, value, resampled, seed)
        assert low <= value <= high
        covered += low <= gap <= high
    assert covered / 200 >= least


def test_the_curve_counts_every_answer_once_and_leaves_empty_bins_out() -> None:
    bins = calibration.curve([0.95, 0.97, 0.5, 0.05], [True, False, True, False])
    assert [b.n for b in bins] == [1, 1, 2]
    assert bins[-1].confidence == pytest.approx(0.96)
    assert (bins[-1].right.value, bins[0].right.value) == (0.5, 0)
    assert bins[0].right.low == 0 < bins[0].right.high


def test_an_answer_without_probabilities_has_no_confidence() -> None:
    assert calibration.confidence(Answer("yes")) is None
    assert calibration.confidence(Answer("maybe", {"yes": 1.0})) is None
