"""Scores against sacreBLEU, scikit-learn and cases made by hand."""

import random
import socket

import numpy as np
import pytest
import sacrebleu
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    matthews_corrcoef,
    precision_recall_fscore_support,
)

from core.errors import BadInput, NotFound
from core.evaluate import metrics, notation, overlap, scoring
from core.evaluate.answer import of_texts
from core.evaluate.need import NEEDS
from core.evaluate.scorer import Array
from core.pipeline import TASKS

SACREBLEU = ("bleu", "chrf", "chrf++", "ter")


def corpus(seed: int, n: int, keep: float = 0.7) -> tuple[list[str], list[str]]:
    rng = random.Random(seed)
    words = [f"word{i}" for i in range(300)] + [",", ".", "<b>", "&amp;", "don't", "10,000"]
    references = [" ".join(rng.choices(words, k=rng.randint(1, 18))) for _ in range(n)]
    predictions = [
        " ".join(w if rng.random() < keep else rng.choice(words) for w in r.split() if
                 rng.random() < 0.95)
        for r in references
    ]  # fmt: skip
    return references, predictions


def peer(name: str, references: list[str], predictions: list[str]) -> float:
    """sacreBLEU's public functions."""
    if name == "chrf++":
        return float(sacrebleu.corpus_chrf(predictions, [references], word_order=2).score)
    return float(getattr(sacrebleu, f"corpus_{name}")(predictions, [references]).score)


@pytest.mark.parametrize("name", SACREBLEU)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [1, 2, 60])
def test_corpus_scores_equal_sacrebleu_to_the_last_digit(name: str, seed: int, n: int) -> None:
    references, predictions = corpus(seed, n)
    (score,) = scoring.score([name], references, of_texts(predictions), language="de", resamples=20)
    assert score.value == peer(name, references, predictions)


@pytest.mark.parametrize("name", SACREBLEU)
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("language", ["de", "zh"])
def test_array_formulas_equal_sacrebleu_on_sums(name: str, keep: float, language: str) -> None:
    references, predictions = corpus(3, 40, keep)
    scorer = metrics.metric(name).scorer(language)
    (counts,) = scorer.counts(references, of_texts(predictions))
    rng = np.random.default_rng(0)
    sums: Array = np.stack([counts[rng.integers(len(counts), size=k)].sum(0)
                            for k in (1, 1, 1, 2, 3, 40)])  # fmt: skip
    expected = [scorer.point(row) for row in sums]
    assert scorer.corpus(sums) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", SACREBLEU)
def test_one_example_scores_as_sacrebleu_scores_a_sentence(name: str) -> None:
    references, predictions = corpus(5, 30)
    predictions[:3] = ["", "word1", references[2]]
    words = {"word_order": 2} if name == "chrf++" else {}
    function = getattr(sacrebleu, f"sentence_{name.rstrip('+')}")
    expected = [
        function(p, [r], **words).score for r, p in zip(references, predictions, strict=True)
    ]
    assert scoring.per_example(name, references, of_texts(predictions)) == pytest.approx(
        expected, abs=1e-9
    )


def test_chinese_is_scored_by_character() -> None:
    references = ["猫坐在垫子上。", "退款多久到账？"]
    predictions = ["猫在垫子上。", "退款几天到账？"]
    bleu, ter = scoring.score(["bleu", "ter"], references, of_texts(predictions), language="zh-CN")
    assert bleu.value == sacrebleu.corpus_bleu(predictions, [references], tokenize="zh").score
    assert "tok:zh" in bleu.signature
    # Six characters and a full stop, of which one is missing; seven, of which two differ.
    assert ter.value == pytest.approx(100 * 3 / 14)
    assert "asian:yes" in ter.signature


def test_japanese_needs_no_dictionary() -> None:
    (bleu,) = scoring.score(["bleu"], ["猫が座る"], of_texts(["猫が座る"]), language="ja")
    assert bleu.value == pytest.approx(100)
    assert "tok:char" in bleu.signature


def test_signature_is_sacrebleus() -> None:
    references, predictions = corpus(1, 5)
    metric = sacrebleu.BLEU()
    metric.corpus_score(predictions, [references])
    (score,) = scoring.score(["bleu"], references, of_texts(predictions), language="en")
    assert score.signature == str(metric.get_signature())


@pytest.mark.parametrize("seed", range(6))
def test_labels_equal_scikit_learn(seed: int) -> None:
    rng = random.Random(seed)
    labels = ["a", "b", "c", "d", "never answered"]
    references = rng.choices(labels, weights=[5, 3, 1, 1, 1], k=40)
    predictions = rng.choices([*labels[:4], "never right"], k=40)
    names = ["accuracy", "precision", "recall", "f1", "weighted_f1", "micro_f1", "mcc"]
    found = scoring.score(names, references, of_texts(predictions), language=None)
    scores = {score.metric: score for score in found}
    precision, recall, f1, _ = precision_recall_fscore_support(
        references, predictions, average="macro", zero_division=0
    )
    assert scores["accuracy"].value == pytest.approx(accuracy_score(references, predictions))
    assert scores["precision"].value == pytest.approx(precision)
    assert scores["recall"].value == pytest.approx(recall)
    assert scores["f1"].value == pytest.approx(f1)
    for average in ("weighted", "micro"):
        expected = f1_score(references, predictions, average=average, zero_division=0)
        assert scores[f"{average}_f1"].value == pytest.approx(expected)
    assert scores["mcc"].value == pytest.approx(matthews_corrcoef(references, predictions))


def test_macro_scores_of_a_resample_equal_scikit_learn_on_it() -> None:
    references, predictions = list("aabbcc"), list("abbbca")
    scorer = metrics.metric("f1").scorer(None)
    (counts,) = scorer.counts(references, of_texts(predictions))
    weights = np.array([2, 0, 3, 1, 0, 0], dtype=np.float64)  # class c is not in it
    picked = [i for i, w in enumerate(weights) for _ in range(int(w))]
    expected = precision_recall_fscore_support(
        [references[i] for i in picked], [predictions[i] for i in picked],
        average="macro", zero_division=0,
    )[2]  # fmt: skip
    assert scorer.corpus(weights @ counts) == pytest.approx(expected)


def test_sentences_as_labels_fail_and_the_other_metrics_stand() -> None:
    sentences = [f"a whole sentence {i}" for i in range(1001)]
    f1, chrf = scoring.score(
        ["f1", "chrf"], sentences, of_texts(sentences), language=None, resamples=2
    )
    assert f1.value is None
    assert "1,001 distinct answers were given where labels were expected" in str(f1.failed)
    assert chrf.value == pytest.approx(100)


@pytest.mark.parametrize(
    ("reference", "prediction", "exact", "f1"),
    [
        ("The cat.", "a Cat", 1, 1),
        ("in the north tower", "north tower", 0, 0.8),
        ("1,200 dollars", "1200 dollars", 1, 1),
        ("yes", "", 0, 0),
        ("", "", 1, 1),
        ("the", "a", 1, 1),  # both are empty after normalising
        ("red red blue", "red", 0, 0.5),
        ("退款", "退款到账", 0, 2 / 3),
    ],
)
def test_answers_as_squad_scores_them(
    reference: str, prediction: str, exact: float, f1: float
) -> None:
    assert scoring.per_example("exact_match", [reference], of_texts([prediction])) == [exact]
    assert scoring.per_example("token_f1", [reference], of_texts([prediction])) == pytest.approx(
        [f1]
    )


@pytest.mark.parametrize(
    ("reference", "prediction", "rouge1", "rouge2", "rougel"),
    [
        # Made by the package rouge-score 0.1.2, use_stemmer=False.
        ("the cat sat on the mat", "the cat lay on a mat", 4 / 6, 0.2, 4 / 6),
        ("police killed the gunman", "the gunman killed police", 1.0, 1 / 3, 0.5),
        ("Don't stop, it's late!", "dont stop. it is late", 6 / 11, 2 / 9, 6 / 11),
        ("a b c d e", "a x b y c z", 6 / 11, 0.0, 6 / 11),
        ("one", "two", 0.0, 0.0, 0.0),
        ("", "", 0.0, 0.0, 0.0),
        ("aa aa aa bb", "aa aa bb bb", 0.75, 2 / 3, 0.75),
    ],
)
def test_rouge(
    reference: str, prediction: str, rouge1: float, rouge2: float, rougel: float
) -> None:
    for name, expected in (("rouge1", rouge1), ("rouge2", rouge2), ("rougel", rougel)):
        assert scoring.per_example(name, [reference], of_texts([prediction])) == pytest.approx(
            [expected]
        )


def test_one_example_has_no_interval() -> None:
    (score,) = scoring.score(["bleu"], ["a b c d"], of_texts(["a b c d"]), language="en")
    assert (score.low, score.high, score.n) == (None, None, 1)


def test_the_same_seed_gives_the_same_interval() -> None:
    references, predictions = corpus(2, 50)
    first, again, other = (
        scoring.score(["chrf"], references, of_texts(predictions), language="en", seed=seed)
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    low, high = first[0].low, first[0].high
    assert low is not None
    assert high is not None
    assert low < first[0].number < high


def test_without_a_reference_a_score_is_not_zero_but_does_not_apply() -> None:
    for score in scoring.score(["bleu", "ter"], ["", " "], of_texts(["a", "b"]), language="en"):
        assert (score.value, score.low, score.high, score.n) == (None, None, None, 2)
        assert score.why == "evaluate.why.reference"
        with pytest.raises(ValueError, match="has no value"):
            assert score.number is None


def test_a_metric_that_breaks_is_kept_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> float:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr(overlap, "_longest_common", broken)
    names = ["rougel", "rouge1"]
    rougel, rouge1 = scoring.score(names, ["a b", "c"], of_texts(["a b", "d"]), language="en")
    assert (rougel.value, rougel.failed) == (None, "ZeroDivisionError: division by zero")
    assert (rouge1.value, rouge1.failed) == (0.5, None)


def test_nothing_to_score_and_unequal_lengths_are_refused() -> None:
    with pytest.raises(BadInput, match="no example"):
        scoring.score(["bleu"], [], of_texts([]), language="en")
    with pytest.raises(BadInput, match="1 predictions were given for 2 references"):
        scoring.score(["bleu"], ["a", "b"], of_texts(["a"]), language="en")
    with pytest.raises(NotFound, match=r"no metric called 'blue'\. Did you mean bleu"):
        scoring.score(["blue"], ["a"], of_texts(["a"]), language="en")


def test_every_task_has_a_headline_and_every_row_its_facts() -> None:
    for task in TASKS:
        assert metrics.for_task(task)
    names = [row.name for row in metrics.METRICS]
    assert len(names) == len(set(names))
    for row in metrics.METRICS:
        assert row.unit in [unit.name for unit in notation.UNITS]
        assert row.needs in [need.name for need in NEEDS]
        assert row.example in names
        assert row.citation
        assert metrics.metric(row.example).example == row.example
        assert row.scorer is None or row.scorer("en").signature
        assert (row.scorer is None) == (row.quantile is not None)


@pytest.mark.parametrize(
    ("task", "headline"),
    [("translation", "bleu"), ("summarization", "rougel"), ("question-answering", "token_f1"),
     ("text-classification", "accuracy"), ("text-generation", "bleu")],
)  # fmt: skip
def test_headlines(task: str, headline: str) -> None:
    assert metrics.for_task(task)[0] == headline


def test_each_example_keeps_what_speaks_of_it() -> None:
    assert metrics.of_one_example(["bleu", "ter"]) == ("bleu", "chrf", "ter")
    assert metrics.of_one_example(["f1", "precision"]) == ("accuracy",)


def test_names_are_chosen_once_and_in_any_case() -> None:
    assert metrics.choose(["BLEU", "chrF", "bleu"], "translation") == ("bleu", "chrf")
    assert metrics.for_task("translation") == ("bleu", "chrf", "chrf++", "ter")
    assert metrics.choose([], "translation")[:5] == ("bleu", "chrf", "chrf++", "ter", "perplexity")


def test_scoring_asks_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    names = [row.name for row in metrics.METRICS]
    for language in ("en", "zh", "ja", None):
        found = scoring.score(names, ["a b", "c"], of_texts(["a c", "c"]), language=language)
        assert not [score for score in found if score.failed]
