"""What a score is: a number that never travels without its interval, its n, its unit, its maker."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Score:
    """A metric's value on some examples.

    Attributes:
        metric: Name of a row of `core.evaluate.metrics.METRICS`.
        value: The corpus score, in `unit`; None where there is none.
        low, high: Ends of the 95 % interval; None where n < 2 or there is no value.
        n: Examples scored.
        unit: One of `core.evaluate.notation.UNITS`: "points" (0 to 100), "share" (0 to 1), ….
        signature: How it was computed, so that somebody else gets the same number.
        why: Key of the text that says why it does not apply to these examples.
        failed: Why it could not be computed, one sentence: the other scores stand.
        warnings: What speaks against leaning on it: names, `evaluate.warning.NAME` says what.
    """

    metric: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    signature: str
    why: str | None = None
    failed: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def number(self) -> float:
        """The value of a score that has one.

        Raises:
            ValueError: It has none: a caller looks at `value` first.
        """
        if self.value is None:
            raise ValueError(f"the score {self.metric} has no value: {self.why or self.failed}")
        return self.value

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON, equal to what a record gives back."""
        return {**asdict(self), "warnings": list(self.warnings)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Score":
        """The score that `to_json` wrote."""
        return cls(**{**fields, "warnings": tuple(fields.get("warnings", ()))})


def by_warning(scores: Iterable[Score]) -> dict[str, list[str]]:
    """The names of the metrics that each warning holds for."""
    found: dict[str, list[str]] = {}
    for score in scores:
        for name in score.warnings:
            found.setdefault(name, []).append(score.metric)
    return found
