"""Every estimator held against published runs: the error, and the range that estimates wear.

A check is one published run: what was measured, and what was predicted. Where constants were
fitted to runs of that kind, the prediction is by constants fitted without the source that the run
comes from (`assets/facts/left_out.csv`, written by `core.cost.fit`): the error that a new setting
can be expected to have, not the error on what was learnt.

The spread of a kind runs from the 5 % to the 95 % quantile of measured ÷ predicted, both taken
outwards, so that it holds at least 90 % of the kind's runs; and it always holds 1.
"""

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core import table
from core.cost import cases_serving as serving
from core.cost import cases_training as training
from core.cost.cases_serving import card
from core.cost.estimate import Spread
from core.cost.published import Pair, Row, read, rows, shape_of
from core.models.shape import parameters
from core.units import GIGA
from core.workspace import assets

COVERAGE = 0.90
WITHIN = 0.20
"""The band that the page draws."""


@dataclass(frozen=True)
class Kind:
    """A kind of published run, and how to predict one; None = the row does not say enough."""

    name: str
    table: str
    rows: tuple[str, ...]
    unit: str
    predict: Callable[[Row], Pair | None]


@dataclass(frozen=True)
class Check:
    """A published run beside its prediction."""

    name: str
    kind: str
    group: str
    model: str
    parameters: float
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
class Score:
    """How wrong the estimates of a kind are.

    `within` is the share within 20 %. The 95 % interval of the median is free of any distribution:
    the ranks n/2 ± 0.98·√n (Conover 1999, Practical Nonparametric Statistics, 3.2).
    """

    kind: str
    unit: str
    n: int
    groups: int
    median_error: float
    median_low: float
    median_high: float
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
    found = read(path)
    return tuple(
        check for row in found for one in KINDS if (check := check_row(one, row)) is not None
    )


def check_row(kind: Kind, row: Row, predicted: float | None = None) -> Check | None:
    """A row beside its prediction; None if it is of another kind or does not say enough."""
    pair = kind.predict(row) if row.text("kind") in kind.rows else None
    if pair is None:
        return None
    shape = shape_of(row)
    size = parameters(shape).total if shape else (row.number("params_b") or 0.0) * GIGA
    return Check(
        name=row.name,
        kind=kind.name,
        group=row.text("group"),
        model=row.text("model"),
        parameters=size,
        gpus=row.whole("n_gpus", 1),
        predicted=pair.predicted if predicted is None else predicted,
        measured=pair.measured,
        unit=kind.unit,
        source=row.text("source"),
    )


@lru_cache(maxsize=1)
def _left_out() -> dict[tuple[str, str], float]:
    """Row and kind -> prediction by constants that were fitted without the row's source."""
    with (assets() / "facts" / "left_out.csv").open(encoding="utf-8", newline="") as lines:
        return {(row["id"], row["kind"]): float(row["predicted"]) for row in csv.DictReader(lines)}


@lru_cache(maxsize=32)
def spread(name: str) -> Spread:
    """Where at least 90 % of measured ÷ predicted lie, for a kind."""
    return _spread(name, checks(name))


def _spread(name: str, found: Sequence[Check]) -> Spread:
    ratios = sorted(check.measured / check.predicted for check in found)
    n, tail = len(ratios), (1 - COVERAGE) / 2
    low, high = ratios[math.floor(tail * n)], ratios[math.ceil((1 - tail) * n) - 1]
    return Spread(name, min(1.0, low), max(1.0, high), n)


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
    errors = np.sort(np.abs([check.error for check in found]))
    half = 0.98 * math.sqrt(len(errors))
    low = max(0, math.floor(len(errors) / 2 - half))
    high = min(len(errors) - 1, math.ceil(len(errors) / 2 + half))
    span = _spread(name, found)
    return Score(
        kind=name,
        unit=kind(name).unit,
        n=len(found),
        groups=len({check.group for check in found}),
        median_error=float(np.median(errors)),
        median_low=float(errors[low]),
        median_high=float(errors[high]),
        p90_error=float(np.quantile(errors, 0.9)),
        within=float(np.mean(errors <= WITHIN)),
        low_factor=span.low,
        high_factor=span.high,
    )


@lru_cache(maxsize=1)
def out_of_memory() -> dict[str, int]:
    """Published runs that ran out of memory: how many were called, and how many wrongly."""
    judged = [
        (row.text("status") != "ok", need > card(row).memory_bytes)
        for name, need_of in (("training_runs", training.need), ("inference_runs", serving.need))
        for row in rows(name)
        if row.text("status") in ("ok", "OOM") and row.text("kind") in WITH_A_BATCH
        if (need := need_of(row)) is not None
    ]
    return {
        "failed_runs": sum(failed for failed, _ in judged),
        "failed_runs_called": sum(failed and called for failed, called in judged),
        "other_runs": sum(not failed for failed, _ in judged),
        "other_runs_called": sum(called and not failed for failed, called in judged),
    }


PRETRAINING, FINETUNING = "throughput_pretrain", "throughput_finetune"
WITH_A_BATCH = (
    PRETRAINING, FINETUNING, "memory_train", "static_batch", "single_stream", "hf_generate",
)  # fmt: skip
"""Kinds of row whose memory follows from what the row says."""
KINDS = (
    Kind("pretraining", "training_runs", (PRETRAINING,), "tokens/s per GPU", training.pace),
    Kind("finetuning", "training_runs", (FINETUNING,), "tokens/s per GPU", training.pace),
    Kind("run", "training_runs", ("pretrain_total",), "GPU-hours", training.whole_run),
    Kind("training-memory", "training_runs", (PRETRAINING, FINETUNING, "memory_train"), "B",
         training.memory),
    Kind("serving", "inference_runs", ("max_throughput",), "tokens/s", serving.largest_throughput),
    Kind("batch", "inference_runs", ("static_batch",), "tokens/s", serving.static_batch),
    Kind("first-token", "inference_runs", ("ttft",), "s", serving.first_token),
    Kind("stream", "inference_runs", ("single_stream",), "tokens/s", serving.single_stream),
    Kind("serving-memory", "inference_runs", ("static_batch", "hf_generate"), "B", serving.memory),
)  # fmt: skip
"""The kinds, one row each."""
