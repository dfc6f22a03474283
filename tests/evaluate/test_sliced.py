"""Slices measured: against sacreBLEU and scikit-learn on the rows alone, and SciPy's tests."""

import numpy as np
import pytest
import sacrebleu
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from core.evaluate.answer import of_texts
from core.evaluate.holm import holm
from core.evaluate.metrics import scorer_of
from core.evaluate.sliced import FEWEST, Sliced, measure
from core.evaluate.slices import Slice


def counted(name, references, *systems):
    scorer = scorer_of(name, "en")
    return scorer, scorer.counts(references, *map(of_texts, systems))


def test_a_slice_has_the_score_of_its_rows_alone():
    references = [f"the cat number {i} sleeps on a mat" for i in range(40)]
    answers = [r if i % 3 else "the dog sleeps" for i, r in enumerate(references)]
    part = Slice("numbers", {}, tuple(range(5, 31)))
    scorer, (counts,) = counted("bleu", references, answers)
    [found] = measure("bleu", scorer, [part], counts)
    expected = sacrebleu.corpus_bleu(answers[5:31], [references[5:31]]).score
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.low < found.value < found.high
    assert (found.n, found.a, found.p_value, found.verdict) == (26, None, None, None)


def test_macro_f1_of_a_slice_is_over_the_labels_that_occur_there():
    references = list("aaaaabbbbbccccc" * 2)
    answers = list("aaaabbbbbaccccb" * 2)
    part = Slice("length", {}, (0, 1, 4, 5, 9, 15, 16, 19, 20, 24))
    scorer, (counts,) = counted("f1", references, answers)
    [found] = measure("f1", scorer, [part], counts)
    rows = list(part.members)
    expected = f1_score([references[i] for i in rows], [answers[i] for i in rows], average="macro",
                        zero_division=0)  # fmt: skip
    assert found.value == pytest.approx(expected, abs=1e-12)


def test_where_b_loses_stands_first_and_the_test_is_mcnemars():
    references = ["r"] * 60
    a = ["r"] * 20 + ["x"] * 20 + ["r"] * 10 + ["x"] * 10
    b = ["x"] * 18 + ["r"] * 2 + ["r"] * 20 + ["r"] * 10 + ["x"] * 10
    parts = [
        Slice("numbers", {}, tuple(range(20, 40))),  # 20 won
        Slice("names", {}, tuple(range(20))),  # 18 lost
        Slice("script", {"name": "latin"}, tuple(range(40, 60))),  # nothing changed
        Slice("rare_many", {}, tuple(range(FEWEST - 1))),
        Slice("empty", {}, tuple(range(18)), by_answer=True),
    ]
    scorer, (counts_a, counts_b) = counted("accuracy", references, a, b)
    found = measure("accuracy", scorer, parts, counts_b, counts_a)
    assert [row.kind for row in found] == ["names", "script", "numbers", "rare_many", "empty"]
    lost, same, won, few, chosen = found
    assert lost.p_value == pytest.approx(binomtest(18, 18).pvalue)
    assert (lost.difference, lost.verdict) == (-0.9, "worse")
    assert lost.p_corrected == pytest.approx(2 * lost.p_value)
    assert won.p_corrected == pytest.approx(3 * won.p_value)
    assert (won.verdict, same.verdict) == ("better", "tie")
    assert (few.why_untested, few.low, few.p_value, few.verdict) == ("few", None, None, None)
    assert (few.a, few.value, few.difference) == (1.0, 0.0, -1.0)
    # Chosen by B's failures it looks as bad as can be: no p-value is given for that.
    assert (chosen.why_untested, chosen.p_value, chosen.difference) == ("by_answer", None, -1.0)


def test_less_is_better_for_ter():
    references = [f"a b c {i}" for i in range(12)]
    worse = ["x y z w"] * 12
    scorer, (counts_a, counts_b) = counted("ter", references, references, worse)
    [found] = measure("ter", scorer, [Slice("names", {}, tuple(range(12)))], counts_b, counts_a)
    assert found.difference > 0 > found.gain
    assert found.verdict == "worse"


def test_alone_the_weakest_slice_stands_first():
    references = ["r"] * 30
    answers = ["x"] * 10 + ["r"] * 20
    scorer, (counts,) = counted("accuracy", references, answers)
    parts = [Slice("numbers", {}, tuple(range(10, 30))), Slice("names", {}, tuple(range(10)))]
    found = measure("accuracy", scorer, parts, counts)
    assert [row.kind for row in found] == ["names", "numbers"]
    assert [Sliced.from_json(row.to_json()) for row in found] == found


def test_holm_keeps_the_errors_of_a_family_at_five_percent():
    rng = np.random.default_rng(0)
    wrong = [min(holm(list(rng.random(20)))) < 0.05 for _ in range(2_000)]
    # 1 − 0.95 … for independent tests: 1 − (1 − 0.05/20)^20 = 4.9 %, ± 3 standard errors of 0.48.
    assert 0.034 < np.mean(wrong) < 0.064


def test_where_no_reference_has_four_words_bleu_says_nothing_and_is_not_tested():
    references = ["33 kilowatts"] * 20 + ["the cat sleeps on a mat"] * 20
    scorer, (a, b) = counted("bleu", references, ["33 Watt"] * 40, references)
    parts = [Slice("length", {}, tuple(range(20))), Slice("names", {}, tuple(range(15, 40)))]
    long, short = measure("bleu", scorer, parts, b, a)
    assert (short.kind, short.why_untested, short.low, short.p_value) == (
        "length", "short", None, None)  # fmt: skip
    assert (long.kind, long.why_untested, long.verdict) == ("names", None, "better")
    alone = measure("bleu", scorer, parts, b)
    assert [row.why_untested for row in alone] == [None, "short"]
