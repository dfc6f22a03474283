"""Rollout: its invariants, and a hand-worked case."""

import numpy as np
import pytest

from core.interpret.rollout import cross_rollout, rollout
from tests.interpret.captures import attention


def test_rows_add_up_to_one_within_float64() -> None:
    found = rollout(attention(6, 4, 9, 9).astype(np.float64))
    # The made-up weights are float32: their own rows are off by more than 2e-16.
    exact = attention(6, 4, 9, 9).astype(np.float64)
    exact /= exact.sum(-1, keepdims=True)
    assert np.abs(rollout(exact).sum(-1) - 1).max() < 1e-15
    assert np.abs(found.sum(-1) - 1).max() < 1e-6
    assert (found >= 0).all()


def test_causal_attention_stays_lower_triangular() -> None:
    assert (np.triu(rollout(attention(4, 2, 7, 7, causal=True)), 1) == 0).all()


def test_identity_in_identity_out() -> None:
    same = np.broadcast_to(np.eye(5), (3, 2, 5, 5))
    assert np.array_equal(rollout(same), np.eye(5))


def test_it_equals_adding_the_identity_and_dividing_by_the_row() -> None:
    """As attention_flow's code does it (research, section 6)."""
    weights = attention(5, 3, 6, 6).astype(np.float64)
    weights /= weights.sum(-1, keepdims=True)
    expected = np.eye(6)
    for layer in weights.mean(1):
        with_identity = layer + np.eye(6)
        expected = with_identity / with_identity.sum(-1, keepdims=True) @ expected
    assert np.abs(rollout(weights) - expected).max() < 1e-15


def test_two_layers_by_hand() -> None:
    first, second = [[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [1.0, 0.0]]
    # ½A+½I: [[1, 0], [.25, .75]] and [[.5, .5], [.5, .5]]; second · first.
    assert np.allclose(rollout([[first], [second]]), [[0.625, 0.375], [0.625, 0.375]])


def test_one_head_is_that_head_everywhere() -> None:
    weights = attention(3, 4, 5, 5)
    assert np.array_equal(rollout(weights, head=2), rollout(weights[:, 2:3]))


def test_cross_is_the_mean_of_the_cross_layers_times_the_encoders_rollout() -> None:
    cross, encoder = attention(3, 2, 4, 5), attention(2, 2, 5, 5)
    found = cross_rollout(cross, encoder)
    assert found.shape == (4, 5)
    assert np.allclose(found, cross.astype(np.float64).mean((0, 1)) @ rollout(encoder))
    assert np.abs(found.sum(-1) - 1).max() < 1e-6
    assert np.allclose(cross_rollout(cross, np.broadcast_to(np.eye(5), (2, 2, 5, 5))),
                       cross.astype(np.float64).mean((0, 1)))  # fmt: skip


def test_cross_attention_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="square"):
        rollout(attention(2, 2, 4, 5))
