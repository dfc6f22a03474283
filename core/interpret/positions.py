"""How a model knows word order: the formula of each scheme, as arrays.

Distances are in tokens, key minus query where a sign matters; arrays are float64.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import BadInput

Array = NDArray[np.float64]

BASE = 10_000.0
"""The constant of "Attention Is All You Need", and of the first rotary models."""


def check_dimension(dimension: int) -> int:
    """Return `dimension` if it can be cut into pairs.

    Raises:
        BadInput: It is odd or below 2.
    """
    if dimension < 2 or dimension % 2:
        raise BadInput(f"The dimension {dimension} cannot be cut into pairs; give an even number.")
    return dimension


def frequencies(dimension: int, base: float = BASE) -> Array:
    """ω_i = base^(−2i/d) for each of the d/2 pairs, in radians a token, fastest first."""
    check_dimension(dimension)
    return np.asarray(base ** (-np.arange(0, dimension, 2) / dimension))


def wavelengths(frequency: ArrayLike) -> Array:
    """λ = 2π/ω, in tokens."""
    return 2 * math.pi / np.asarray(frequency, np.float64)


def sinusoidal(positions: ArrayLike, dimension: int, base: float = BASE) -> Array:
    """PE(pos, 2i) = sin(pos·ω_i), PE(pos, 2i+1) = cos(pos·ω_i).

    Vaswani et al. 2017, section 3.5: sines and cosines interleaved.

    Returns:
        (positions, dimension).
    """
    angle = np.asarray(positions, np.float64)[:, None] * frequencies(dimension, base)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(len(angle), dimension)


def similarity(distances: ArrayLike, frequency: ArrayLike) -> Array:
    """Mean of cos(ω_i·distance) over the pairs, 1 at distance 0.

    It is PE(p)·PE(p+k) divided by its largest value d/2, and, for rotary models, the score of a
    query and a key whose pairs are all equal: both depend on the distance alone.
    """
    angle = np.asarray(distances, np.float64)[:, None] * np.asarray(frequency, np.float64)
    return np.asarray(np.cos(angle).mean(-1))


def rotate(vectors: ArrayLike, positions: ArrayLike, frequency: ArrayLike) -> Array:
    """Turn pair i of each vector by position·ω_i; pairs are (i, i + d/2), as Transformers has them.

    Su et al. 2021 (RoFormer), with the halves of GPT-NeoX and Llama.

    Args:
        vectors: (positions, dimension).
        positions: (positions,).
        frequency: (dimension/2,), radians a token.
    """
    x = np.asarray(vectors, np.float64)
    angle = np.asarray(positions, np.float64)[:, None] * np.asarray(frequency, np.float64)
    first, second = np.split(x, 2, axis=-1)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def t5_bucket(
    distances: ArrayLike, *, bidirectional: bool, buckets: int = 32, max_distance: int = 128
) -> NDArray[np.int64]:
    """The bucket of a distance (key − query): exact when near, logarithmic when far.

    Raffel et al. 2020, section 2.1. Half of the buckets (of each side, where the head looks both
    ways) stand for one distance each. In float32, because the edges of buckets fall on whole
    numbers and models were trained with that rounding.
    """
    distance = np.asarray(distances, np.int64)
    base = np.zeros_like(distance)
    if bidirectional:
        buckets //= 2
        base = np.where(distance > 0, buckets, 0)
        distance = np.abs(distance)
    else:
        distance = np.maximum(-distance, 0)
    exact = buckets // 2
    logs = np.log(np.maximum(distance, 1).astype(np.float32) / exact)
    steps = logs / np.float32(math.log(max_distance / exact)) * (buckets - exact)
    far = np.minimum(exact + steps.astype(np.int64), buckets - 1)
    return np.asarray(base + np.where(distance < exact, distance, far))


def t5_saturation(*, bidirectional: bool, buckets: int = 32, max_distance: int = 128) -> int:
    """The distance (tokens back) from which all farther ones share one bucket."""
    back = t5_bucket(
        -np.arange(max_distance + 1),
        bidirectional=bidirectional,
        buckets=buckets,
        max_distance=max_distance,
    )
    return int(np.flatnonzero(back == back[-1])[0])


def t5_bias(
    table: ArrayLike, distances: ArrayLike, *, bidirectional: bool, max_distance: int = 128
) -> Array:
    """What each head adds to the score at each distance: (heads, distances).

    Args:
        table: The learned (buckets, heads).
        distances: Key − query, in tokens.
        bidirectional: True for an encoder, False for a decoder.
        max_distance: Where the logarithmic buckets end.
    """
    values = np.asarray(table, np.float64)
    bucket = t5_bucket(
        distances, bidirectional=bidirectional, buckets=len(values), max_distance=max_distance
    )
    return values[bucket].T


def alibi_slopes(heads: int, strongest: float = 8) -> Array:
    """m_h of each head, in score a token: a geometric series from 2^(−8/n), n a power of two.

    Press et al. 2022, section 3. Where `heads` is not a power of two, the next lower one gives the
    first slopes, and every second slope of the next higher one the rest, as in Bloom
    and MPT.

    Args:
        heads: How many.
        strongest: The 8 of the formula; MPT's `alibi_bias_max`.
    """
    lower = 2 ** int(math.log2(heads))
    slopes = _series(lower, strongest)
    return np.concatenate([slopes, _series(2 * lower, strongest)[::2][: heads - lower]])


def _series(heads: int, strongest: float) -> Array:
    return np.asarray(2.0 ** (-strongest / heads * np.arange(1, heads + 1)))


def alibi_bias(slopes: ArrayLike, distances: ArrayLike) -> Array:
    """−m_h·|distance|: (heads, distances)."""
    return -np.asarray(slopes, np.float64)[:, None] * np.abs(np.asarray(distances, np.float64))


def half_life(slopes: ArrayLike) -> Array:
    """After ln 2 / m_h tokens a key's weight has halved, all else equal."""
    return math.log(2) / np.asarray(slopes, np.float64)


def cosines(table: ArrayLike) -> Array:
    """Cosine between every two rows of a table of positions: symmetric, 1 on the diagonal.

    A row of zeros has no direction: its cosine with others is 0 and with itself 1.
    """
    rows = np.asarray(table, np.float64)
    norm = np.linalg.norm(rows, axis=-1, keepdims=True)
    unit = rows / np.where(norm > 0, norm, 1)
    matrix = unit @ unit.T
    np.fill_diagonal(matrix, 1)
    return np.asarray(matrix)


def mean_by_distance(matrix: ArrayLike) -> Array:
    """Mean of each diagonal of a square matrix: entry k is the mean over pairs k apart."""
    square = np.asarray(matrix, np.float64)
    return np.array([np.diagonal(square, k).mean() for k in range(len(square))])


def principal(table: ArrayLike) -> tuple[Array, Array]:
    """The two directions in which the rows of a table differ most (PCA).

    Returns:
        The rows along them, (positions, 2), and their shares of the variance, (2,). The sign of a
        direction is free; here the first row is not below 0.
    """
    rows = np.asarray(table, np.float64)
    centred = rows - rows.mean(axis=0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    found = left[:, :2] * size[:2]
    found = found * np.where(found[0] < 0, -1.0, 1.0)
    variance = size**2
    return found, variance[:2] / (variance.sum() or 1.0)
