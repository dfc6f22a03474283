"""Every scheme's row, its pictures and its words."""

import json

import numpy as np
import pytest

from core.charts import grammar
from core.charts import positions as charts
from core.cli.positions import SCHEME_NAMES
from core.errors import NotFound
from core.interpret import panels, pictures, position_words, positions, schemes
from core.text.catalog import LANGUAGES


def drawn(name: str) -> tuple[panels.Panel, ...]:
    return schemes.scheme(name).draw(40, 16, 8)


def test_the_command_line_offers_every_row() -> None:
    assert tuple(row.name for row in schemes.SCHEMES) == SCHEME_NAMES


@pytest.mark.parametrize("row", schemes.SCHEMES, ids=lambda row: row.name)
def test_a_row_has_a_formula_a_source_and_pictures_that_can_be_drawn(row: schemes.Scheme) -> None:
    assert row.formula and row.plain and row.source[-1].isdigit() and row.url.startswith("https://")
    found = row.draw(40, 16, 8)
    assert bool(found) == (row.name != "learned")
    for panel in found:
        json.dumps(panel.document(), allow_nan=False)
        for language in LANGUAGES:
            assert position_words.finding(panel, language)
            for scheme in ("light", "dark"):
                charts.panel(panel, scheme, language).to_json()


def test_an_unknown_scheme_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match="Known: sinusoidal, learned, t5, rope, alibi"):
        schemes.scheme("xpos")


def test_the_finding_is_computed_from_the_curve() -> None:
    frequency = positions.frequencies(128)
    rising = pictures.likeness("similarity", 64, frequency)
    assert rising.finding == "rises" and rising.values["rise"] == 11
    falling = pictures.likeness("similarity", 11, frequency)
    assert falling.finding == "falls" and "rise" not in falling.values
    assert "after 11 tokens" in position_words.finding(rising, "en")


def test_slow_pairs_are_counted_against_the_training_length() -> None:
    panel = pictures.waves(positions.frequencies(128), 4096)
    assert panel.values["slow"] == 18 and panel.levels == {"trained": 4096.0}
    assert position_words.finding(panel, "en").startswith("18 of 64 pairs")


def test_many_heads_become_rows_of_a_heat_map() -> None:
    x = np.arange(5.0)
    few = panels.by_head("alibi", x, np.zeros((6, 5)))
    assert few.matrix is None and list(few.lines) == list("012345")
    many = panels.by_head("alibi", x, np.zeros((7, 5)))
    assert many.matrix is not None and many.matrix.shape == (7, 5) and not many.lines
    assert position_words.axes(many, "en")[1] == "head"


def test_the_heat_map_is_centred_on_zero() -> None:
    figure = charts.panel(drawn("sinusoidal")[0], "light", "en")
    heat = figure.data[0]
    assert heat.zmin == -heat.zmax
    assert heat.colorscale[0][1] == grammar.LIGHT.diverging[0]


def test_names_at_the_ends_of_lines_stay_apart() -> None:
    assert charts._apart([0.0, 0.01, 1.0], 0.1) == [0.0, 0.1, 1.0]
    assert charts._apart([0.2, 0.2, 0.2], 0.1) == pytest.approx([0.2, 0.3, 0.4])
