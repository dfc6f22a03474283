"""Every estimator held against published runs: the error, and the range that estimates wear.

A check is one published run: what was measured, and what was predicted. Where constants were
fitted to runs of that kind, the prediction is by constants fitted without the run's family of
models (`assets/facts/left_out.csv`, written by `core.cost.fit`): the error that a new model can be
expected to have, not the error on what was learnt. The same file has predictions without the run's
source (framework or engine): the error in a new setting.

The spread of a kind runs from the 5 % to the 95 % quantile of measured ÷ predicted, both taken
outwards, so that it holds at least 90 % of the kind's runs; and it always holds 1. How honest such
a spread is for a family that it was not made from is the score's coverage.
"""

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from core import table
from core.cost import cases_runs as whole
from core.cost import cases_serving as serving
from core.cost import cases_training as training
from core.cost.estimate import Spread
from core.cost.published import Row, read, rows, shape_of
from core.cost.shapes import named
from core.models.shape import parameters
from core.units import GIGA
from core.workspace import assets

COVERAGE = 0.90
WITHIN = 0.20
"""The band that the page draws."""
FEWEST_RUNS = 8
"""Fewer runs of other families than these give no range for one."""


@dataclass(frozen=True)
class Kind:
    """A kind of published run, how to predict one, and what was measured; None = not enough said.

    `method` narrows fine-tunes to those of all weights ("full") or of a frozen base ("frozen").
    """

    name: str
    table: str
    rows: tuple[str, ...]
    unit: str
    predict: Callable[[Row], float | None]
    measure: Callable[[Row], float | None]
    method: str | None = None

    def holds(self, row: Row) -> bool:
        """Whether a row is of this kind."""
        if row.text("kind") not in self.rows:
            return False
        return self.method is None or self.method == _trained(row)


@dataclass(frozen=True)
class Check:
    """A published run beside its prediction, and beside the prediction without its source."""

    name: str
    kind: str
    group: str
    model: str
    parameters: float
    gpus: int
    predicted: float
    elsewhere: float
    measured: float
    unit: str
    source: str
    reason: str | None = None

    @property
    def error(self) -> float:
        """Predicted ÷ measured − 1."""
        return self.predicted / self.measured - 1


@dataclass(frozen=True)
class Score:
    """How wrong the estimates of a kind are.

    `within` is the share within 20 %; `coverage_90` the share of runs inside the range that all
    other families give (None = too few runs). The 95 % interval of the median is free of any
    distribution: the ranks n/2 ± 0.98·√n (Conover 1999, Practical Nonparametric Statistics, 3.2).
    `elsewhere` are the errors with a run's source left out.
    """

    kind: str
    unit: str
    n: int
    groups: int
    median_abs_error: float
    median_low: float
    median_high: float
    p90_abs_error: float
    median_signed_error: float
    coverage_90: float | None
    within: float
    low_factor: float
    high_factor: float
    elsewhere_median_abs_error: float
    elsewhere_p90_abs_error: float


def kind(name: str) -> Kind:
    """Look a kind up.

    Raises:
        NotFound: There is no such kind.
    """
    return table.find(KINDS, name, "kind of published run")


def kinds_of(row: Row) -> list[Kind]:
    """The kinds that a row is of."""
    return [one for one in KINDS if one.holds(row)]


@lru_cache(maxsize=32)
def checks(name: str) -> tuple[Check, ...]:
    """All published runs of a kind that say enough, beside their predictions."""
    wanted = kind(name)
    return tuple(
        check
        for row in rows(wanted.table)
        if (check := check_row(wanted, row, _left_out().get((row.name, name)))) is not None
    )


def check_file(path: Path) -> tuple[Check, ...]:
    """Predict the runs of another file with the columns of one of the two tables.

    Raises:
        NotFound: There is no such file.
        BadInput: It is no CSV file with those columns.
    """
    return tuple(
        check
        for row in read(path)
        for one in kinds_of(row)
        if (check := check_row(one, row)) is not None
    )


def check_row(kind: Kind, row: Row, left_out: tuple[float, float] | None = None) -> Check | None:
    """A row beside its prediction; None if it is of another kind, failed, or says too little."""
    if not kind.holds(row) or row.text("status") != "ok":
        return None
    measured = kind.measure(row)
    if not measured:
        return None
    if left_out is None:
        predicted = kind.predict(row)
        if predicted is None:
            return None
        left_out = predicted, predicted
    here, elsewhere = left_out
    return Check(
        name=row.name,
        kind=kind.name,
        group=row.text("group"),
        model=row.text("model"),
        parameters=parameters_of(row) or 0.0,
        gpus=row.whole("n_gpus", 1),
        predicted=here,
        elsewhere=elsewhere,
        measured=measured,
        unit=kind.unit,
        source=row.text("source"),
    )


def parameters_of(row: Row) -> float | None:
    """Parameters of a row's model: counted from its shape, else as printed."""
    shape = shape_of(row)
    if shape is not None:
        return float(parameters(shape).total)
    printed = row.number("params_b")
    return None if printed is None else printed * GIGA


@lru_cache(maxsize=1)
def _left_out() -> dict[tuple[str, str], tuple[float, float]]:
    """Row and kind -> predictions by constants fitted without its family, without its source."""
    with (assets() / "facts" / "left_out.csv").open(encoding="utf-8", newline="") as lines:
        return {
            (row["id"], row["kind"]): (
                float(row["predicted"]), float(row["predicted_without_source"]),
            )
            for row in csv.DictReader(lines)
        }  # fmt: skip


@lru_cache(maxsize=64)
def spread(name: str, *, unlike: bool = False) -> Spread:
    """Where at least 90 % of measured ÷ predicted lie, for a kind.

    Args:
        name: The kind.
        unlike: For a job unlike any published one: the wider of the errors with a family and with a
            source left out, and `UNLIKE` times that.
    """
    found = checks(name)
    here = _spread(name, [check.measured / check.predicted for check in found])
    if not unlike:
        return here
    there = _spread(name, [check.measured / check.elsewhere for check in found])
    low, high = min(here.low, there.low) ** UNLIKE, max(here.high, there.high) ** UNLIKE
    return Spread(name, low, high, len(found))


UNSEEN = 1.15
"""Times as wide, on a logarithmic scale, as the runs of known families say: with it, a family that
was left out lies inside the range of the others about as often as the range promises."""
UNLIKE = 1.5
"""Times as wide again is the range of a job unlike any published one."""


def worst(found: Sequence[Check], runs: Sequence[Row], most: int = 10) -> list[Check]:
    """The checks that are furthest off on a logarithmic scale, each with the reason."""
    by_name = {row.name: row for row in runs}
    ordered = sorted(found, key=lambda check: -abs(math.log(check.predicted / check.measured)))
    return [
        replace(check, reason=reason(by_name[check.name], check.kind)) for check in ordered[:most]
    ]


def reason(row: Row, kind: str) -> str:
    """What makes a row hard to estimate: what it leaves out, or what is rare about it."""
    serves = bool(row.text("engine"))
    wanted = ("in_len", "out_len") if serves else ("micro_batch", "act_ckpt", "seq_len")
    if kind == "run":
        return f"layout not printed; hours: {row.text('hours_semantics') or 'not said how counted'}"
    if blank := [name for name in wanted if not row.text(name)]:
        return f"not printed: {', '.join(blank)}"
    if kind == "serving":
        return "how many requests ran together is not printed"
    if named(row.text("model")) is None and not row.text("hidden"):
        return "shape of the model guessed from its size"
    return "nothing that the row shows: the formula is off here"


def _spread(name: str, ratios: Sequence[float]) -> Spread:
    ordered = sorted(ratios)
    n, tail = len(ordered), (1 - COVERAGE) / 2
    low, high = ordered[math.floor(tail * n)], ordered[math.ceil((1 - tail) * n) - 1]
    return Spread(name, min(1.0, low) ** UNSEEN, max(1.0, high) ** UNSEEN, n)


def score(name: str) -> Score:
    """How wrong the estimates of a kind are on the published runs."""
    return scores(checks(name))[0]


def scores(found: Sequence[Check]) -> list[Score]:
    """How wrong estimates are, one score for each kind that occurs."""
    by_kind = {
        one.name: group
        for one in KINDS
        if (group := [check for check in found if check.kind == one.name])
    }
    return [_score(name, group) for name, group in by_kind.items()]


def _score(name: str, found: Sequence[Check]) -> Score:
    signed = np.array([check.error for check in found])
    errors = np.sort(np.abs(signed))
    elsewhere = np.abs([check.elsewhere / check.measured - 1 for check in found])
    half = 0.98 * math.sqrt(len(errors))
    low = max(0, math.floor(len(errors) / 2 - half))
    high = min(len(errors) - 1, math.ceil(len(errors) / 2 + half))
    span = _spread(name, [check.measured / check.predicted for check in found])
    return Score(
        kind=name,
        unit=kind(name).unit,
        n=len(found),
        groups=len({check.group for check in found}),
        median_abs_error=float(np.median(errors)),
        median_low=float(errors[low]),
        median_high=float(errors[high]),
        p90_abs_error=float(np.quantile(errors, 0.9)),
        median_signed_error=float(np.median(signed)),
        coverage_90=_coverage(name, found),
        within=float(np.mean(errors <= WITHIN)),
        low_factor=span.low,
        high_factor=span.high,
        elsewhere_median_abs_error=float(np.median(elsewhere)),
        elsewhere_p90_abs_error=float(np.quantile(elsewhere, 0.9)),
    )


def _coverage(name: str, found: Sequence[Check]) -> float | None:
    """Share of runs inside the range that the published runs of all other families give."""
    known = checks(name)
    inside = []
    for check in found:
        others = [one.measured / one.predicted for one in known if one.group != check.group]
        if len(others) >= FEWEST_RUNS:
            span = _spread(name, others)
            inside.append(span.low <= check.measured / check.predicted <= span.high)
    return float(np.mean(inside)) if inside else None


def _trained(row: Row) -> str:
    return "full" if training.method_of(row) == "full" else "frozen"


def _hours(row: Row) -> float | None:
    steady = whole.steady_hours(row)
    return None if steady is None else steady * whole.factor(row)


def _training_bytes(row: Row) -> float | None:
    found = training.parts_of(row)
    return None if found is None else float(training.counted(row, found))


def _rate(row: Row) -> float | None:
    """Output tokens per second, or seconds to the first token."""
    case = serving.asked(row)
    return None if case is None else float(serving.estimates(row.text("kind"), [case])[0])


PRETRAINING, FINETUNING = "throughput_pretrain", training.FINETUNING
WITH_A_BATCH = (
    PRETRAINING, FINETUNING, "memory_train", "static_batch", "single_stream", "hf_generate",
)  # fmt: skip
"""Kinds of row whose memory follows from what the row says."""
PER_GPU = "tokens/s per GPU"
KINDS = (
    Kind("pretraining", "training_runs", (PRETRAINING,), PER_GPU, training.estimated_pace,
         training.tokens_per_second),
    Kind("finetuning", "training_runs", (FINETUNING,), PER_GPU, training.estimated_pace,
         training.tokens_per_second, "full"),
    Kind("adapters", "training_runs", (FINETUNING,), PER_GPU, training.estimated_pace,
         training.tokens_per_second, "frozen"),
    Kind("run", "training_runs", ("pretrain_total",), "GPU-hours", _hours,
         lambda row: row.number("gpu_hours")),
    Kind("training-memory", "training_runs", (PRETRAINING, FINETUNING, "memory_train"), "B",
         _training_bytes, training.measured_bytes),
    Kind("serving", "inference_runs", ("max_throughput",), "tokens/s", _rate, serving.measured),
    Kind("batch", "inference_runs", ("static_batch",), "tokens/s", _rate, serving.measured),
    Kind("first-token", "inference_runs", ("ttft",), "s", _rate, serving.measured),
    Kind("stream", "inference_runs", ("single_stream",), "tokens/s", _rate, serving.measured),
    Kind("library", "inference_runs", ("hf_generate",), "tokens/s", _rate, serving.measured),
    Kind("serving-memory", "inference_runs", ("static_batch", "hf_generate"), "B",
         serving.estimated_bytes, serving.measured_bytes),
)  # fmt: skip
"""The kinds, one row each."""
