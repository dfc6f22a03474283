"""Paired tests against sacreBLEU's, exact enumeration, tables, and synthetic data whose truth is
known.
"""

import itertools
import random

import numpy as np
import pytest
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest

from core.evaluate import intervals, metrics, paired
from core.evaluate.answer import of_texts
from core.evaluate.scorer import Array
from core.evaluate.tally import Tally


def compared(
    names: list[str], references: list[str], a: list[str], b: list[str], language: str | None
) -> list[paired.Difference]:
    counted = []
    for system in (a, b):
        tally = Tally(references, of_texts(system), language=language)
        counted.append({name: tally.of(name) for name in names})
    return paired.differences(*counted, language=language)


def means(values: list[float]) -> Array:
    return np.array([[v, 1.0] for v in values])


def systems(n: int, keep_a: float, keep_b: float) -> tuple[list[str], list[str], list[str]]:
    rng = random.Random(4)
    words = [f"w{i}" for i in range(200)]
    references = [" ".join(rng.choices(words, k=rng.randint(4, 15))) for _ in range(n)]

    def answer(keep: float) -> list[str]:
        return [" ".join(w if rng.random() < keep else rng.choice(words) for w in r.split())
                for r in references]  # fmt: skip

    return references, answer(keep_a), answer(keep_b)


def test_randomisation_of_few_examples_is_near_the_exact_permutation_test() -> None:
    a, b = [0.1, 0.5, 0.2, 0.9, 0.4, 0.3, 0.6], [0.4, 0.7, 0.1, 0.95, 0.6, 0.5, 0.65]
    gains = np.array(b) - np.array(a)
    flips = np.array(list(itertools.product([1, -1], repeat=len(a))))
    exact = float((np.abs(flips @ gains) >= abs(gains.sum()) - 1e-12).mean())
    scorer = metrics.metric("token_f1").scorer(None)
    found = paired.randomisation(scorer, means(a), means(b), seed=0)
    # Standard error of the trials: sqrt(p (1 - p) / 10,000) < 0.005.
    assert found == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize(("keep_a", "keep_b"), [(0.70, 0.71), (0.60, 0.75)])
def test_p_value_is_near_sacrebleus(
    keep_a: float, keep_b: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    references, a, b = systems(150, keep_a, keep_b)
    monkeypatch.setenv("SACREBLEU_SEED", "7")
    test = PairedTest([("a", a), ("b", b)], {"BLEU": BLEU(force=True)}, [references],
                      test_type="ar", n_samples=2000)  # fmt: skip
    _, scores = test()
    (row,) = compared(["bleu"], references, a, b, language="en")
    assert row.test == "approximate-randomisation"
    assert row.p_value == pytest.approx(scores["BLEU"][1].p_value, abs=0.04)
    assert row.difference == row.b - row.a


def test_equal_systems_are_not_told_apart() -> None:
    references, a, _ = systems(40, 0.7, 0.7)
    for row in compared(["bleu", "ter"], references, a, a, language="en"):
        assert (row.difference, row.low, row.high, row.p_value) == (0, 0, 0, 1)
        assert row.verdict == "tie"
        assert row.examples_needed is None  # no number of examples tells equals apart


@pytest.mark.parametrize(
    ("only_a", "only_b", "expected"),
    [(0, 0, 1.0), (0, 6, 0.03125), (1, 9, 22 / 1024), (5, 5, 1.0), (3, 1, 0.625)],
)
def test_mcnemar_is_the_binomial_test(only_a: int, only_b: int, expected: float) -> None:
    a = np.array([1] * only_a + [0] * only_b + [1, 1, 0], dtype=float)
    b = np.array([0] * only_a + [1] * only_b + [1, 1, 0], dtype=float)
    assert paired.mcnemar(a, b) == pytest.approx(expected)


def test_mcnemar_of_thousands() -> None:
    a, b = np.ones(5000), np.zeros(5000)
    assert 0 <= paired.mcnemar(a, b) < 1e-300


def test_less_ter_is_better() -> None:
    references, a, b = systems(150, 0.5, 0.8)
    bleu, ter = compared(["bleu", "ter"], references, a, b, language="en")
    assert bleu.difference > 0 > ter.difference
    assert (bleu.verdict, ter.verdict) == ("better", "better")
    (back,) = compared(["ter"], references, b, a, language="en")
    assert back.verdict == "worse"
    assert back.difference == pytest.approx(-ter.difference)
    assert bleu.examples_needed is None


def test_accuracy_uses_mcnemar_and_one_example_decides_nothing() -> None:
    references = ["x"] * 12
    a, b = ["y"] * 8 + ["x"] * 4, ["x"] * 12
    (row,) = compared(["accuracy"], references, a, b, language=None)
    assert row.test == "mcnemar-exact"
    assert row.p_value == pytest.approx(2 / 2**8)
    assert row.verdict == "better"
    (alone,) = compared(["accuracy"], ["x"], ["y"], ["x"], language=None)
    assert (alone.low, alone.high, alone.p_value, alone.verdict) == (None, None, None, "tie")


def test_examples_needed_is_the_textbook_sample_size() -> None:
    # Effect size 0.2: N = ((1.95996 + 0.84162) / 0.2)² = 196.2; with 100 there, 97 more.
    assert paired.examples_needed(0.2, 1 / np.sqrt(100), 100) == 97
    assert paired.examples_needed(-0.2, 1 / np.sqrt(100), 100) == 97
    assert paired.examples_needed(0.0, 0.1, 100) is None
    assert paired.examples_needed(0.5, 0.0, 4) == 1


def test_that_many_examples_find_the_difference_four_times_in_five() -> None:
    rng = np.random.default_rng(5)
    needed = paired.examples_needed(0.3, 1 / np.sqrt(20), 20)
    assert needed is not None
    n = 20 + needed
    draws = rng.normal(0.3, 1.0, (4000, n))
    z = draws.mean(1) / (draws.std(1, ddof=1) / np.sqrt(n))
    assert (np.abs(z) > 1.96).mean() == pytest.approx(0.80, abs=0.03)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    scorer = metrics.metric("accuracy").scorer(None)
    covered = 0
    for seed in range(300):
        counts = means(list((rng.random(120) < 0.7).astype(float)))
        low, high = intervals.percentile(scorer.corpus(intervals.resampled([counts], seed, 400)[0]))
        covered += low <= 0.7 <= high
    # 95 % nominal; a percentile interval of 120 draws falls a little short. 3 standard errors.
    assert covered / 300 == pytest.approx(0.945, abs=0.04)


def test_false_alarms_are_about_one_in_twenty() -> None:
    rng = np.random.default_rng(2)
    scorer = metrics.metric("token_f1").scorer(None)
    alarms = sum(
        paired.randomisation(scorer, means(list(rng.random(30))), means(list(rng.random(30))),
                             seed=seed, trials=400) < 0.05
        for seed in range(300)
    )  # fmt: skip
    assert alarms / 300 == pytest.approx(0.05, abs=0.04)


def test_draws_are_resamples_and_blocks_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(intervals.draws(7, 25, 3)))
    assert whole.shape == (25, 7)
    assert (whole.sum(1) == 7).all()
    monkeypatch.setattr(intervals, "_CELLS", 21)
    assert list(intervals.blocks(7, 8)) == [3, 3, 2]
    assert np.concatenate(list(intervals.draws(7, 25, 3))).shape == (25, 7)
