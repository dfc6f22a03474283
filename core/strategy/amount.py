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
