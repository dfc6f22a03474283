"""Names beside marks: they fit, keep apart, and what is cut goes from the middle."""

from itertools import pairwise

import pytest

from core.charts import labels

NAMES = ("Rent", "Tune a 1.5 B model and host it on two machines", "W" * 90,
         "首先租用接口，等到请求数超过三十万之后再自己托管模型", "a b " * 30)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("most", [60, 94, 150])
@pytest.mark.parametrize("lines", [1, 2, 3])
def test_lines_fit_and_begin_and_end_as_the_name_does(name, most, lines):
    found = labels.lines_of(name, most, lines)
    assert 1 <= len(found) <= lines
    assert all(labels.wide(line) <= most for line in found)
    assert found[0][0] == name[0] and found[-1][-1] == name.rstrip()[-1]


def test_a_name_that_fits_is_whole():
    assert labels.lines_of("Rent GPT-4.1 mini", 200) == ["Rent GPT-4.1 mini"]
    assert "".join(labels.lines_of("Rent GPT-4.1 mini", 80)).replace(" ", "") == "RentGPT-4.1mini"
    assert labels.shorten("Rent", 100) == "Rent"


def test_what_is_cut_is_said():
    cut = labels.shorten("a name that is too long to be shown", 90)
    assert labels.ELLIPSIS in cut and labels.wide(cut) <= 90


@pytest.mark.parametrize(
    "wanted", [[100, 100, 100, 100], [0, 5, 10, 200], [250, 240, 251, 3], [50, 150, 20, 220]]
)
def test_spread_pieces_do_not_overlap_and_keep_their_order(wanted):
    sizes = [30, 20, 30, 40]
    found = labels.spread(wanted, sizes, 0, 250)
    pieces = sorted((at - size / 2, at + size / 2) for at, size in zip(found, sizes, strict=True))
    assert all(top <= bottom + 1e-9 for (_, top), (bottom, _) in pairwise(pieces))
    assert pieces[0][0] >= -1e-9 and pieces[-1][1] <= 250 + 1e-9
    order = sorted(range(4), key=lambda i: wanted[i])
    assert order == sorted(order, key=lambda i: found[i])


def test_pieces_with_room_stay_where_they_are():
    assert labels.spread([50, 150], [20, 20], 0, 250) == [50, 150]


def boxes(points, sizes, spots, width, height):
    return [
        labels.box_of(spot, x * width, y * height, *size)
        for (x, y), size, spot in zip(points, sizes, spots, strict=True)
    ]


def test_placed_labels_cover_no_mark_and_no_label_where_there_is_room():
    points = [(0.1, 0.8), (0.13, 0.75), (0.5, 0.2), (0.9, 0.5)]
    sizes = [(90.0, 16.0)] * 4
    spots, _ = labels.place(points, sizes, (280, 600), 250)
    for width in (280, 600):
        found = boxes(points, sizes, spots, width, 250)
        for i, one in enumerate(found):
            assert all(one.overlap(other) == 0 for other in found[i + 1 :])
            for x, y in points:
                mark = labels.Box(x * width - 4, x * width + 4, y * 250 - 4, y * 250 + 4)
                assert one.overlap(mark) == 0
            assert one.left >= 0 and one.right <= width


def test_a_label_keeps_off_what_is_taken():
    taken = labels.Box(0, 280, 100, 150)
    spots, _ = labels.place([(0.2, 0.3)], [(80.0, 30.0)], (280,), 250, lambda _: [taken])
    assert boxes([(0.2, 0.3)], [(80.0, 30.0)], spots, 280, 250)[0].overlap(taken) == 0


def test_nothing_to_place():
    assert labels.place([], [], (280, 600), 250) == ([], 0)
