"""Whether a 95 % interval holds the truth in about 95 of 100 samples, for every kind of score."""

import random

import numpy as np
import pytest

from core.evaluate import metrics
from core.evaluate.answer import Answer, of_texts
from core.evaluate.intervals import percentile, resampled
from core.evaluate.scorer import Array, Scorer
from tests.evaluate.test_metrics import corpus

SAMPLES, SIZE, RESAMPLES, POPULATION = 400, 200, 300, 4000


def population(name: str) -> tuple[Scorer, Array]:
    """Counts of many examples, whose score is taken as the truth."""
    rng = random.Random(1)
    scorer = metrics.scorer_of(name, "en")
    answers: list[Answer]
    if name in ("accuracy", "f1", "mcc"):
        references = rng.choices("abc", weights=[5, 3, 2], k=POPULATION)
        answers = of_texts(r if rng.random() < 0.8 else rng.choice("abc") for r in references)
    elif name == "throughput":
        references = [""] * POPULATION
        answers = [Answer("", seconds=0.5 + rng.expovariate(1), output_tokens=rng.randint(1, 99))
                   for _ in references]  # fmt: skip
    else:
        references, texts = corpus(4, POPULATION, 0.8)
        answers = of_texts(texts)
    (counts,) = scorer.counts(references, answers)
    return scorer, counts


@pytest.mark.parametrize(
    "name", ["accuracy", "bleu", "chrf", "ter", "rougel", "f1", "mcc", "throughput"]
)
def test_the_interval_holds_the_truth_as_often_as_it_says(name: str) -> None:
    scorer, counts = population(name)
    truth = scorer.point(counts.sum(0))
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(SAMPLES):
        sample = counts[rng.integers(POPULATION, size=SIZE)]
        low, high = percentile(scorer.corpus(resampled([sample], seed, RESAMPLES)[0]))
        held += low <= truth <= high
    # 95 % nominal; the standard error of 400 samples is 1.1 %.
    assert 0.92 <= held / SAMPLES <= 0.97
