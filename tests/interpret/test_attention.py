"""Views of attention as arrays."""

import dataclasses

import numpy as np
import pytest

from core.interpret import attention
from core.interpret.measures import Head
from tests.interpret.captures import seq2seq


@pytest.mark.parametrize("size", [25, 48, 100, 256])
def test_shrinking_keeps_each_maximum(size: int) -> None:
    matrix = np.random.default_rng(1).random((size, size)).astype(np.float32)
    small = attention.shrink(matrix)
    assert small.shape == (attention.CELL, attention.CELL)
    assert small.max() == matrix.max()
    assert small[0, 0] == matrix[: size // attention.CELL, : size // attention.CELL].max()
    assert attention.shrink(matrix[:10, :10]).shape == (10, 10)


def head(pattern: str, share: float | None, entropy: float) -> Head:
    return Head("encoder", 0, 0, entropy, 1.0, 0.1, pattern, share)


def test_the_sharpest_head_has_a_place_if_any_has() -> None:
    focused, previous = head("focused", 0.99, 0.01), head("previous", 0.7, 0.9)
    clear = head("delimiter", 0.8, 0.5)
    assert attention.sharpest([focused, previous, clear]) is clear
    assert attention.sharpest([focused, head("broad", None, 2.0)]) is focused
    assert attention.pattern_counts([focused, previous, focused]) == {"focused": 2, "previous": 1}


def test_the_strongest_look_is_no_sink() -> None:
    capture = seq2seq()
    weights = np.zeros((1, 1, 4, 5), np.float32)
    weights[0, 0, :, 4] = 0.9  # the separator
    weights[0, 0, 2, 3] = 0.1
    capture = dataclasses.replace(capture, weights={**capture.weights, "cross": weights})
    look = attention.strongest_look(capture, "cross", 0, 0)
    assert look == attention.Look(2, 3, pytest.approx(0.1))
    weights[0, 0, 2, 3] = 0
    assert attention.strongest_look(capture, "cross", 0, 0) is None


def test_several_heads_are_averaged() -> None:
    capture = seq2seq()
    mean = attention.matrix(capture, "cross", 1, (0, 1))
    assert np.allclose(mean, capture.weights["cross"][1].mean(0))
    assert np.allclose(mean, attention.matrix(capture, "cross", 1, None))
    assert np.allclose(attention.matrix(capture, "cross", 1, (1,)), capture.weights["cross"][1, 1])
