"""Sentences of the Trust part: what they say is what was computed."""

import dataclasses

import numpy as np
import pytest

from core.interpret import trust_words as words
from core.interpret.faithfulness import Verdict
from core.text.catalog import LANGUAGES
from tests.interpret.explained import HOSTILE, made_up


def verdict(method: str, outcome: str, n: int = 1) -> Verdict:
    difference = {"better": 0.2, "tie": 0.01, "worse": -0.2}[outcome]
    low, high = (-0.1, 0.1) if n == 1 else (difference - 0.05, difference + 0.05)
    return Verdict(method, difference, low, high, n, outcome, 0.3, 0.4, 0.2, 0.4, 0.3, 0.5)


def test_where_attention_does_not_beat_random_the_finding_says_so() -> None:
    found = [verdict("attention", "tie"), verdict("rollout", "worse"),
             verdict("integrated_gradients", "better")]  # fmt: skip
    assert words.finding(found) == (
        "Attention does not beat random here: gap +0.010, and 95 % of random orders stay within "
        "±0.10. Of the others, integrated gradients beats random"
    )
    assert words.finding(found[:2]).endswith("None of the other methods beats random")
    assert words.finding(found[:1]).endswith("±0.10")


def test_over_many_texts_the_finding_has_the_interval() -> None:
    found = [verdict("attention", "tie", 40), verdict("rollout", "better", 40),
             verdict("integrated_gradients", "better", 40)]  # fmt: skip
    assert words.finding(found) == (
        "Attention does not beat random on these 40 texts: difference +0.010 (−0.040 to +0.060). "
        "Of the others, rollout and integrated gradients beat random"
    )
    every = [dataclasses.replace(v, outcome="better") for v in found]
    assert words.finding(every).endswith("All of the other methods do, too")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", ["better", "tie", "worse"])
@pytest.mark.parametrize("n", [1, 40])
def test_each_outcome_has_words_in_each_language(language: str, outcome: str, n: int) -> None:
    for method in ("attention", "rollout", "gradient_attention", "integrated_gradients"):
        assert words.verdict(verdict(method, outcome, n), language)


def test_an_output_that_does_not_hang_on_the_text_is_named() -> None:
    none = [verdict("attention", "tie", 40)]
    assert "0.96" in (words.flat([0.97, 0.95, 0.96], none) or "")
    assert words.flat([0.9, 0.5, 0.2], none) is None
    # A text that makes the output less likely matters as well, and one that does so half-way.
    assert words.flat([0.2, 0.5, 0.9], none) is None
    assert words.flat([0.22, 0.1, 0.21], none) is None
    # Chance moves nothing, yet the right order does.
    assert words.flat([0.97, 0.95, 0.96], [*none, verdict("rollout", "better", 40)]) is None


def test_the_heat_names_the_strongest_token_and_its_sign() -> None:
    made = made_up()
    scores = np.array([0.1, -3.0, 0.5, 0.3, 0.1])
    found = dataclasses.replace(made, scores={**made.scores, "integrated_gradients": scores})
    expected = f"“{HOSTILE}” speaks most against the output (75 % of integrated gradients)"
    assert words.heat(found) == expected
    assert "\\*\\*" in words.heat(found, literal=lambda text: text.replace("*", "\\*"))


def test_shares_keep_their_sign_and_add_up_to_a_hundred() -> None:
    found = words.shares(np.array([1.0, -3.0]))
    assert found.tolist() == [25, -75]
    assert words.shares(np.zeros(3)).tolist() == [0, 0, 0]


def test_the_lens_says_from_which_layer_on() -> None:
    made = made_up()
    assert words.lens(made) == (
        "The model’s answer is settled from layer 2 on for half of the tokens, before the last of "
        "3 layers"
    )
    last = dataclasses.replace(made, lens={**made.lens, "settled": [3, 3, 0]})
    assert "only in the last of 3 layers" in words.lens(last)
    one = dataclasses.replace(made, places=(1,))
    assert words.lens(one) == "“31” is the likeliest token from layer 2 of 3 on"
    assert "no token" in words.lens(dataclasses.replace(made, lens=None))


def test_what_is_missing_is_said_with_its_reason() -> None:
    made = dataclasses.replace(made_up(), missing={"gradient_attention": "own_code"})
    assert words.absent(made) == [
        "Gradient × attention is not available: this model computes attention with code of its "
        "own, which hands out no gradient."
    ]
