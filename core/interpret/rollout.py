"""Attention rollout: what reaches a place through all layers, if half of each layer passes by.

Abnar and Zuidema, "Quantifying Attention Flow in Transformers" (2020). Every function takes weights
whose rows add up to 1 and gives rows that add up to 1. Nothing here knows a model.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def rollout(weights: ArrayLike, head: int | None = None) -> Array:
    """(½A+½I) of the last layer · … · (½A+½I) of the first: (queries, keys).

    ½A+½I is the residual connection: half of what a layer hands on it did not touch. It equals
    adding I and dividing each row by its sum, as the authors' code does.

    Args:
        weights: Self-attention (layers, heads, tokens, tokens).
        head: The same head of each layer; None = the mean of the heads.

    Raises:
        ValueError: It is no self-attention.
    """
    layers = of_heads(weights, head)
    if layers.shape[-1] != layers.shape[-2]:
        raise ValueError(f"Self-attention is square; this is {layers.shape[-2:]}.")
    identity = np.eye(layers.shape[-1])
    found = identity
    for layer in layers:
        found = (0.5 * layer + 0.5 * identity) @ found
    return found


def cross_rollout(cross: ArrayLike, encoder: ArrayLike, head: int | None = None) -> Array:
    """From each target token to the source: the mean of the cross layers · the encoder's rollout.

    Args:
        cross: Cross-attention (layers, heads, target tokens, source tokens).
        encoder: Self-attention of the encoder (layers, heads, source tokens, source tokens).
        head: The same head everywhere; None = the mean of the heads.

    Returns:
        (target tokens, source tokens).
    """
    return np.asarray(of_heads(cross, head).mean(0) @ rollout(encoder, head))


def of_heads(weights: ArrayLike, head: int | None = None) -> Array:
    """One head of each layer, or the mean of them: (layers, queries, keys)."""
    found = np.asarray(weights, np.float64)
    return np.asarray(found.mean(1) if head is None else found[:, head])
