"""The gate on paper: not worse beyond a margin, and better on what is new; nothing else opens."""

import json

import pytest

from core.errors import BadInput
from core.evaluate.paired import Difference
from core.update import verdicts
from core.update.gate import REASONS, Gate, Side, judged, margin_of, side
from core.workspace import Workspace
from tests.update.promoted import finished


def of(low, high, n=200, p=0.001):
    """A side whose difference lies between two ends."""
    return Side(n, 20.0, 21.0, (low + high) / 2, low, high, p, ("a", "b"))


NEW = of(1.0, 9.0, n=30)


@pytest.mark.parametrize(
    ("locked", "new", "reason"),
    [
        (of(-0.9, 0.4), NEW, "passed"),  # −0.9 > −1: not worse, though not better either
        (of(-1.0, 0.4), NEW, "unsure"),  # the end must lie above, not on, the margin
        (of(-3.0, 2.0), NEW, "unsure"),
        (of(-5.0, -1.2), NEW, "worse"),
        (of(-5.0, -0.9), NEW, "unsure"),
        (of(0.5, 2.0), of(-0.1, 9.0, n=30), "not_better"),
        (of(0.5, 2.0), of(0.1, 9.0, n=30, p=0.06), "not_better"),
        (of(0.5, 2.0), of(1.0, 9.0, n=5), "few_new"),
        (of(0.5, 2.0), None, "few_new"),
        (of(0.5, 2.0, n=9), NEW, "few_test"),
        (Side(1, 2.0, 3.0, 1.0, None, None, None, None), NEW, "few_test"),
        (None, None, "first"),
    ],
)
def test_both_must_be_shown(locked, new, reason):
    assert reason in REASONS
    assert judged(locked, new, 1.0)[2] == reason


def test_a_margin_of_nothing_asks_for_better():
    assert judged(of(0.0, 2.0), NEW, 0.0)[2] == "unsure"
    assert judged(of(0.01, 2.0), NEW, 0.0)[2] == "passed"


def test_a_metric_where_less_is_better_is_turned():
    found = Difference("wer", 30.0, 27.0, -3.0, -4.0, -1.5, 0.01, "t", None, False)
    made = side(found, 50, ("a", "b"))
    assert (made.difference, made.low, made.high) == (3.0, 1.5, 4.0)
    assert (made.champion, made.challenger) == (30.0, 27.0)


@pytest.mark.parametrize("margin", [-0.1, float("nan"), float("inf"), 101.0])
def test_a_margin_that_cannot_be(margin):
    with pytest.raises(BadInput, match="cannot be; give how many points"):
        margin_of(margin, "BLEU", "points")


def test_a_margin_is_in_the_metrics_own_unit():
    assert margin_of(None, "BLEU", "points") == 1.0
    assert margin_of(2.0, "accuracy", "share") == pytest.approx(0.02)
    with pytest.raises(BadInput, match="MCC is not out of a hundred"):
        margin_of(None, "MCC", "number")


def verdict(**changes):
    fields = {
        "dataset": "shop", "champion": "shop-1", "rival": "shop-1", "challenger": "shop-2",
        "metric": "bleu", "unit": "points", "margin": 1.0, "locked": of(-0.5, 0.7), "new": NEW,
        "not_worse": True, "better": True, "reason": "passed", "test_hash": "t",
        "slice_version": "s",
    }  # fmt: skip
    return Gate(**{**fields, **changes})


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_a_sentence(language, reason):
    [first, *_] = verdicts.words(verdict(reason=reason), language)
    assert first.endswith("。" if language == "zh" else ".")


def test_the_words_carry_the_numbers():
    assert verdicts.words(verdict())[1:] == [
        "Test split: BLEU +0.1 (−0.5 to +0.7, n = 200), and the whole interval lies above "
        "−1.0 BLEU: not worse.",
        "Held-out corrections: BLEU +5.0 (+1.0 to +9.0, p = 0.001, n = 30): better.",
    ]
    shut = verdict(new=None, better=False, reason="few_new")
    assert "at least six are needed" in verdicts.words(shut)[2]


def test_a_verdict_is_kept_beside_its_run(tmp_path):
    workspace = Workspace.open(tmp_path)
    finished(workspace, "shop-2")
    assert verdicts.known(workspace, "shop-2") is None
    verdicts.keep(workspace, verdict())
    assert verdicts.known(workspace, "shop-2") == verdict()
    assert Gate.from_json(json.loads(json.dumps(verdict().to_json()))) == verdict()
