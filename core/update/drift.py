"""Live traffic against what a model was trained and tested on: what moved, and does it matter?

An alarm needs both: a p-value below 5 % after the corrections of `core.update.many_looks`, and an
effect beyond a threshold. With much traffic everything is significant, with little everything is
large; either alone would cry wolf.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core.update.categories import mix
from core.update.many_looks import ALPHA, corrected
from core.update.traffic_read import Request
from core.update.two_samples import shift

FEWEST = 30
"""Values on each side; of fewer nothing is tested."""
LEAST_DELTA = 0.147
"""Cliff's delta below it is negligible (Romano et al. 2006, on Cohen's conventions)."""
LEAST_GAP = 0.2
"""A gap between the shares of values up to a point that matters though the middle has not moved."""
LEAST_VARIATION = 0.1
"""Of a mix of categories: one request in ten would have to be of another category."""
EXAMPLES = 3
SHOWN = 5
"""Categories that are listed: those that changed most."""


@dataclass(frozen=True)
class Feature:
    """Something that is measured of a request.

    Attributes:
        name: `drift.feature.NAME` is the word for it.
        side: "input" or "output".
        kind: "number" or "category".
        field: Of `Request`; "" = it is measured of the logged text.
    """

    name: str
    side: str
    kind: str
    field: str = ""


FEATURES = (
    Feature("characters", "input", "number", "characters"),
    Feature("input_tokens", "input", "number", "input_tokens"),
    Feature("language", "input", "category", "language"),
    Feature("unseen_share", "input", "number", "unseen_share"),
    Feature("rarity", "input", "number"),
    Feature("label", "output", "category", "label"),
    Feature("confidence", "output", "number", "confidence"),
    Feature("output_tokens", "output", "number", "output_tokens"),
    Feature("refused", "output", "category", "refused"),
)
"""The class mix is that of the answers: nobody knows the right classes of live requests."""

Value = float | str
Values = Mapping[str, Sequence[Value]]
"""Feature to its values, one a row of the reference; rows without one are left out."""
Live = Mapping[str, Sequence[tuple[Request, Value]]]
"""The same of the requests, each with where it comes from."""


@dataclass(frozen=True)
class Example:
    """A request that shows a drift: its id, when, the value, and its text where it is logged."""

    id: str
    at: float
    value: Value
    text: str | None


@dataclass(frozen=True)
class Drift:
    """One feature, live against reference.

    Attributes:
        name, side, kind: As `Feature` has them.
        n_reference, n_live: Values.
        test: "kolmogorov-smirnov", "chi-square", "fisher"; None = it was not tested.
        p_value: Of that test alone.
        p_corrected: After the corrections for features and looks.
        effect, low, high: Cliff's delta, or the total variation distance, with its 95 % interval.
        gap: For numbers, the largest gap between shares of values up to a point, which is `gap_at`.
        reference, live: Medians, or shares of the categories that changed most.
        quantiles: For numbers, the 5 % to 95 % quantiles of both, for a picture.
        alarm: Whether it is significant after correction and beyond the threshold.
        examples: Requests that show it, of an alarm.
        why_untested: "few" or "absent"; None where it was tested.
    """

    name: str
    side: str
    kind: str
    n_reference: int
    n_live: int
    test: str | None = None
    p_value: float | None = None
    p_corrected: float | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    gap: float | None = None
    gap_at: float | None = None
    reference: Any = None
    live: Any = None
    quantiles: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    alarm: bool = False
    examples: tuple[Example, ...] = ()
    why_untested: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Drift":
        """What `to_json` gave."""
        pair = fields["quantiles"]
        return cls(**{
            **fields,
            "examples": tuple(Example(**one) for one in fields["examples"]),
            "quantiles": (tuple(pair[0]), tuple(pair[1])) if pair else None,
        })  # fmt: skip


def compare(reference: Values, live: Live, look: int) -> list[Drift]:
    """Test every feature, correct for all of them and for the number of the look, and raise alarms.

    Args:
        reference: Values of the training and test data.
        live: Values of the requests.
        look: Its number in its series, from 1.
    """
    rows = [_one(feature, reference.get(feature.name, ()), live.get(feature.name, ()))
            for feature in FEATURES]  # fmt: skip
    tested = iter(corrected([row.p_value for row in rows if row.p_value is not None], look))
    found = []
    for row in rows:
        if row.p_value is not None:
            row = replace(row, p_corrected=next(tested))
            if matters(row) and (row.p_corrected or 0.0) < ALPHA:
                row = replace(row, alarm=True, examples=_examples(row, live[row.name]))
        found.append(row)
    return found


def matters(row: Drift) -> bool:
    """Whether an effect is beyond its threshold, significant or not."""
    effect = abs(row.effect or 0.0)
    if row.kind == "category":
        return effect >= LEAST_VARIATION
    return effect >= LEAST_DELTA or (row.gap or 0.0) >= LEAST_GAP


def _one(
    feature: Feature, reference: Sequence[Value], live: Sequence[tuple[Request, Value]]
) -> Drift:
    row = Drift(feature.name, feature.side, feature.kind, len(reference), len(live))
    if not reference or not live:
        return replace(row, why_untested="absent")
    if min(len(reference), len(live)) < FEWEST:
        return replace(row, why_untested="few")
    values = [value for _, value in live]
    return (_numbers if feature.kind == "number" else _categories)(row, reference, values)


def _numbers(row: Drift, reference: Sequence[Value], live: Sequence[Value]) -> Drift:
    a, b = np.asarray(reference, float), np.asarray(live, float)
    found = shift(a, b)
    levels = np.linspace(0.05, 0.95, 19)
    return replace(
        row, test="kolmogorov-smirnov", p_value=found.p_value, effect=found.delta, low=found.low,
        high=found.high, gap=found.distance, gap_at=found.at, reference=float(np.median(a)),
        live=float(np.median(b)),
        quantiles=(tuple(np.quantile(a, levels).tolist()), tuple(np.quantile(b, levels).tolist())),
    )  # fmt: skip


def _categories(row: Drift, reference: Sequence[Value], live: Sequence[Value]) -> Drift:
    first, second = (Counter(map(str, side)) for side in (reference, live))
    found = mix(first, second)
    names = [name for name, _ in sorted(found.changes, key=lambda item: -abs(item[1]))][:SHOWN]
    return replace(
        row, test=found.test, p_value=found.p_value, effect=found.distance, low=found.low,
        high=found.high, reference={name: first[name] / len(reference) for name in names},
        live={name: second[name] / len(live) for name in names},
    )  # fmt: skip


def _examples(row: Drift, live: Sequence[tuple[Request, Value]]) -> tuple[Example, ...]:
    """Requests that show where the feature went: its extreme values, or what came more often."""
    if row.kind == "category":
        gains = {name: share - row.reference[name] for name, share in row.live.items()}
        more = max(gains, key=lambda name: gains[name])
        found = [pair for pair in reversed(live) if str(pair[1]) == more]
    else:
        sign = -1 if (row.effect or 0.0) >= 0 else 1
        found = sorted(live, key=lambda pair: sign * float(pair[1]))
    apart: dict[object, Example] = {}
    for one, value in found:  # the same text three times would show no more than once
        apart.setdefault(one.input_text or one.id, Example(one.id, one.at, value, one.input_text))
        if len(apart) == EXAMPLES:
            break
    return tuple(apart.values())
