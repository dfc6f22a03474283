"""Sentences, computed from a capture."""

import dataclasses

import pytest

from core.interpret import attention, words
from core.interpret.measures import Head
from core.text.catalog import LANGUAGES
from tests.interpret.captures import seq2seq


@pytest.mark.parametrize(("value", "text"), [
    (1.234e-6, "1.2 × 10⁻⁶"), (9.96e-7, "1.0 × 10⁻⁶"), (0.0, "0"), (25.0, "2.5 × 10¹"),
    (-3e-4, "−3.0 × 10⁻⁴"),
])  # fmt: skip
def test_small_numbers_in_powers_of_ten(value: float, text: str) -> None:
    assert words.scientific(value).replace("\u00a0", " ") == text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("pattern", "share"), [
    ("previous", 0.9), ("delimiter", 0.6), ("focused", 0.7), ("broad", None),
])  # fmt: skip
def test_the_answer_names_the_sharpest_head(language: str, pattern: str, share) -> None:
    head = Head("decoder", 2, 1, 0.5, 1.0, 0.2, pattern, share)
    said = words.answer(seq2seq(), [head], language)
    assert "2.1" in said and "2.0\u00a0×\u00a010⁻⁷" in said
    assert share is None or f"{100 * share:.0f} %" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_of_heads(language: str) -> None:
    def head(pattern: str) -> Head:
        return Head("encoder", 0, 0, 0.5, 1.0, 0.2, pattern, 0.8)

    for patterns in (["broad"], ["previous", "broad"], ["previous", "self", "self"]):
        said = words.all_heads([head(pattern) for pattern in patterns], language)
        placed = [pattern for pattern in patterns if pattern != "broad"]
        assert not placed or str(len(placed)) in said
    capture = seq2seq()
    look = attention.strongest_look(capture, "cross", 0, 1)
    assert look is not None
    said = words.one_head(capture, "cross", 0, 1, language, literal=lambda text: f"<{text}>")
    assert f"<“{capture.labels[look.key]}”>" in said and f"{look.weight:.2f}" in said
    assert words.one_head(capture, "cross", 0, None, language)
    assert "0, 1" in words.one_head(capture, "cross", 0, (0, 1), language)


def test_the_formula_says_whether_the_model_divides() -> None:
    capture = seq2seq()
    assert "left out" in words.formula(capture, "en")
    divided = dataclasses.replace(capture, scaling=8**-0.5)
    assert "2.83" in words.formula(divided, "en")
    assert "0.5" in words.formula(dataclasses.replace(capture, scaling=0.5), "en")
