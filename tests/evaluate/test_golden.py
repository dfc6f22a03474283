"""One case worked by hand for every metric, and what a metric says where it does not apply."""

import math

import pytest

from core.evaluate import metrics, scoring
from core.evaluate.answer import Answer
from core.evaluate.score import Score

NEAR = {"bertscore": 1.0, "embedding": 1.0}
FAR = {"bertscore": 0.5, "embedding": -0.2}
TEXTS = [
    ("the cat sat on the mat", Answer("the cat sat on the mat", reference_nats=6 * math.log(2),
                                      reference_tokens=6, seconds=1.0, output_tokens=6,
                                      dollars=0.001, similarity=NEAR, encoder="e")),
    ("a b", Answer("a c", reference_nats=2 * math.log(8), reference_tokens=2, seconds=3.0,
                   output_tokens=10, dollars=0.003, similarity=FAR, encoder="e")),
    ("yes", Answer("", reference_nats=0.0, reference_tokens=1, seconds=2.0, output_tokens=0,
                   dollars=0.0)),
    ("go go go go", Answer("go go go go go go", seconds=9.0)),
]  # fmt: skip
LABELS = [
    ("cat", Answer("cat", {"cat": 0.9, "dog": 0.1})),
    ("dog", Answer("cat", {"cat": 0.6, "dog": 0.4})),
    ("dog", Answer("dog", {"cat": 0.2, "dog": 0.8})),
    ("cow", Answer("dog", {"cat": 0.5, "dog": 0.5})),
]

GOLDEN = {
    # sacreBLEU's own scores of these four are compared in test_metrics; here the parts by hand.
    # BLEU: 13 of 14 unigrams, 10 of 11, 7 of 7 and so on: see `bleu` below.
    "bleu": None,
    "chrf": None,
    "chrf++": None,
    # One word of two to replace, one to write, two to strike out: 4 edits for 13 words.
    "ter": 100 * 4 / 13,
    # Shared words: 6 of 6 and 6; 1 of 2 and 2; none; 4 of 6 and 4.
    "rouge1": (1 + 0.5 + 0 + 0.8) / 4,
    # Pairs: 5 of 5; 0 of 1; none; 3 of 5 and 3.
    "rouge2": (1 + 0 + 0 + 0.75) / 4,
    "rougel": (1 + 0.5 + 0 + 0.8) / 4,
    # "a" and "the" are articles and do not count: 4 of 4; "b" and "c"; none; 4 of 6 and 4.
    "token_f1": (1 + 0 + 0 + 0.8) / 4,
    "exact_match": 1 / 4,
    # log2: 6 and 6 bits and 0 over 9 tokens.
    "perplexity": 2 ** (12 / 9),
    "bits_per_byte": 12 / (22 + 3 + 3),
    "length_ratio": (22 + 3 + 0 + 17) / (22 + 3 + 3 + 11),
    # Of the last answer's three runs of four words, two are the first again.
    "repetition": (0 + 0 + 0 + 2 / 3) / 4,
    "empty": 1 / 4,
    "latency_p50": 2.0,
    "latency_p95": 9.0,
    "throughput": 16 / 6,
    "usd_per_1000": 4 / 3,
    "bertscore": (1.0 + 0.5) / 2,
    "embedding": (1.0 - 0.2) / 2,
    "accuracy": 2 / 4,
    # cat: 1 of 2 answers, 1 of 1; dog: 1 of 2, 1 of 2; cow: never answered.
    "precision": (1 / 2 + 1 / 2 + 0) / 3,
    "recall": (1 + 1 / 2 + 0) / 3,
    "f1": (2 / 3 + 1 / 2 + 0) / 3,
    "weighted_f1": (1 * 2 / 3 + 2 * 1 / 2 + 0) / 4,
    "micro_f1": 2 / 4,
    # (2 · 4 − (2·1 + 2·2)) / √((16 − 8)(16 − 6))
    "mcc": 2 / math.sqrt(80),
    # Each answer is alone in its bin: |1 − 0.9|, |0 − 0.6|, |1 − 0.8|, |0 − 0.5|.
    "ece": (0.1 + 0.6 + 0.2 + 0.5) / 4,
    # 0.01 + 0.01; 0.36 + 0.36; 0.04 + 0.04; 0.25 + 0.25 + 1 for the cow.
    "brier": (0.02 + 0.72 + 0.08 + 1.5) / 4,
}

OF_LABELS = ("accuracy", "precision", "recall", "f1", "weighted_f1", "micro_f1", "mcc", "ece",
             "brier")  # fmt: skip


def one(name: str, cases: list[tuple[str, Answer]], **more: str) -> Score:
    references, answers = [r for r, _ in cases], [a for _, a in cases]
    (found,) = scoring.score([name], references, answers, language="en", resamples=20, **more)
    return found


def test_every_metric_has_its_case() -> None:
    assert set(GOLDEN) == {row.name for row in metrics.METRICS}


@pytest.mark.parametrize("name", [name for name, value in GOLDEN.items() if value is not None])
def test_by_hand(name: str) -> None:
    found = one(name, LABELS if name in OF_LABELS else TEXTS)
    assert found.failed is None
    assert found.value == pytest.approx(GOLDEN[name])
    assert found.signature


def test_bleu_by_hand() -> None:
    # Runs of one to four words: 6, 5, 4, 3, all but one found; the answer is as long.
    found = one("bleu", [("the cat sat on the mat", Answer("the cat sat on the hat"))])
    assert found.value == pytest.approx(100 * (5 / 6 * 4 / 5 * 3 / 4 * 2 / 3) ** 0.25)


def test_chrf_by_hand() -> None:
    # Letters: 2 of 3 and 3; pairs: 1 of 2 and 2; triples: 0 of 1 and 1. chrF++ has a word, wrong.
    case = [("cat", Answer("cap"))]
    assert one("chrf", case).value == pytest.approx(100 * (2 / 3 + 1 / 2 + 0) / 3)
    assert one("chrf++", case).value == pytest.approx(100 * (2 / 3 + 1 / 2 + 0 + 0) / 4)


@pytest.mark.parametrize("row", metrics.METRICS, ids=lambda row: row.name)
def test_what_is_not_known_is_never_zero(row: metrics.Metric) -> None:
    found = one(row.name, [("", Answer("said")), (" ", Answer("again"))])
    if row.needs == "answer":
        assert found.value == 0
        return
    assert (found.value, found.low, found.high) == (None, None, None)
    assert found.why == f"evaluate.why.{row.needs}"


@pytest.mark.parametrize("name", ["mcc", "ece", "brier"])
def test_what_needs_one_label_does_not_apply_to_several(name: str) -> None:
    assert one(name, LABELS, separator=";").why == "evaluate.why.one_label"


def test_only_the_examples_that_are_known_are_counted() -> None:
    throughput, latency = one("throughput", TEXTS), one("latency_p50", TEXTS)
    assert (throughput.n, latency.n) == (3, 4)
    assert scoring.per_example("usd_per_1000", ["a"] * 4, [a for _, a in TEXTS]) == [1, 3, 0, None]


def test_a_perplexity_beyond_all_numbers_fails_and_says_so() -> None:
    case = [("a", Answer("", reference_nats=1e6, reference_tokens=1))]
    found = one("perplexity", case)
    assert found.value is None
    assert "came out as inf" in str(found.failed)


def test_all_answers_empty_is_a_zero_that_is_marked() -> None:
    found = one("bleu", [("a b c d", Answer("")), ("e f", Answer(" "))])
    assert found.value == 0
    assert found.warnings == ("all_empty", "few", "all_equal")


def test_a_label_that_was_never_learnt_is_marked() -> None:
    assert "unseen_label" in one("accuracy", LABELS).warnings
    assert "unseen_label" not in one("accuracy", LABELS[:3]).warnings
