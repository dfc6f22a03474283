"""Scores and tests against the packages that people otherwise use: rouge-score, statsmodels."""

import random

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from core.evaluate import paired, scoring
from core.evaluate.answer import of_texts
from core.evaluate.share import share
from tests.evaluate.test_metrics import corpus


@pytest.mark.parametrize("seed", range(4))
def test_rouge_is_rouge_scores(seed: int) -> None:
    references, predictions = corpus(seed, 40, 0.6)
    references += ["", "the", "Don't stop, it's 10,000!", "a-b-c d_e"]
    predictions += ["", "", "dont stop its 10 000", "a b c d e"]
    peer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    found = [peer.score(r, p) for r, p in zip(references, predictions, strict=True)]
    for name in ("rouge1", "rouge2", "rougeL"):
        ours = scoring.per_example(name, references, of_texts(predictions))
        assert ours == pytest.approx([row[name].fmeasure for row in found])


@pytest.mark.parametrize(
    ("both", "only_a", "only_b", "neither"),
    [(10, 0, 0, 5), (10, 1, 0, 5), (50, 9, 3, 20), (50, 3, 9, 20), (0, 40, 41, 0), (5, 120, 70, 2)],
)
def test_mcnemar_is_statsmodels(both: int, only_a: int, only_b: int, neither: int) -> None:
    a = np.array([1.0] * both + [1.0] * only_a + [0.0] * only_b + [0.0] * neither)
    b = np.array([1.0] * both + [0.0] * only_a + [1.0] * only_b + [0.0] * neither)
    expected = mcnemar([[both, only_a], [only_b, neither]], exact=True).pvalue
    assert paired.mcnemar(a, b) == pytest.approx(float(expected))


def test_intervals_of_shares_are_statsmodels() -> None:
    rng = random.Random(0)
    for n in (1, 5, 50, 1000):
        yes = rng.randint(0, n)
        found = share(yes, n)
        assert found is not None
        expected = proportion_confint(yes, n, method="wilson")
        assert (found.low, found.high) == pytest.approx(expected)
