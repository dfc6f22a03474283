"""How good a model is on each slice, and where B loses: intervals, tests, Holm's correction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.evaluate.holm import holm
from core.evaluate.intervals import RESAMPLES, bootstrap, percentile
from core.evaluate.metrics import metric
from core.evaluate.paired import ALPHA, of_counts
from core.evaluate.sacre import ORDERS, REFERENCE_WORDS
from core.evaluate.scorer import Array, Scorer
from core.evaluate.slices import Slice

FEWEST = 10
"""Of fewer examples a slice has a score, but no interval and no test: they would mean nothing."""


@dataclass(frozen=True)
class Sliced:
    """One slice, measured.

    Attributes:
        kind, values, by_answer, n: As in `Slice`; n is how many examples it has.
        value, low, high: Score of B and its 95 % interval; None = too few for one.
        a: Score of A; None without A.
        difference, difference_low, difference_high: B − A with its 95 % interval.
        p_value: Of the paired test; None where none was made.
        p_corrected: The same after Holm's correction for all slices that were tested.
        higher_is_better: Whether more of the metric is better.
        why_untested: "short" (BLEU can only be 0 there), "few" or "by_answer"; None where it was
            tested, or there is no A and nothing against a score.
    """

    kind: str
    values: Mapping[str, str]
    by_answer: bool
    n: int
    value: float
    low: float | None
    high: float | None
    a: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    p_value: float | None
    p_corrected: float | None
    higher_is_better: bool
    why_untested: str | None

    @property
    def gain(self) -> float:
        """How much better B is, in the metric's unit: below 0, it lost; 0 without A."""
        return (self.difference or 0.0) * (1 if self.higher_is_better else -1)

    @property
    def verdict(self) -> str | None:
        """What B is beside A, after correction: "better", "worse", "tie"; None = not tested."""
        if self.p_corrected is None or self.difference_low is None or self.difference_high is None:
            return None
        apart = self.difference_low > 0 or self.difference_high < 0
        if self.p_corrected >= ALPHA or not apart:
            return "tie"
        return "better" if self.gain > 0 else "worse"

    def to_json(self) -> dict[str, Any]:
        """The fields and the verdict."""
        return {**asdict(self), "verdict": self.verdict}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Sliced":
        """What `to_json` gave."""
        return cls(**{name: fields[name] for name in cls.__dataclass_fields__})


def measure(
    name: str,
    scorer: Scorer,
    found: Sequence[Slice],
    counts_b: Array,
    counts_a: Array | None = None,
    *,
    seed: int = 0,
) -> list[Sliced]:
    """Measure slices under one metric, where B loses most first; those without a test at the end.

    Args:
        name: The metric's name.
        scorer: Its computation.
        found: The slices.
        counts_b: Counts of each example of B, (n, k).
        counts_a: Those of A, in the same order; None = B is looked at alone, weakest first.
        seed: Of resamples and trials.
    """
    higher = metric(name).higher_is_better is not False
    rows = [_one(name, scorer, part, counts_b, counts_a, higher, seed) for part in found]
    corrected = iter(holm([row.p_value for row in rows if row.p_value is not None]))
    rows = [
        row if row.p_value is None else replace(row, p_corrected=next(corrected)) for row in rows
    ]
    sign = 1 if higher else -1
    if counts_a is None:
        return sorted(rows, key=lambda row: (row.by_answer, row.low is None, sign * row.value))
    return sorted(rows, key=lambda row: (row.by_answer, row.p_value is None, row.gain))


def _one(
    name: str, scorer: Scorer, part: Slice, b: Array, a: Array | None, higher: bool, seed: int
) -> Sliced:
    members = list(part.members)
    b, few = b[members], len(members) < FEWEST
    short = name == "bleu" and _is_short(b)
    silent = few or short
    low, high = (None, None) if silent else percentile(bootstrap(scorer, b, seed, RESAMPLES))
    why = "short" if short else None if a is None else "few" if few else \
        "by_answer" if part.by_answer else None  # fmt: skip
    row = Sliced(
        part.kind, part.values, part.by_answer, len(members), scorer.point(b.sum(0)), low, high,
        None, None, None, None, None, None, higher, why,
    )  # fmt: skip
    if a is None:
        return row
    a = a[members]
    if why:
        value = scorer.point(a.sum(0))
        return replace(row, a=value, difference=row.value - value)
    paired = of_counts(name, scorer, a, b, seed)
    return replace(
        row, a=paired.a, difference=paired.difference, difference_low=paired.low,
        difference_high=paired.high, p_value=paired.p_value,
    )  # fmt: skip


def _is_short(counts: Array) -> bool:
    """Whether no reference has as many words as BLEU's longest runs: 0 would say nothing then."""
    return bool((counts[:, REFERENCE_WORDS] < ORDERS).all())
