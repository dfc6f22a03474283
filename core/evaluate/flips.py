"""The flip table: which examples got better from A to B, which got worse, which stayed.

Where an example is right or wrong, those that stay are told apart too: both right, both wrong. The
share that was right and is wrong now is the negative flip rate (Yan et al. 2021, Positive-congruent
training): two models of one accuracy may break very different numbers of answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.evaluate.compare import Changes


@dataclass(frozen=True)
class Flips:
    """What became of each example from A to B.

    Attributes:
        metric: What speaks of one example.
        same_within: A change up to this size is none, in the metric's unit.
        ids: Of each kind of flip, the ids: losses and gains with the largest first.
    """

    metric: str
    same_within: float
    ids: Mapping[str, tuple[str, ...]]

    @property
    def n(self) -> int:
        """All examples."""
        return sum(map(len, self.ids.values()))

    @property
    def binary(self) -> bool:
        """Whether an example is right or wrong, and nothing between."""
        return "both_right" in self.ids

    def count(self, kind: str) -> int:
        """How many examples flipped so."""
        return len(self.ids[kind])

    @property
    def negative_rate(self) -> float:
        """Share of all examples that got worse, 0 to 1."""
        return self.count("worse") / self.n if self.n else 0.0

    def to_json(self) -> dict[str, Any]:
        """Counts and ids."""
        return {
            "metric": self.metric,
            "same_within": self.same_within,
            "n": self.n,
            "negative_flip_rate": self.negative_rate,
            "counts": {kind: len(ids) for kind, ids in self.ids.items()},
            "ids": {kind: list(ids) for kind, ids in self.ids.items()},
        }


def flips(changes: Changes) -> Flips:
    """The flip table of two evaluations, from the changes of their examples."""
    ids = {
        "better": tuple(c.id for c in reversed(changes.better)),
        "worse": tuple(c.id for c in changes.worse),
    }
    every = [*changes.better, *changes.worse, *changes.same]
    if changes.same_within == 0 and _right_or_wrong([v for c in every for v in (c.a, c.b)]):
        ids["both_right"] = tuple(c.id for c in changes.same if c.b == 1)
        ids["both_wrong"] = tuple(c.id for c in changes.same if c.b == 0)
    else:
        ids["same"] = tuple(c.id for c in changes.same)
    return Flips(changes.metric, changes.same_within, ids)


def _right_or_wrong(values: Sequence[float]) -> bool:
    return set(values) <= {0.0, 1.0}
