"""The same test under disturbances: score against strength, each point beside the clean test.

robustness/ID/record.json
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from core import record
from core.evaluate.disturb import DISTURBANCES
from core.evaluate.holm import holm
from core.evaluate.intervals import RESAMPLES, bootstrap, percentile
from core.evaluate.metrics import metric
from core.evaluate.paired import ALPHA, Difference, of_counts
from core.evaluate.scorer import Array, Scorer
from core.workspace import Workspace, newest_first, next_name, require


@dataclass(frozen=True)
class Point:
    """The score at one strength of one disturbance.

    Attributes:
        disturbance: Its name; "" = the test as it is.
        strength: Share of places that were changed, 0 to 1.
        changed: Share of the inputs that it changed at all, 0 to 1.
        value, low, high: The score and its 95 % interval, in the metric's unit; None where n < 2.
        difference, difference_low, difference_high: From the test as it is, paired, 95 %.
        p_value: Of that difference; None where n < 2, or for the test as it is.
        p_corrected: The same after Holm's correction for all points of the test.
    """

    disturbance: str
    strength: float
    changed: float
    value: float
    low: float | None
    high: float | None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    p_value: float | None = None
    p_corrected: float | None = None

    @property
    def decided(self) -> bool:
        """Whether the loss, or gain, is beyond chance after correction."""
        return self.p_corrected is not None and self.p_corrected < ALPHA


@dataclass(frozen=True)
class Robustness:
    """What disturbances did to a model on one test.

    Attributes:
        name: Its own; "" until it is saved.
        model, dataset, data_version, split, n: What was asked, on what.
        metric, unit, signature: How it was scored.
        language: Of the inputs; None = not known, and templates are those for English.
        points: The test as it is first, then each disturbance by rising strength.
        shown: A few examples of each disturbance: {disturbance, strength, before, after, answer,
            clean_answer}.
        key: Hash of all that the result depends on.
        seconds: Time spent.
        created_at: UTC, ISO 8601.
    """

    name: str
    model: str
    dataset: str
    data_version: str
    split: str
    n: int
    metric: str
    unit: str
    signature: str
    language: str | None
    points: tuple[Point, ...]
    shown: tuple[dict[str, Any], ...]
    key: str
    seconds: float
    created_at: str

    @property
    def clean(self) -> Point:
        """The test as it is."""
        return self.points[0]

    def curve(self, disturbance: str) -> tuple[Point, ...]:
        """The points of one disturbance, from the test as it is on."""
        return (self.clean, *(p for p in self.points if p.disturbance == disturbance))

    @property
    def disturbances(self) -> tuple[str, ...]:
        """Their names, in the order of the points."""
        return tuple(dict.fromkeys(point.disturbance for point in self.points[1:]))

    def weakest(self) -> Point:
        """The point that lost most against the test as it is.

        Where the reference is still right: that what was cut away is missed is no weakness.
        """
        sign = -1 if metric(self.metric).higher_is_better is False else 1
        fair = {row.name for row in DISTURBANCES if row.same_answer}
        found = [point for point in self.points[1:] if point.disturbance in fair]
        return min(found or self.points[1:], key=lambda point: sign * (point.difference or 0.0))

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)


def clean_point(scorer: Scorer, counts: Array, seed: int) -> Point:
    """The score of the test as it is, from counts of shape (n, k)."""
    return Point("", 0.0, 0.0, *_score(scorer, counts, seed))


def point(
    name: str,
    scorer: Scorer,
    clean: Array,
    counts: Array,
    where: tuple[str, float, float],
    seed: int,
) -> Point:
    """The score under a disturbance beside the one without; counts are (n, k) each.

    Args:
        name: The metric's name.
        scorer: Its computation.
        clean: Counts of the test as it is.
        counts: Counts under the disturbance, in the same order.
        where: Disturbance, strength, and the share of inputs changed.
        seed: Of resamples and trials.
    """
    paired: Difference = of_counts(name, scorer, clean, counts, seed)
    return replace(
        Point(*where, *_score(scorer, counts, seed)), difference=paired.difference,
        difference_low=paired.low, difference_high=paired.high, p_value=paired.p_value,
    )  # fmt: skip


def corrected(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points with their p-values corrected for all that were tested."""
    found = iter(holm([one.p_value for one in points if one.p_value is not None]))
    return tuple(
        one if one.p_value is None else replace(one, p_corrected=next(found)) for one in points
    )


def _score(scorer: Scorer, counts: Array, seed: int) -> tuple[float, float | None, float | None]:
    value = scorer.point(counts.sum(0))
    if len(counts) < 2:
        return value, None, None
    return value, *percentile(bootstrap(scorer, counts, seed, RESAMPLES))


def save(workspace: Workspace, made: Robustness) -> Robustness:
    """Write it under the next free name, and return it with that name."""
    named = replace(made, name=next_name(workspace.robustness_tests(), made.dataset))
    record.write(
        workspace.robustness_test(named.name) / "record.json", "robustness", named.to_json()
    )
    return named


def list_robustness(workspace: Workspace, dataset: str | None = None) -> list[Robustness]:
    """All of them, or those on one dataset, newest first."""
    found = [
        _made(record.read(folder / "record.json", "robustness"))
        for folder in newest_first(workspace.robustness_tests())
    ]
    return [made for made in found if dataset in (None, made.dataset)]


def open_robustness(workspace: Workspace, name: str) -> Robustness:
    """One of them.

    Raises:
        NotFound: There is none of that name; the message lists some that are.
    """
    known = [folder.name for folder in newest_first(workspace.robustness_tests())]
    path = require(workspace.robustness_test(name) / "record.json", "robustness test", name, known)
    return _made(record.read(path, "robustness"))


def _made(document: Mapping[str, Any]) -> Robustness:
    fields = {name: document[name] for name in Robustness.__dataclass_fields__}
    fields["points"] = tuple(Point(**one) for one in document["points"])
    fields["shown"] = tuple(document["shown"])
    return Robustness(**fields)


def find(workspace: Workspace, key: str) -> Robustness | None:
    """The one that was made from the same things, if there is one."""
    return next((made for made in list_robustness(workspace) if made.key == key), None)
