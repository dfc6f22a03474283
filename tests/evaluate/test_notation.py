"""Scores as people read them."""

import pytest

from core.evaluate import notation
from core.evaluate.metrics import METRICS
from core.evaluate.score import Score


def score(metric: str, value: float, unit: str) -> Score:
    return Score(metric, value, None, None, 10, unit, "")


def test_points_keep_the_metrics_name_and_shares_become_percent() -> None:
    assert notation.score(score("bleu", 29.44, "points")) == "29.4 BLEU"
    assert notation.score(score("accuracy", 0.7231, "share")) == "72.3 %"
    assert notation.named(score("accuracy", 0.7231, "share")) == "accuracy 72.3 %"
    assert notation.named(score("accuracy", 0.7231, "share"), "zh") == "准确率 72.3 %"
    assert notation.score(score("ter", 45.2, "percent")) == "45.2 %"
    assert notation.axis("f1", "share") == "macro F1, %"


def test_intervals_and_differences() -> None:
    assert notation.interval(28.1, 30.8, "points") == "28.1–30.8"
    assert notation.interval(0.701, 0.746, "share") == "70.1–74.6 %"
    assert notation.interval(0.022, 0.04, "share", sign=True) == "+2.2 to +4.0"
    assert notation.interval(None, None, "share") == "not known"
    assert notation.change(-0.0124, "share") == "−1.2"
    assert notation.change(None, "share", "zh") == "未知"
    assert notation.size(-3.14, "bleu", "points") == "3.1 BLEU"
    assert notation.size(0.031, "accuracy", "share") == "3.1 percentage points of accuracy"


@pytest.mark.parametrize(
    ("p", "words"),
    [(1e-9, "p < 0.001"), (0.0123, "p = 0.012"), (0.0999, "p = 0.100"), (0.43, "p = 0.43"),
     (1.0, "p = 1.00"), (None, "p not known")],
)  # fmt: skip
def test_p_values(p: float | None, words: str) -> None:
    assert notation.p_value(p) == words


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_metric_has_its_words(language: str) -> None:
    from core.text.catalog import t

    for row in METRICS:
        assert notation.title(row.name, language)
        assert t(row.blind_to, language)
    assert [notation.title(row.name) for row in METRICS] == [row.title for row in METRICS]


def test_a_score_without_a_value_says_why_and_is_never_a_number() -> None:
    missing = Score("bleu", None, None, None, 3, "points", "", why="evaluate.why.reference")
    assert notation.score(missing) == "not applicable: no example has a reference"
    assert notation.score(missing, "zh") == "不适用：没有一条样本有参考答案"
    broken = Score("f1", None, None, None, 3, "share", "", failed="KeyError: 'x'")
    assert notation.named(broken) == "macro F1 failed: KeyError: 'x'"


def test_a_score_that_was_kept_before_reads_as_before() -> None:
    kept = {"metric": "bleu", "value": 29.4, "low": 28.1, "high": 30.8, "n": 9, "unit": "points",
            "signature": "s"}  # fmt: skip
    found = Score.from_json(kept)
    assert (found.number, found.why, found.failed) == (29.4, None, None)


def test_units_are_written_with_the_number() -> None:
    assert notation.score(score("mcc", 0.7134, "number")) == "0.713 MCC"
    assert notation.number(1.2345, "seconds") == "1.23 s"
    assert notation.number(0.42, "dollars", "zh") == "0.420 美元"
    assert notation.interval(1.1, 1.34, "seconds", "zh") == "1.10–1.34 秒"
    assert notation.axis("latency_p50", "seconds") == "latency p50, s"
    assert notation.change(-0.0213, "number") == "−0.0213"
    assert notation.size(-0.0213, "mcc", "number") == "0.0213 MCC"
    assert notation.named(score("latency_p95", 2.0, "seconds")) == "latency p95 2.00 s"
