"""Sentences and the offline page, computed from a capture."""

import base64
import dataclasses
import json
import re

import numpy as np
import pytest

from core.charts import attention as charts
from core.interpret import attention, offline, words
from core.interpret.measures import Head
from core.text.catalog import LANGUAGES
from tests.interpret.captures import seq2seq

COLOURS = {"light": ["#FFFFFF", "#000000"], "dark": ["#000000", "#FFFFFF"]}


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


def test_the_formula_says_whether_the_model_divides() -> None:
    capture = seq2seq()
    assert "left out" in words.formula(capture, "en")
    divided = dataclasses.replace(capture, scaling=8**-0.5)
    assert "2.83" in words.formula(divided, "en")
    assert "0.5" in words.formula(dataclasses.replace(capture, scaling=0.5), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_offline_page_holds_the_weights_and_no_markup_of_tokens(language: str) -> None:
    capture = seq2seq()
    page = offline.attention_page(capture, capture.summary(), COLOURS, language)
    assert page.count("</script>") == 2  # the data's and the program's: none came from a token
    assert "http" not in page.replace("http-equiv", "")
    text = re.search(r'id="data">(.*?)</script>', page, re.S)
    assert text is not None
    data = json.loads(text[1])
    assert data["kinds"]["cross"]["queries"] == list(capture.target_labels)
    raw = base64.b64decode(data["kinds"]["cross"]["weights"])
    weights = np.frombuffer(raw, "<u2").reshape(capture.weights["cross"].shape) / offline.LEVELS
    assert np.abs(weights - capture.weights["cross"]).max() <= 0.5 / offline.LEVELS + 1e-7
    assert len(data["heads"]) == len(capture.summary())
    assert set(re.findall(r"words\.(\w+)", page)) <= set(data["words"])


def test_tokens_are_drawn_as_they_are_and_equal_ones_stay_apart() -> None:
    weights = np.full((2, 3), 1 / 3, np.float32)
    figure = charts.one_head(weights, ["</s>", "</s>"], ["<b>", "a", "a"], "light", "en")
    heat = figure.data[0]
    assert list(heat.y) == ["&lt;/s&gt; (0)", "&lt;/s&gt; (1)"]
    assert len(set(heat.x)) == 3
    assert list(figure.layout.xaxis.ticktext) == ["&lt;b&gt;", "a", "a"]
    assert list(figure.data[1].text) == [".33"] * 6


def test_small_weights_are_not_printed_nor_any_in_a_crowd() -> None:
    weights = np.array([[0.95, 0.05]], np.float32)
    assert list(charts.one_head(weights, ["a"], ["a", "b"], "light", "en").data[1].text) == [".95"]
    crowd = charts.PRINTED_TOKENS + 1
    many = np.full((1, crowd), 1.0, np.float32)
    assert len(charts.one_head(many, ["a"], ["b"] * crowd, "dark", "en").data) == 1


def test_a_causal_picture_leaves_empty_what_cannot_be_seen() -> None:
    weights = np.tril(np.ones((3, 3), np.float32))
    shown = charts.one_head(weights, list("abc"), list("abc"), "light", "en", causal=True).data[0].z
    assert np.isnan(shown[np.triu_indices(3, 1)]).all()
    assert np.isfinite(shown[np.tril_indices(3)]).all()


def test_the_chosen_head_is_outlined() -> None:
    weights = seq2seq().weights["cross"]
    tile = attention.tile(weights)
    figure = charts.all_heads(tile, 3, 2, (2, 1), "light", "en")
    x, y = tile.corner(2, 1)
    box = figure.layout.shapes[0]
    assert box.x0 < x - 0.5 and box.x1 > x + tile.columns - 0.5
    assert box.y0 < y - 0.5 and box.y1 > y + tile.rows - 0.5
    whole_layer = charts.all_heads(tile, 3, 2, (2, None), "light", "en").layout.shapes[0]
    assert whole_layer.x1 > tile.picture.shape[1] - 1
