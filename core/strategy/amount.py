"""An amount with the ends of its estimate."""

from dataclasses import dataclass

ENDS = ("value", "low", "high")


@dataclass(frozen=True)
class Range:
    """A value with the ends of its estimate; all three are equal where nothing is estimated."""

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> "Range":
        """A value that is a price or an assumption, not an estimate."""
        return cls(value, value, value)

    def times(self, factor: float) -> "Range":
        """The same, scaled."""
        return Range(self.value * factor, self.low * factor, self.high * factor)

    def plus(self, amount: float) -> "Range":
        """The same, moved."""
        return Range(self.value + amount, self.low + amount, self.high + amount)
