"""Sentences and figures of the three studies of heads, computed from the data they stand on."""

from dataclasses import replace

import numpy as np
import pytest

from core.charts import grammar
from core.charts import moved as charts
from core.charts import moved_words as words
from core.interpret.sentence import sentence
from core.text.catalog import LANGUAGES
from tests.interpret.captures import seq2seq
from tests.interpret.test_moved import study as moved_study
from tests.interpret.test_prices import drop
from tests.interpret.test_prices import study as price_study
from tests.interpret.test_studies import alignment_study

FREE = (drop(0.1, 1, -0.2, -0.5, 0.1, 0.4), drop(0.5, 2, 0.1, -0.5, 0.6, 0.4))
PAID = (drop(0.1, 1, -3.0, -4, -2, 0.001), drop(0.5, 2, -9.0, -10, -8, 0.001))


@pytest.mark.parametrize(
    ("drops", "expected"),
    [
        (FREE, "Without 2 of 3 heads the loss of BLEU is not distinguishable"),
        (PAID, "Switching off even 1 of 3 heads costs 3.0 BLEU (−4.0 to −2.0)"),
        ((FREE[0], PAID[1]), "Without 1 of 3 heads no loss is distinguishable; "
                             "without 2 it is 9.0 BLEU (−10.0 to −8.0)"),
        ((PAID[0], FREE[1]), "Switching off even 1 of 3 heads costs 3.0 BLEU"),
    ],
)  # fmt: skip
def test_what_dropping_costs(drops, expected):
    assert expected in words.drop_finding(price_study(drops=drops), "en")


@pytest.mark.parametrize(
    ("rank", "low", "high", "expected"),
    [
        (0.9, 0.8, 0.95, "ranks the heads much as their prices do"),
        (0.5, 0.2, 0.8, "says little"),
        (0.1, -0.2, 0.3, "does not tell"),
        (-0.5, -0.7, -0.2, "wrong way round"),
        (None, None, None, "cannot be said"),
    ],
)
def test_what_the_gradient_tells(rank, low, high, expected):
    made = price_study(forecast_rank=rank, forecast_rank_low=low, forecast_rank_high=high)
    assert expected in words.forecast_finding(made, "en")


def test_what_moved():
    still = tuple(replace(head, p_corrected=1.0) for head in moved_study().heads)
    both = tuple(replace(head, p_corrected=0.001) for head in moved_study().heads)
    assert "1 of 2 heads moved beyond the noise floor: head encoder 0.0" in words.moved_finding(
        moved_study(), "en")  # fmt: skip
    assert "None of 2 heads moved" in words.moved_finding(moved_study(heads=still), "en")
    assert "2 of 2 heads moved beyond the noise floor, farthest head encoder 0.1: 0.30" in (
        words.moved_finding(moved_study(heads=both), "en"))  # fmt: skip
    assert "nothing can have moved" in words.moved_finding(moved_study(a="run"), "en")
    (one,) = moved_study().sentences
    assert "“b” looks at “**d**” by +0.70 more" in words.change_finding(one, "en")
    assert "too long to draw" in words.change_finding(replace(one, before=None), "en")
    assert "not known" in words.score_finding(None, str, "en")


def test_what_aligns_and_what_goes_with_the_score():
    made = alignment_study()
    assert "aligns best: 15\u00a0% alignment error" in words.alignment_finding(made, "en")
    assert "No head aligns better than the diagonal" in words.alignment_finding(
        alignment_study(diagonal_error=0.1), "en")  # fmt: skip
    assert "too few sentences" in words.alignment_finding(alignment_study(held_error=None), "en")
    for measure in ("coverage", "entropy_nats", "sink_mass", "jump_share"):
        for sign in (1, -1):
            one = replace(made.relations[0], measure=measure, rank=0.3 * sign,
                          given_length=0.2 * sign)  # fmt: skip
            said = words.relation_finding(alignment_study(relations=(one,)), "en")
            assert "the score is lower: rank correlation" in said
    assert "beyond chance" in words.relation_finding(
        alignment_study(relations=made.relations[1:]), "en")  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_hold_what_was_measured_and_no_markup(language, scheme):
    made, priced, aligned = moved_study(), price_study(), alignment_study()
    view = sentence(seq2seq(), 1, 0, "writes")
    figures = [
        charts.moved_map(made, scheme, language), charts.moved_heads(made, scheme, language),
        charts.change(made.sentences[0], scheme, language),
        charts.alignment_heads(aligned, scheme, language),
        charts.relations(aligned, scheme, language), charts.sentence(view, scheme, language),
        charts.drops(priced, "bleu", scheme, language), charts.forecasts(priced, scheme, language),
    ]  # fmt: skip
    for figure in figures:
        assert "<s>" not in figure.to_json().replace("\\u003c", "<")
        assert "</script>" not in figure.to_json().replace("\\u003c", "<")
    (outlined,) = figures[0].layout.shapes
    assert (outlined.x0, outlined.y0) == (-0.47, -0.44)
    ticks = [trace for trace in figures[1].data if trace.marker.symbol == "line-ns"]
    assert list(ticks[0].x) == [0.1, 0.4]
    assert grammar.safe("<s>") in figures[2].layout.yaxis.ticktext


def test_the_sentence_of_a_capture_is_the_study_s_own_way():
    view = sentence(seq2seq(), 1, 0, "writes")
    assert view.source == ("Where", "is", "my", "refund")
    assert view.target[:2] == ("Wo", "ist")
    assert view.weights.shape == (len(view.target), 4)
    assert view.coverage == pytest.approx(view.weights.sum(0))
    assert view.weights.sum(-1).max() < 1, "what falls on the end mark is on no word"
    cross = seq2seq().weights["cross"][1, 0]
    assert view.weights[0] == pytest.approx(cross[0, :4], abs=1e-6)
    read = sentence(seq2seq(), 1, 0, "reads")
    assert read.weights[0] == pytest.approx(cross[1, :4], abs=1e-6)
    assert sentence(seq2seq(), 7, 0, "writes") is None
    prefixed = replace(seq2seq(), prefix="Where is ")
    assert sentence(prefixed, 1, 0, "writes").source == ("my", "refund")
    assert np.isfinite(view.measures.entropy_nats)
