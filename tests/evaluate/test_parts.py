"""Counting on all cores gives what one process counts; and one failure is one metric's."""

import numpy as np
import pytest

from core.errors import BadInput
from core.evaluate import parts
from core.evaluate.answer import of_texts
from core.evaluate.metrics import METRICS, scorer_of
from core.evaluate.tally import Tally

REFERENCES = [f"die Katze {n} schläft auf dem Sofa" for n in range(37)]
TEXTS = [f"eine Katze {n} {'liegt ' * (n % 3)}auf Sofa" for n in range(37)]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MANY", 30)
    monkeypatch.setattr(parts, "_PART", 10)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)


@pytest.mark.usefixtures("few")
def test_parts_make_the_whole() -> None:
    found = parts.by_parts(["bleu", "chrf++", "ter", "rougel"], "de", REFERENCES, TEXTS)
    assert list(found) == ["bleu", "chrf++", "ter", "rougel"]
    for name, table in found.items():
        (expected,) = scorer_of(name, "de").counts(REFERENCES, of_texts(TEXTS))
        assert isinstance(table, np.ndarray)
        np.testing.assert_array_equal(table, expected)


def test_few_examples_start_no_process() -> None:
    assert parts.by_parts(["bleu"], "de", REFERENCES, TEXTS) == {}


@pytest.mark.parametrize("language", ["de", "zh", None])
def test_the_first_columns_of_chrf_plus_are_those_of_chrf(language: str | None) -> None:
    strange = ["", "  ", "a", "東京 に", "\u2028 b"]
    references, texts = REFERENCES + strange, TEXTS + strange[::-1]
    tally = Tally(references, of_texts(texts), language=language)
    tally.count(["chrf", "chrf++"])
    (alone,) = scorer_of("chrf", language).counts(references, of_texts(texts))
    np.testing.assert_array_equal(tally.of("chrf").table, alone)


def test_a_metric_that_cannot_count_leaves_the_others() -> None:
    texts = [f"answer {n}" for n in range(1200)]
    tally = Tally(texts, of_texts(texts), language=None)
    tally.count(["f1", "exact_match"])
    assert tally.of("exact_match").table.shape == (1200, 2)
    with pytest.raises(BadInput, match="distinct answers were given where labels were expected"):
        tally.of("f1")


def test_metrics_that_are_counted_in_parts_look_at_texts_alone() -> None:
    rows = {row.name: row for row in METRICS}
    for name in parts.OF_TEXTS:
        assert rows[name].needs in ("reference", "answer")
        assert rows[name].several is None
