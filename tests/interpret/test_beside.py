"""Schemes side by side: the same axes, and numbers that are those of each scheme alone."""

import json
import math

import numpy as np
import pytest

from core.charts import positions as charts
from core.errors import BadInput, NotFound
from core.interpret import extension, position_words, positions
from core.interpret.beside import PLAIN, SIDES, beside
from core.interpret.extension import Stretch
from core.text.catalog import LANGUAGES

WHAT = Stretch(128, 1e4, 4096, 4.0)
EXTENDED = ["rope", "linear", "dynamic", "yarn", "llama3"]


def panel(names, name, what=WHAT, **more):
    return {one.name: one for one in beside(names, what, **more)}[name]


def test_wavelengths_and_ratios_are_those_of_each_way() -> None:
    waves = panel(EXTENDED, "beside_waves")
    assert list(waves.lines) == EXTENDED and waves.levels == {"trained": 4096.0}
    ratios = panel(EXTENDED, "beside_ratios")
    assert "rope" not in ratios.lines
    for name, line in ratios.lines.items():
        assert np.allclose(line, extension.ratios(name, WHAT))
        assert np.allclose(waves.lines[name] / waves.lines["rope"], line)
    assert (waves.values["slow"], waves.values["fast"]) == ("dynamic", "rope")
    assert ratios.values["least"] == "linear" and ratios.values["lost"] == 0
    kept = int((ratios.lines[ratios.values["most"]] < 1.01).sum())
    assert ratios.values["kept"] == kept > 0


def test_the_score_of_equal_pairs_changes_as_rotation_says() -> None:
    scores = panel(EXTENDED, "beside_scores")
    assert scores.wide and scores.x[0] == 1 and scores.x[-1] == 16_384
    ones = np.ones((2, 128))
    for name in EXTENDED:
        turned = extension.extension("default" if name == "rope" else name).stretch(WHAT)
        for at in (0, 17, -1):
            pair = positions.rotate(ones, [0, scores.x[at]], turned.frequency)
            pair *= turned.attention_factor
            score = (pair[0] @ pair[1] - pair[0] @ pair[0]) / math.sqrt(128)
            assert scores.lines[name][at] == pytest.approx(score, abs=1e-9)


def test_biases_stand_beside_rotation_in_the_same_unit() -> None:
    table = np.zeros((32, 2))
    table[:, 1] = -np.arange(32)
    scores = panel(["sinusoidal", "alibi", "t5"], "beside_scores", t5=table)
    assert np.allclose(scores.lines["alibi"], -scores.x / 16)
    assert np.allclose(
        scores.lines["t5"], -positions.t5_bucket(-scores.x.astype(int), bidirectional=False)
    )
    assert [one.name for one in beside(["alibi", "t5"], WHAT, table)] == ["beside_scores"]


@pytest.mark.parametrize("names", [EXTENDED, ["rope", "sinusoidal"], ["alibi", "yarn"]])
def test_findings_are_sentences_with_the_names_of_the_sides(names) -> None:
    for one in beside(names, WHAT):
        json.dumps(one.document(), allow_nan=False)
        for language in LANGUAGES:
            said = position_words.finding(one, language)
            assert said and "{" not in said
            for name in one.lines:
                assert position_words.line_name(name, language)


@pytest.mark.parametrize(("names", "error", "words"), [
    (["rope"], BadInput, "1 cannot be compared; name from 2 to 6"),
    (["rope", "rope"], BadInput, "1 cannot be compared"),
    ([row.name for row in SIDES], BadInput, "8 cannot be compared"),
    (["rope", "ntk"], NotFound, "scheme to compare called 'ntk'"),
    (["rope", "t5"], BadInput, "T5's bias is learnt"),
])  # fmt: skip
def test_what_cannot_be_compared_is_refused(names, error, words) -> None:
    assert {row.name for row in SIDES} > PLAIN
    with pytest.raises(error, match=words):
        beside(names, WHAT)


def test_a_steep_line_does_not_flatten_the_others() -> None:
    steep = panel(["rope", "alibi"], "beside_scores")
    assert steep.floor == -25 and steep.lines["alibi"].min() < -1000
    drawn = charts.panel(steep, "light", "en")
    assert drawn.layout.yaxis.range[0] == -25
    assert drawn.data[1].y[-1] == steep.lines["alibi"][-1]
    assert panel(EXTENDED, "beside_scores").floor is None
