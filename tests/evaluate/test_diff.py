"""Differences of two texts: the pieces make both texts again, and are what a person would mark."""

import random

import pytest

from core.evaluate.diff import MOST_TOKENS, Segment, diff


def sides(found):
    left = "".join(s.text for s in found if s.kind in ("same", "left"))
    right = "".join(s.text for s in found if s.kind in ("same", "right"))
    return left, right


@pytest.mark.parametrize(
    ("left", "right", "marked"),
    [
        ("Die Katze schläft.", "Die Katze schläft.", []),
        ("Die Katze schläft.", "Die Kuh schläft.", [("left", "Katze"), ("right", "Kuh")]),
        ("a b", "a b c", [("right", " c")]),
        ("我爱你", "我恨你", [("left", "爱"), ("right", "恨")]),
        ("Ende.", "Ende!", [("left", "."), ("right", "!")]),
        ("", "x", [("right", "x")]),
        ("", "", []),
    ],
)
def test_what_differs_is_marked(left, right, marked):
    found = diff(left, right)
    assert [(s.kind, s.text) for s in found if s.kind != "same"] == marked
    assert sides(found) == (left, right)


def test_the_pieces_make_both_texts_again_whatever_they_hold():
    rng = random.Random(1)
    signs = [
        "<b>",
        "</s>",
        "**",
        " ",
        "\n",
        "\t",
        "a",
        "ab",
        "是",
        "_",
        "\u2028",
        "é",
        "=1+1",
        "\x00",
    ]
    for _ in range(300):
        left, right = ("".join(rng.choices(signs, k=rng.randrange(12))) for _ in range(2))
        assert sides(diff(left, right)) == (left, right)


def test_neighbours_are_one_piece():
    found = diff("a b c d", "a x c d")
    assert found == (Segment("same", "a "), Segment("left", "b"), Segment("right", "x"),
                     Segment("same", " c d"))  # fmt: skip


def test_of_very_long_texts_none_is_drawn():
    assert diff("是" * (MOST_TOKENS + 1), "x") is None
    assert diff("是" * MOST_TOKENS, "x") is not None
