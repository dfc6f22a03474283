"""The examples of an evaluation as rows that can be filtered, sorted and paged, B beside A."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.evaluate.flags import flags
from core.evaluate.metrics import metric

SORTS = ("lost", "worst", "best", "changed", "order")
"""lost: B lost most against A; changed: most, either way; order: as in the data."""


@dataclass(frozen=True)
class Row:
    """One example.

    Attributes:
        place: Its place in the evaluation.
        example: As the evaluation of B keeps it.
        other: The same of A; None without A.
        score, other_score: Of this example alone; None where there is none.
        gain: Above 0 where B is better; None without A or without a score.
        flags: Of B's answer (`core.evaluate.flags`).
    """

    place: int
    example: dict[str, Any]
    other: dict[str, Any] | None
    score: float | None
    other_score: float | None
    gain: float | None
    flags: tuple[str, ...]

    @property
    def id(self) -> str:
        """The example's id."""
        return str(self.example["id"])

    def holds(self, text: str) -> bool:
        """Whether a text of the row holds another, in any case."""
        other = self.other or {}
        texts = (*(self.example.get(part) for part in _PARTS), other.get("prediction"))
        return any(text.casefold() in str(one).casefold() for one in texts if one)


_PARTS = ("id", "input", "context", "reference", "prediction")


def rows_of(
    examples: Sequence[dict[str, Any]],
    others: Sequence[dict[str, Any]] | None,
    metric_name: str,
    task: str,
) -> tuple[Row, ...]:
    """The rows of B's examples beside A's in the same order, under a metric's companion."""
    row = metric(metric(metric_name).example)
    sign = -1 if row.higher_is_better is False else 1
    found = []
    for place, example in enumerate(examples):
        other = others[place] if others else None
        b, a = (one["scores"].get(row.name) if one else None for one in (example, other))
        gain = None if a is None or b is None else sign * (b - a)
        found.append(Row(place, example, other, b, a, gain, flags(example, task)))
    return tuple(found)


def choose(
    rows: Sequence[Row],
    *,
    higher_is_better: bool,
    sort: str = "worst",
    text: str = "",
    flag: str | None = None,
    places: Sequence[int] | None = None,
) -> list[Row]:
    """Rows that pass every filter, in an order of SORTS; equal ones as in the data.

    Args:
        rows: Of `rows_of`.
        higher_is_better: Whether more of their score is better.
        sort: One of SORTS; what has no score, or no gain, comes last.
        text: Only rows that hold it.
        flag: Only rows with this flag.
        places: Only rows of these places, such as a slice's.
    """
    wanted = None if places is None else set(places)
    found = [
        row for row in rows
        if (wanted is None or row.place in wanted)
        and (flag is None or flag in row.flags)
        and (not text or row.holds(text))
    ]  # fmt: skip
    sign = 1 if higher_is_better else -1
    keys: dict[str, Callable[[Row], float | None]] = {
        "lost": lambda row: row.gain,
        "worst": lambda row: None if row.score is None else sign * row.score,
        "best": lambda row: None if row.score is None else -sign * row.score,
        "changed": lambda row: None if row.gain is None else -abs(row.gain),
        "order": lambda row: row.place,
    }

    def rank(row: Row) -> tuple[bool, float]:
        value = keys[sort](row)
        return value is None, value or 0.0

    return sorted(found, key=rank)
