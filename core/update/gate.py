"""The gate: may a challenger take the champion's place?

Two things must hold, and both are tested, so that neither needs a correction for the other (an
intersection-union test: Berger 1982, Technometrics 24).

- **Not worse** on the locked test split: the lower end of the paired 95 % interval of challenger
  minus champion lies above −margin. That is a one-sided test of non-inferiority at 2.5 % (ICH E9
  and E10; Walker and Nowacki 2011, J Gen Intern Med 26).
- **Better** on the new slice, the accepted corrections that were held out: the paired interval lies
  above 0 and the paired test gives p < 0.05.

No difference found is no proof of "not worse": what cannot be shown does not pass.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import BadInput
from core.evaluate import notation
from core.evaluate.paired import ALPHA, Difference

FEWEST_TEST = 10
"""Of fewer test examples a bootstrap interval would mean nothing."""
FEWEST_NEW = 6
"""Held-out corrections: with five, all improved, a two-sided sign-flip test gives p = 0.06."""
DEFAULT_MARGIN = 1.0
"""Points out of a hundred, or percentage points."""
MOST_MARGIN = 100.0

REASONS = (
    "passed",
    "first",  # nobody serves yet: there is nothing to be worse than
    "worse",  # the test split says that it is worse, beyond the margin
    "unsure",  # the interval reaches below −margin: it may be worse
    "few_test",
    "not_better",  # the new slice does not show that it is better
    "few_new",
)
"""Why the gate opens or stays shut, in a word; `update.gate.REASON.*` is the sentence."""


@dataclass(frozen=True)
class Side:
    """Challenger against champion on the same examples.

    Attributes:
        n: Examples.
        champion, challenger: Their scores.
        difference, low, high: Challenger minus champion with its paired 95 % interval, turned so
            that more is better; None where there are too few examples.
        p_value: Of the paired two-sided test.
        evaluations: Their names, the champion's first.
    """

    n: int
    champion: float | None
    challenger: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    evaluations: tuple[str, str] | None


@dataclass(frozen=True)
class Gate:
    """What the gate says.

    Attributes:
        dataset: Whose champion is challenged.
        champion: Who serves; None = nobody was promoted.
        rival: With whom the challenger was compared: the champion, else the run it was made from;
            None = with nobody.
        challenger: The run that wants to.
        metric, unit: What scored them.
        margin: In the metric's own unit.
        locked: On the test split; None = there is no champion.
        new: On the new slice; None = no correction is held out.
        not_worse, better: What each side shows.
        reason: One of REASONS.
        test_hash: Of the test split that both were scored on.
        slice_version: Of the dataset of held-out corrections; None = there is none.
    """

    dataset: str
    champion: str | None
    rival: str | None
    challenger: str
    metric: str
    unit: str
    margin: float
    locked: Side | None
    new: Side | None
    not_worse: bool
    better: bool
    reason: str
    test_hash: str
    slice_version: str | None

    @property
    def passed(self) -> bool:
        """Whether the challenger may serve."""
        return self.reason in ("passed", "first")

    def to_json(self) -> dict[str, Any]:
        """The fields and whether it passed."""
        return {**asdict(self), "passed": self.passed}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Gate":
        """What `to_json` gave."""
        known = {name: fields[name] for name in cls.__dataclass_fields__}
        for name in ("locked", "new"):
            if known[name]:
                side = known[name]
                pair = tuple(side["evaluations"]) if side["evaluations"] else None
                known[name] = Side(**{**side, "evaluations": pair})
        return cls(**known)


def side(found: Difference, n: int, evaluations: tuple[str, str]) -> Side:
    """A paired difference (challenger minus champion) as a side of the gate: more is better."""
    ends = (found.difference, found.low, found.high)
    if not found.higher_is_better:
        turned = [None if end is None else -end for end in ends]
        ends = (turned[0], turned[2], turned[1])  # type: ignore[assignment]
    return Side(n, found.a, found.b, *ends, found.p_value, evaluations)


def margin_of(margin: float | None, metric: str, unit: str) -> float:
    """A margin in the metric's own unit, from one in points out of a hundred as a person writes it.

    Raises:
        BadInput: It is negative, too large or no number; or none is given for a metric that is not
            out of a hundred.
    """
    if margin is None:
        if unit not in ("points", "percent", "share"):
            raise BadInput(
                f"{metric} is not out of a hundred, so there is no usual margin for it; give one "
                "with --margin, in its unit."
            )
        margin = DEFAULT_MARGIN
    if not math.isfinite(margin) or not 0 <= margin <= MOST_MARGIN:
        raise BadInput(
            f"margin: {margin:g} cannot be; give how many points the new model may be worse, from "
            f"0 to {MOST_MARGIN:g}."
        )
    return margin / notation.factor(unit)


def judged(locked: Side | None, new: Side | None, margin: float) -> tuple[bool, bool, str]:
    """Whether the challenger is shown to be not worse, whether better, and the reason in a word.

    Args:
        locked: On the test split; None = there is nobody to compare with.
        new: On the new slice; None = nothing is held out.
        margin: In the metric's unit.
    """
    if locked is None:
        return False, False, "first"  # nothing was shown, and nothing has to be
    enough = locked.n >= FEWEST_TEST and locked.low is not None
    not_worse = enough and locked.low is not None and locked.low > -margin
    better = (
        new is not None and new.n >= FEWEST_NEW and new.low is not None and new.low > 0
        and new.p_value is not None and new.p_value < ALPHA
    )  # fmt: skip
    if not enough:
        return not_worse, better, "few_test"
    if not not_worse:
        lost = locked.high is not None and locked.high < -margin
        return not_worse, better, "worse" if lost else "unsure"
    if new is None or new.n < FEWEST_NEW:
        return not_worse, better, "few_new"
    return not_worse, better, "passed" if better else "not_better"
