"""Alignment over words: a toy corpus with known links, error rates by hand, a head that aligns."""

import math

import numpy as np
import pytest

from core.interpret import alignment as maths
from core.interpret.lexicon import Lexicon, silver
from core.interpret.offsets import followed

HOUSE = [
    (["das", "Haus"], ["the", "house"]),
    (["das", "Buch"], ["the", "book"]),
    (["ein", "Buch"], ["a", "book"]),
]
"""Koehn 2010, Statistical Machine Translation, figure 4.4: where EM ends is known."""


def test_model_1_learns_the_textbook_corpus():
    lexicon = Lexicon(HOUSE, rounds=60)
    chances = lexicon.chances(["das", "Haus", "Buch", "ein"], ["the", "house", "book", "a"])
    # Columns: from nowhere, das, Haus, Buch, ein.
    assert [int(row[1:].argmax()) for row in chances] == [0, 1, 2, 3]
    assert chances[0, 1] == pytest.approx(1, abs=0.01)
    assert chances[2, 3] == pytest.approx(1, abs=0.01)
    assert lexicon.links(["das", "Buch"], ["the", "book"]) == {(0, 0), (1, 1)}
    assert lexicon.links(["Das"], ["THE"]) == {(0, 0)}, "case does not matter"
    assert lexicon.links(["nobody"], ["knows"]) == set()


def test_one_round_by_hand():
    # Uniform start: each target word of a pair is shared by three (with "from nowhere"): count 1/3.
    # "das" meets the, house, the, book: 4/3 in all, of which "the" has 2/3: p = 1/2.
    chances = Lexicon(HOUSE, rounds=1).chances(["das"], ["the", "house", "a"])
    assert chances[:, 1].tolist() == pytest.approx([0.5, 0.25, 0.0])
    assert Lexicon(HOUSE, rounds=1).chances([], ["the"])[0, 0] == pytest.approx(1 / 3)


def test_word_order_is_found_in_a_corpus_that_turns_it_round():
    rng = np.random.default_rng(0)
    pairs = []
    for _ in range(300):
        source = [f"s{n}" for n in rng.choice(30, 5, replace=False)]
        pairs.append((source, [word.replace("s", "t") for word in reversed(source)]))
    forward, backward = Lexicon(pairs), Lexicon([(b, a) for a, b in pairs])
    for pair in pairs[:20]:
        sure, possible = silver(forward, backward, pair)
        assert sure == {(j, 4 - j) for j in range(5)}
        assert sure <= possible


def test_the_same_word_twice_goes_to_the_nearer_one():
    pairs = [(["a", "b", "a"], ["x", "y", "x"]), (["a"], ["x"]), (["b"], ["y"])] * 3
    assert Lexicon(pairs).links(["a", "b", "a"], ["x", "y", "x"]) == {(0, 0), (1, 1), (2, 2)}


def test_error_rate_by_hand():
    # A = 3 links, S = 2, P = 3; A∩S = 1, A∩P = 2: 1 − (1 + 2)/(3 + 2) = 0.4.
    found, sure = {(0, 0), (1, 1), (2, 0)}, {(0, 0), (1, 2)}
    counts = maths.error_counts(found, sure, sure | {(1, 1)})
    assert counts == (3, 5)
    assert maths.error_rate(counts) == pytest.approx(0.4)
    assert maths.error_rate(maths.error_counts(sure, sure, sure)) == 0
    assert maths.error_rate((0, 0)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3. März, don't", ["3", ".", "März", ",", "don", "'", "t"]),
        ("我有3本book。", ["我", "有", "3", "本", "book", "。"]),
        ("</s> **x**", ["<", "/", "s", ">", "*", "*", "x", "*", "*"]),
        ("مرحبا بك", ["مرحبا", "بك"]),
        ("", []),
    ],
)
def test_words(text, expected):
    assert [text[slice(*span)] for span in maths.words(text)] == expected


def test_tokens_go_to_the_word_they_overlap_most():
    spans = maths.words("ab 12")
    assert maths.owners([(0, 1), (1, 2), (2, 4), (4, 5), (0, 0)], spans).tolist() == [
        0,
        0,
        1,
        1,
        -1,
    ]
    assert maths.words("translate: ab", 11) == [(11, 13)]


def test_merging_adds_up_keys_and_averages_rows():
    weights = np.array([[0.1, 0.2, 0.3, 0.4], [0.3, 0.2, 0.1, 0.4], [0.0, 0.0, 0.5, 0.5]])
    merged = maths.merge(weights, np.array([0, 0, 2]), np.array([0, 0, 1, -1]))
    assert merged.tolist() == [pytest.approx([0.4, 0.2]), pytest.approx([0.0, 0.5])]
    assert maths.hard(merged).tolist() == [0, 1]


def test_rows_by_the_token_that_is_read():
    assert maths.reading([[1.0], [2.0], [3.0]]).ravel().tolist() == [2, 3, 3]


def test_measures_by_hand():
    merged = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 0.5]])
    found = maths.measures(merged)
    assert found.coverage == pytest.approx(3 / 4)
    assert found.entropy_nats == pytest.approx(math.log(2) / 2)
    assert found.sink_mass == pytest.approx(0.25)
    assert found.jump_share == 0  # From word 0 to 3: two words farther than the next one.
    assert maths.coverage(merged).tolist() == [0.5, 0.5, 0.0, 0.5]
    far = np.eye(6)[[0, 5, 1]]
    assert maths.measures(far).jump_share == 1


def test_a_head_that_aligns_perfectly_has_no_error():
    links = {(0, 2), (1, 1), (2, 0)}
    head = np.full((3, 3), 0.1)
    for j, i in links:
        head[j, i] = 0.8
    found = {(j, int(i)) for j, i in enumerate(maths.hard(head))}
    assert maths.error_rate(maths.error_counts(found, links, links)) == 0
    flat = maths.diagonal(3, 3)
    assert maths.error_rate(maths.error_counts(flat, links, links)) == pytest.approx(1 - 2 / 6)


def test_copied_words_stand_once_in_both_and_are_numbers_or_names():
    source = ["Anna", "pays", "12", "to", "12", "and", "Bob"]
    assert maths.copied(source, ["Bob", "zahlt", "12", "to", "Anna"]) == {0: 6, 4: 0}


def test_pieces_are_followed_where_a_tokenizer_does_not_say():
    assert followed(["▁in", "▁", "3", "▁day", "s", ""], "in 3 days") == [
        (0, 2), (0, 0), (3, 4), (5, 8), (8, 9), (0, 0)]  # fmt: skip
    assert followed(["▁Absent"], "x") == [(0, 0)]
