"""An estimate: a value that carries its range, what the range is a share of, and its reasons."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.text.catalog import t

Z_95 = 1.6448536269514722
"""Of a standard normal distribution, what 95 % lie below."""


@dataclass(frozen=True)
class Note:
    """A sentence about an estimate, as a key of the text catalogue and its values."""

    key: str
    values: tuple[tuple[str, object], ...] = ()

    def say(self, language: str = "en") -> str:
        """The sentence in a language."""
        return t(f"cost.note.{self.key}", language, **dict(self.values))


def note(key: str, **values: object) -> Note:
    """A note with values by name."""
    return Note(key, tuple(values.items()))


@dataclass(frozen=True)
class Spread:
    """How published measurements lie around a formula's predictions.

    90 % of the `n` published runs of a `kind` measured between `low` and `high` times what the
    formula says for them.
    """

    kind: str
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Shrunk:
    """What measurements make of a kind's range.

    `ratio` = measured ÷ predicted speed that is expected; `before`, `after` = where 90 % of
    measured ÷ predicted speeds lie without and with the measurements; `n` of them.
    """

    ratio: float
    before: Spread
    after: Spread
    n: int
    machine: str
    date: str

    @property
    def left(self) -> float:
        """Width of the range after ÷ before, on a logarithmic scale."""
        before = math.log(self.before.high / self.before.low)
        return math.log(self.after.high / self.after.low) / before


@dataclass(frozen=True)
class Estimate:
    """A quantity with its range; `n` published runs of a `kind` lie behind the range."""

    value: float
    low: float
    high: float
    unit: str
    n: int
    kind: str

    @classmethod
    def of(cls, value: float, unit: str, spread: Spread, inverse: bool = False) -> "Estimate":
        """Put the spread of a kind around a value.

        Args:
            value: What the formula says.
            unit: Its unit.
            spread: From the back-test of the same formula.
            inverse: The quantity is one over the one that the spread is of (a time, for a rate).
        """
        low, high = (1 / spread.high, 1 / spread.low) if inverse else (spread.low, spread.high)
        return cls(value, value * low, value * high, unit, spread.n, spread.kind)

    def times(self, factor: float, unit: str) -> "Estimate":
        """The same estimate in another unit, or for another amount."""
        return Estimate(
            self.value * factor, self.low * factor, self.high * factor, unit, self.n, self.kind
        )

    def plus(self, amount: float) -> "Estimate":
        """The same with an amount that is known."""
        return replace(
            self, value=self.value + amount, low=self.low + amount, high=self.high + amount
        )

    def widened(self, low: float, high: float) -> "Estimate":
        """With an error that is independent of its own: 90 % lie between `low` and `high` times.

        Both errors are taken as log-normal on each side, so that their logarithms add as squares.
        """
        down = math.hypot(math.log(self.value / self.low), math.log(low))
        up = math.hypot(math.log(self.high / self.value), math.log(high))
        return replace(self, low=self.value * math.exp(-down), high=self.value * math.exp(up))

    def draws(self, normal: NDArray[np.float64]) -> NDArray[np.float64]:
        """A draw for each standard normal number: log-normal on each side of the value.

        5 % of draws lie below `low`, half below `value`, 95 % below `high`.
        """
        down = math.log(self.value / self.low) / Z_95
        up = math.log(self.high / self.value) / Z_95
        return self.value * np.exp(normal * np.where(normal < 0, down, up))
