import pytest

from core.data.dataset import Example
from core.train.replay import replayed

GENERAL = [Example(f"g{n}", f"in {n}", f"out {n}") for n in range(20)]


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.1, 11), (0.5, 100), (0.9, 900)])
def test_the_drawn_ones_make_up_their_share(share: float, expected: int) -> None:
    drawn = replayed(100, share, GENERAL, 0)
    assert len(drawn) == expected
    assert len(drawn) / (100 + len(drawn)) == pytest.approx(share, abs=0.005)


def test_none_is_drawn_twice_while_there_are_enough() -> None:
    assert len({e.id for e in replayed(60, 0.25, GENERAL, 0)}) == 20
    counts = [sum(e.id == g.id for e in replayed(100, 0.5, GENERAL, 0)) for g in GENERAL]
    assert set(counts) == {5}


def test_the_draw_follows_the_seed() -> None:
    assert replayed(40, 0.2, GENERAL, 1) == replayed(40, 0.2, GENERAL, 1)
    assert replayed(40, 0.2, GENERAL, 1) != replayed(40, 0.2, GENERAL, 2)


def test_nothing_to_draw_from_gives_nothing() -> None:
    assert replayed(100, 0.5, [], 0) == []
