"""What another program's results hold: its scores, its samples, and their intervals.

A standard error becomes a 95 % interval, value ± 1.96 · stderr: the normal approximation.
"""

import math
from dataclasses import dataclass
from typing import Any

Z = 1.959963984540054
"""97.5 % quantile of the standard normal."""


@dataclass(frozen=True)
class Foreign:
    """A score that another program computed.

    Attributes:
        task: What it calls the test.
        metric: What it calls the score, with the filter or scorer that made it.
        value: As it gives it.
        low, high: Ends of the 95 % interval; None where it gives no standard error.
        n: Examples scored; None where it does not say.
        higher_is_better: None where it does not say.
    """

    task: str
    metric: str
    value: float
    low: float | None
    high: float | None
    n: int | None
    higher_is_better: bool | None


@dataclass(frozen=True)
class Sample:
    """An example as another program kept it: its own id, what was wanted and what was answered."""

    id: str
    target: str
    answer: str


@dataclass(frozen=True)
class Import:
    """What a file holds.

    Attributes:
        tool: "lm-eval" or "inspect".
        version: The tool's; None where the file does not say.
        model: What the tool calls the model; "" where the file does not say.
        scores: None in a file of samples alone.
        samples: Those with an id of their own; none where the file holds no answers.
        unnamed: Samples whose only name is their place in an order, which is not matched.
    """

    tool: str
    version: str | None
    model: str
    scores: tuple[Foreign, ...]
    samples: tuple[Sample, ...] = ()
    unnamed: int = 0


def interval(value: float, error: Any) -> tuple[float | None, float | None]:
    """Ends of the 95 % interval; None where the error is no number."""
    if not is_number(error):  # None, "N/A"
        return None, None
    return value - Z * error, value + Z * error


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def whole(value: Any) -> int | None:
    """A whole number; None where it is none."""
    return value if type(value) is int else None


def word(value: Any) -> str | None:
    """A value as text; None where there is none."""
    return None if value is None else str(value)
