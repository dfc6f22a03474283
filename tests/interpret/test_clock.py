"""Pairs as hands of clocks: the numbers of the encoding, in both layouts."""

import numpy as np
import pytest

from core.charts import clock as charts
from core.errors import BadInput
from core.interpret import clock, permutation, positions
from core.text.catalog import LANGUAGES


@pytest.mark.parametrize("layout", clock.LAYOUTS)
@pytest.mark.parametrize(("position", "pair"), [(0, 0), (17, 3), (511, 31), (40, 15)])
def test_a_hand_shows_the_two_numbers_of_its_pair(layout: str, position: int, pair: int) -> None:
    hand = clock.hand(position, pair, 64, layout=layout)
    row = clock.laid_out(np.arange(512), 64, positions.BASE, layout)[position]
    assert [row[column] for column in hand.columns] == pytest.approx([hand.sin, hand.cos])
    assert hand.angle == pytest.approx(position / 10_000 ** (2 * pair / 64))
    assert hand.turns * hand.wavelength == pytest.approx(position)


def test_the_two_layouts_hold_the_same_numbers() -> None:
    one, other = (clock.laid_out(np.arange(9), 16, 1e4, layout) for layout in clock.LAYOUTS)
    assert one[0].tolist() == [0, 1] * 8 and other[0].tolist() == [0] * 8 + [1] * 8
    pairs = [clock.columns(pair, 16, layout) for layout in clock.LAYOUTS for pair in range(8)]
    assert sorted(sum(pairs[:8], ())) == sorted(sum(pairs[8:], ())) == list(range(16))
    for pair in range(8):
        assert np.array_equal(one[:, clock.columns(pair, 16, "interleaved")],
                              other[:, clock.columns(pair, 16, "halves")])  # fmt: skip


@pytest.mark.parametrize("count", [2, 3, 8, 32, 64])
def test_the_chosen_pair_is_among_those_shown(count: int) -> None:
    for chosen in range(count):
        shown = clock.some_pairs(count, chosen)
        assert chosen in shown and len(shown) == min(count, 8) == len(set(shown))
        assert shown[0] >= 0 and shown[-1] < count and list(shown) == sorted(shown)


@pytest.mark.parametrize(("arguments", "words"), [
    ((0, 7, "halves"), "cannot be cut into pairs"),
    ((4, 8, "halves"), "no pair 4 in 8 dimensions; the last is 3"),
    ((-1, 8, "halves"), "no pair -1"),
    ((0, 8, "thirds"), "no layout 'thirds'; known: interleaved, halves"),
])  # fmt: skip
def test_a_pair_that_is_not_there_is_refused(arguments, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        clock.columns(*arguments)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dials_and_orders_are_drawn(language: str, scheme: str) -> None:
    hands = clock.clock(17, positions.frequencies(64), clock.some_pairs(32, 3))
    drawn = charts.dials(hands, 3, scheme, language, present=True)
    tips = [trace for trace in drawn.data if trace.mode == "lines+markers"]
    assert [trace.x[1] for trace in tips] == pytest.approx([hand.cos for hand in hands])
    assert len(drawn.layout.annotations) == len(hands)
    text = "<s> </script> <b>x</b>"
    said = charts.orders(permutation.demonstrate(text, 0, 2), scheme, language).to_json()
    assert "</script>" not in said and "<s>" not in said and "&lt;s&gt;" in said
