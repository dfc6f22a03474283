"""Two systems on the same examples: interval, p-value, and how many more examples would decide.

- The interval is a paired bootstrap: both systems meet the same resamples (Koehn 2004).
- The p-value is two-sided and paired. Where an example is right or wrong, it is McNemar's exact
  test; else approximate randomisation, 10,000 trials that swap the two answers of an example at
  random (Noreen 1989; Riezler and Maxwell 2005), with 1 added to both counts: never 0.
- A difference is decided when p < 0.05 and the interval leaves out 0.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.evaluate.intervals import RESAMPLES, percentile, resampled, swapped
from core.evaluate.metrics import metric, scorer_of
from core.evaluate.scorer import Array, Scorer
from core.evaluate.tally import Counts, aligned

ALPHA = 0.05
POWER = 0.80
TRIALS = 10_000
_Z_ALPHA = 1.959963984540054
"""97.5 % quantile of the standard normal: two-sided ALPHA."""
_Z_POWER = 0.8416212335729143
"""80 % quantile of the standard normal: POWER."""
_BINARY = ("accuracy", "exact_match")


@dataclass(frozen=True)
class Difference:
    """One metric of B beside A.

    Attributes:
        metric: Its name.
        a, b: The scores.
        difference: b − a, in the metric's unit.
        low, high: Ends of its 95 % interval; None where n < 2.
        p_value: Two-sided; None where n < 2.
        test: What gave the p-value: "approximate-randomisation" or "mcnemar-exact".
        examples_needed: About how many more examples would decide a difference of this size with
            80 % power; None where it is decided already, or where no number would (no difference).
        higher_is_better: Whether more of the metric is better.
    """

    metric: str
    a: float
    b: float
    difference: float
    low: float | None
    high: float | None
    p_value: float | None
    test: str
    examples_needed: int | None
    higher_is_better: bool

    @property
    def decided(self) -> bool:
        """Whether chance is ruled out: p < 0.05 and the interval leaves out 0."""
        if self.p_value is None or self.low is None or self.high is None:
            return False
        return self.p_value < ALPHA and (self.low > 0 or self.high < 0)

    @property
    def verdict(self) -> str:
        """What B is beside A: "better", "worse" or, undecided, "tie"."""
        if not self.decided:
            return "tie"
        return "better" if (self.difference > 0) == self.higher_is_better else "worse"


def differences(
    a: Mapping[str, Counts],
    b: Mapping[str, Counts],
    *,
    language: str | None,
    separator: str | None = None,
    rows: NDArray[np.bool_] | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> list[Difference]:
    """Compare two systems on the same examples, in the same order, metric by metric.

    Args:
        a: Counts by metric, as `core.evaluate.tally` makes and keeps them: no text is read.
        b: The other's. The metrics that both have, and that can be compared, are.
        language: What the counts were made with.
        separator: The same.
        rows: Which examples, (n,): a slice; None = all.
        seed: Of resamples and trials.
        resamples: How many.
    """
    pairs = []
    for name in a:
        if name in b and metric(name).compared:
            left, right = aligned(a[name], b[name])
            if rows is not None:
                left, right = left[rows], right[rows]
            pairs.append(Pair(name, scorer_of(name, language, separator), left, right))
    return _differences(pairs, seed, resamples)


def of_counts(
    name: str,
    scorer: Scorer,
    counts_a: Array,
    counts_b: Array,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Difference:
    """One metric, from the counts of each example, (n, k) each, with n of 1 at least."""
    return _differences([Pair(name, scorer, counts_a, counts_b)], seed, resamples)[0]


class Pair(NamedTuple):
    """One metric of two systems: counts are (n, k) each."""

    name: str
    scorer: Scorer
    a: Array
    b: Array


def _differences(pairs: Sequence[Pair], seed: int, resamples: int) -> list[Difference]:
    """All metrics meet the same resamples and the same swaps, which are drawn once."""
    if not pairs or len(pairs[0].a) < 2:
        return [_observed(pair) for pair in pairs]
    sums = resampled([table for pair in pairs for table in (pair.a, pair.b)], seed, resamples)
    tried = [pair for pair in pairs if pair.name not in _BINARY]
    moved = iter(swapped([pair.b - pair.a for pair in tried], seed, TRIALS) if tried else [])
    found = []
    for place, pair in enumerate(pairs):
        row, n = _observed(pair), len(pair.a)
        a, b = (pair.scorer.corpus(each) for each in sums[2 * place : 2 * place + 2])
        low, high = percentile(b - a)
        if pair.name in _BINARY:
            p_value = mcnemar(pair.scorer.examples(pair.a), pair.scorer.examples(pair.b))
        else:
            p_value = _as_far(pair, next(moved))
        row = replace(row, low=low, high=high, p_value=p_value)
        needed = None
        if not row.decided:
            needed = examples_needed(row.difference, float((b - a).std(ddof=1)), n)
        found.append(replace(row, examples_needed=needed))
    return found


def _observed(pair: Pair) -> Difference:
    a, b = (pair.scorer.point(counts.sum(0)) for counts in (pair.a, pair.b))
    test = "mcnemar-exact" if pair.name in _BINARY else "approximate-randomisation"
    higher = bool(metric(pair.name).higher_is_better)
    return Difference(pair.name, a, b, b - a, None, None, None, test, None, higher)


def randomisation(
    scorer: Scorer, counts_a: Array, counts_b: Array, seed: int, trials: int = TRIALS
) -> float:
    """Two-sided p-value of paired approximate randomisation; counts are (n, k) each.

    p = (1 + trials whose difference is at least the one observed) / (1 + trials). Equal systems
    give 1.
    """
    pair = Pair("", scorer, counts_a, counts_b)
    return _as_far(pair, swapped([counts_b - counts_a], seed, trials)[0])


def _as_far(pair: Pair, moved: Array) -> float:
    """The p-value, from what the swaps of each trial move from b to a, (trials, k)."""
    total_a, total_b = pair.a.sum(0), pair.b.sum(0)
    corpus = pair.scorer.corpus
    observed = abs(float(corpus(total_b) - corpus(total_a)))
    shuffled = np.abs(corpus(total_b - moved) - corpus(total_a + moved))
    # The tolerance keeps trials that equal the observation but for rounding.
    extreme = int((shuffled >= observed * (1 - 1e-9) - 1e-12).sum())
    return (extreme + 1) / (len(moved) + 1)


def mcnemar(right_a: Array, right_b: Array) -> float:
    """McNemar's exact two-sided p-value, from 1 (right) and 0 (wrong) for each example.

    Of the examples on which the two disagree, each is as likely to favour either: a binomial
    test with probability 1/2 (McNemar 1947; exact form as in Dietterich 1998).
    """
    only_a, only_b = int((right_a > right_b).sum()), int((right_b > right_a).sum())
    disagree = only_a + only_b
    below = sum(math.comb(disagree, k) for k in range(min(only_a, only_b) + 1))
    # Whole numbers divide exactly where the power of two is beyond a float.
    return min(1.0, float(2 * below / 2**disagree))


def examples_needed(difference: float, standard_error: float, n: int) -> int | None:
    """How many more examples would decide a difference of this size.

    A paired difference d with standard deviation s per example is found at two-sided level α with
    power 1 − β by N = ((z(1 − α/2) + z(1 − β)) · s / d)² examples (Cohen 1988). Here s is the
    bootstrap's standard error times √n, which also holds for scores that are not means.

    Args:
        difference: As observed, in the metric's unit.
        standard_error: Of the difference, by paired bootstrap of the n examples.
        n: Examples so far.

    Returns:
        N − n, at least 1; None where the two are equal, for no number tells equals apart.
    """
    if difference == 0:
        return None
    wanted = n * ((_Z_ALPHA + _Z_POWER) * standard_error / difference) ** 2
    return max(1, math.ceil(wanted - n))
