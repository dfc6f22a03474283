"""Pairs of numbers as the hands of clocks: each turns by its own ω_i with every position.

Sinusoidal encodings and rotary models turn the same way; they differ in which two numbers of a
vector make a pair: neighbours ("interleaved") or one of each half ("halves").
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.errors import BadInput
from core.interpret.positions import BASE, Array, check_dimension, frequencies, sinusoidal

LAYOUTS = ("interleaved", "halves")
"""(2i, 2i + 1) in Vaswani et al. 2017 and GPT-J; (i, i + d/2) in GPT-NeoX, Llama and Marian."""


@dataclass(frozen=True)
class Hand:
    """One pair at one position; every symbol of the formula as a number.

    Attributes:
        pair: i, from 0.
        columns: The two numbers of the vector that make the pair.
        position: pos, in tokens.
        frequency: ω_i, in radians a token.
    """

    pair: int
    columns: tuple[int, int]
    position: float
    frequency: float

    @property
    def angle(self) -> float:
        """pos·ω_i, in radians."""
        return self.position * self.frequency

    @property
    def turns(self) -> float:
        """Times that the hand came round."""
        return self.angle / (2 * math.pi)

    @property
    def wavelength(self) -> float:
        """Tokens that one turn takes."""
        return 2 * math.pi / self.frequency

    @property
    def sin(self) -> float:
        """PE(pos, 2i)."""
        return math.sin(self.angle)

    @property
    def cos(self) -> float:
        """PE(pos, 2i + 1)."""
        return math.cos(self.angle)


def columns(pair: int, dimension: int, layout: str) -> tuple[int, int]:
    """The two numbers of a vector that make a pair.

    Raises:
        BadInput: There is no such pair or layout.
    """
    check_dimension(dimension)
    if layout not in LAYOUTS:
        raise BadInput(f"There is no layout {layout!r}; known: {', '.join(LAYOUTS)}.")
    if not 0 <= pair < dimension // 2:
        raise BadInput(
            f"There is no pair {pair} in {dimension} dimensions; the last is {dimension // 2 - 1}."
        )
    return (2 * pair, 2 * pair + 1) if layout == "interleaved" else (pair, pair + dimension // 2)


def hand(
    position: float, pair: int, dimension: int, base: float = BASE, layout: str = "interleaved"
) -> Hand:
    """The hand of one pair at a position."""
    place = columns(pair, dimension, layout)
    return Hand(pair, place, position, float(frequencies(dimension, base)[pair]))


def clock(
    position: float, frequency: ArrayLike, pairs: Sequence[int], layout: str = "halves"
) -> tuple[Hand, ...]:
    """The hands of some pairs at a position."""
    found = np.asarray(frequency, np.float64)
    dimension = 2 * len(found)
    return tuple(
        Hand(pair, columns(pair, dimension, layout), position, float(found[pair])) for pair in pairs
    )


def some_pairs(count: int, chosen: int, most: int = 8) -> tuple[int, ...]:
    """Pairs from the fastest to the slowest, the chosen one among them."""
    spread = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()
    if chosen not in spread:
        inner = range(1, len(spread) - 1) if len(spread) > 2 else range(len(spread))
        nearest = min(inner, key=lambda place: abs(spread[place] - chosen))
        spread[nearest] = chosen
    return tuple(sorted(spread))


def laid_out(positions: ArrayLike, dimension: int, base: float, layout: str) -> Array:
    """The sinusoidal encoding with its columns in a layout: (positions, dimension)."""
    table = sinusoidal(positions, dimension, base)
    if layout == "interleaved":
        return table
    return np.concatenate([table[:, 0::2], table[:, 1::2]], axis=-1)
