"""Figures of an explanation: what is drawn is what was computed, and tokens stay text."""

import dataclasses

import numpy as np
import pytest

from core.charts import explained as charts
from core.interpret import trust_words
from tests.interpret.explained import HOSTILE, made_up

BOTH = [("light", "en"), ("dark", "zh")]


@pytest.mark.parametrize(("scheme", "language"), BOTH)
def test_the_heat_shows_shares_of_each_column(scheme: str, language: str) -> None:
    made = made_up()
    fig = charts.heat(made, scheme, language)
    shown = np.array(fig.data[0].z)
    for column, name in enumerate(made.methods):
        assert shown[:, column] == pytest.approx(trust_words.shares(made.scores[name]))
    assert np.abs(shown).sum(0) == pytest.approx(100)
    assert fig.data[0].zmin == -fig.data[0].zmax


def test_no_label_is_markup() -> None:
    made = made_up(labels=("<s>", HOSTILE, "中文", "مرحبا", "</s>"))
    for fig in (charts.heat(made, "light"), charts.lens(made, "light")):
        ticks = [*fig.layout.yaxis.ticktext]
        texts = [*fig.data[1].text]
        assert not any("<" in text for text in [*ticks, *texts])
        hovers = [cell for row in fig.data[0].customdata for cell in row]
        assert not any("<b>" in str(cell) for cell in hovers)


@pytest.mark.parametrize(("scheme", "language"), BOTH)
def test_the_lens_has_a_cell_a_layer_and_a_line_where_it_is_settled(scheme, language) -> None:
    made = made_up()
    fig = charts.lens(made, scheme, language)
    assert np.array(fig.data[0].z).shape == (3, 4)
    assert fig.data[1].text[0] == "00" and fig.data[1].text[3] == "30"
    assert [shape.x0 for shape in fig.layout.shapes] == [0.5, 1.5, 2.5]


def test_of_a_deep_model_some_layers_are_drawn_the_first_and_last_among_them() -> None:
    made = made_up()
    deep = dataclasses.replace(
        made, lens={"tokens": [made.lens["tokens"][0]] * 33, "settled": [0, 17, 32]},
        arrays={**made.arrays, "lens.probabilities": np.full((33, 3, 2), 0.5, np.float32)},
    )  # fmt: skip
    seen = charts.layers(deep)
    assert len(seen.shown) == charts.MOST_LAYERS and seen.total == 33
    assert (seen.shown[0], seen.shown[-1]) == (0, 32)
    fig = charts.lens(deep, "light")
    # A line stands before the first drawn layer at or above the one where it settled.
    assert [shape.x0 for shape in fig.layout.shapes] == [-0.5, 3.5, 5.5]
