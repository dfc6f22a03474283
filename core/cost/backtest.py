"""Every estimator held against published runs: the error, and the range that estimates wear.

A check is one published run: what was measured, and what the same formula as everywhere says for
it. The spread of a kind is where 90 % of measured ÷ predicted lie: between the 5 % and 95 %
quantiles, interpolated, over all its rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core import table
from core.cost import cases_serving as serving
from core.cost.estimate import Spread
from core.cost.published import Pair, Row, rows

COVERAGE = 0.90
WITHIN = 0.20
"""The band that the page draws."""


@dataclass(frozen=True)
class Check:
    """A published run beside its prediction."""

    name: str
    kind: str
    group: str
    model: str
    gpus: int
    predicted: float
    measured: float
    unit: str
    source: str

    @property
    def error(self) -> float:
        """Predicted ÷ measured − 1."""
        return self.predicted / self.measured - 1


@dataclass(frozen=True)
class Kind:
    """A kind of published run, and how to predict one; None = the row does not say enough."""

    name: str
    table: str
    rows: tuple[str, ...]
    unit: str
    predict: Callable[[Row], Pair | None]


@dataclass(frozen=True)
class Score:
    """How wrong the estimates of a kind are; `within` is the share within 20 %."""

    kind: str
    unit: str
    n: int
    groups: int
    median_error: float
    p90_error: float
    within: float
    low_factor: float
    high_factor: float


def kind(name: str) -> Kind:
    """Look a kind up.

    Raises:
        NotFound: There is no such kind.
    """
    return table.find(KINDS, name, "kind of published run")


@lru_cache(maxsize=32)
def checks(name: str) -> tuple[Check, ...]:
    """All published runs of a kind that say enough, beside their predictions."""
    wanted = kind(name)
    found = []
    for row in rows(wanted.table):
        pair = wanted.predict(row) if row.text("kind") in wanted.rows else None
        if pair is not None:
            found.append(
                Check(
                    name=row.name,
                    kind=name,
                    group=row.text("group"),
                    model=row.text("model"),
                    gpus=row.whole("n_gpus", 1),
                    predicted=pair.predicted,
                    measured=pair.measured,
                    unit=wanted.unit,
                    source=row.text("source"),
                )
            )
    return tuple(found)


@lru_cache(maxsize=32)
def spread(name: str) -> Spread:
    """Where 90 % of measured ÷ predicted lie, for a kind."""
    found = checks(name)
    ratios = [check.measured / check.predicted for check in found]
    tail = (1 - COVERAGE) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return Spread(name, float(low), float(high), len(found))


@lru_cache(maxsize=32)
def score(name: str) -> Score:
    """Median and 90 % quantile of the error of a kind, and its spread."""
    found = checks(name)
    errors = np.abs([check.error for check in found])
    range_ = spread(name)
    return Score(
        kind=name,
        unit=kind(name).unit,
        n=len(found),
        groups=len({check.group for check in found}),
        median_error=float(np.median(errors)),
        p90_error=float(np.quantile(errors, 0.9)),
        within=float(np.mean(errors <= WITHIN)),
        low_factor=range_.low,
        high_factor=range_.high,
    )


KINDS = (
    Kind("serving", "inference_runs", ("max_throughput",), "tokens/s", serving.largest_throughput),
    Kind("batch", "inference_runs", ("static_batch",), "tokens/s", serving.static_batch),
    Kind("first-token", "inference_runs", ("ttft",), "s", serving.first_token),
    Kind("stream", "inference_runs", ("single_stream",), "tokens/s", serving.single_stream),
)
"""The kinds, one row each."""
