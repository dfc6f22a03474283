"""Whether a new model should take the old one's place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """Old against new on the same test rows.

    Attributes:
        name: "better", "worse" or "tie" (not distinguishable on this data).
        promote: Whether the new model should serve.
        difference, low, high: New minus old, with its 95 % interval, in the metric's unit, turned
            so that more is better.
    """

    name: str
    promote: bool
    difference: float
    low: float
    high: float


def judge(difference: float, low: float, high: float, *, higher_is_better: bool = True) -> Verdict:
    """Judge from the paired difference (new minus old) and its 95 % interval.

    Only an interval that lies wholly above zero promotes: a tie leaves the old model, which is
    known, where it is.
    """
    if not higher_is_better:
        difference, low, high = -difference, -high, -low
    name = "better" if low > 0 else "worse" if high < 0 else "tie"
    return Verdict(name, name == "better", difference, low, high)
