"""What a score is: a number that never travels without its interval, its n, its unit, its maker."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Score:
    """A metric's value on some examples.

    Attributes:
        metric: Name of a row of `core.evaluate.metrics.METRICS`.
        value: The corpus score, in `unit`.
        low, high: Ends of the 95 % bootstrap interval; None where n < 2.
        n: Examples scored.
        unit: "points" (0 to 100), "percent" (of reference words) or "share" (0 to 1).
        signature: How it was computed, so that somebody else gets the same number.
    """

    metric: str
    value: float
    low: float | None
    high: float | None
    n: int
    unit: str
    signature: str

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Score":
        """The score that `to_json` wrote."""
        return cls(**fields)
