"""Attention without positions cannot see the order of words; with them it can."""

import numpy as np
import pytest
import torch

from core.errors import BadInput
from core.interpret import permutation
from core.interpret.permutation import DIMENSION, demonstrate

SENTENCES = [
    "dog bites man",
    "the man saw the dog and the dog saw the man",
    "狗咬人",
    "الكلب يعض الرجل",
    "<s> **x** $x$ </script>",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_outputs_move_along_with_their_words_and_stop_doing_so_with_positions(text: str) -> None:
    last = len(permutation.words_of(text)) - 1
    found = demonstrate(text, 0, last)
    assert found.swapped == (found.words[-1], *found.words[1:-1], found.words[0])
    assert found.largest_without <= 1e-12
    assert found.largest_with > 1e-2
    # Every word's output changes, not only those of the two that moved.
    assert (found.changes(positions=True) > 1e-6).all()


def test_any_order_of_the_words_gives_the_same_outputs_in_that_order() -> None:
    vectors = np.stack([permutation.embedding(word) for word in "abcdefg"])
    order = np.random.default_rng(1).permutation(7)
    assert np.abs(permutation.attend(vectors[order])[0] - permutation.attend(vectors)[0][order]
                  ).max() <= 1e-12  # fmt: skip


def test_the_layer_is_scaled_dot_product_attention() -> None:
    vectors = np.stack([permutation.embedding(word) for word in "abcd"])
    output, weights = permutation.attend(vectors)
    assert np.allclose(weights.sum(-1), 1) and (weights >= 0).all()
    made = np.random.default_rng(permutation._SEED).normal(size=(3, DIMENSION, DIMENSION)) / 4
    query, key, value = (torch.from_numpy(vectors @ one)[None] for one in made)
    theirs = torch.nn.functional.scaled_dot_product_attention(query, key, value)[0]
    assert np.allclose(output, theirs.numpy(), atol=1e-14)


def test_changes_stand_at_the_word_of_the_first_sentence() -> None:
    found = demonstrate("dog bites man", 0, 1)
    first, second = found.with_positions
    # "dog" stood at 0 and stands at 1 after the swap.
    assert found.changes(positions=True)[0] == np.abs(second[1] - first[0]).max()
    assert found.changes(positions=True)[2] == np.abs(second[2] - first[2]).max()


@pytest.mark.parametrize(("text", "places", "words"), [
    ("", (0, 1), "has 0 words; write from 2 to 12"),
    ("alone", (0, 1), "has 1 word; write"),
    ("a " * 13, (0, 1), "has 13 words"),
    ("dog bites man", (0, 3), "no word 3 in a sentence of 3"),
    ("dog bites man", (-1, 0), "no word -1"),
    ("dog bites dog", (0, 2), "are the same, 'dog'"),
])  # fmt: skip
def test_what_cannot_be_swapped_is_refused(text: str, places: tuple[int, int], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        demonstrate(text, *places)
