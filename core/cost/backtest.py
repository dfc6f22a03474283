"""Every estimator held against published runs: the error, and the range that estimates wear.

A check is one published run: what was measured, and what was predicted. Where constants were
fitted to runs of that kind, the prediction is by constants fitted without the run's family of
models (`assets/facts/left_out.csv`, written by `core.cost.fit`): the error that a new model can be
expected to have, not the error on what was learnt. The same file has predictions without the run's
source (framework or engine): the error in a new setting.
"""

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from core import table
from core.cost import cases_runs as whole
from core.cost import cases_serving as serving
from core.cost import cases_training as training
from core.cost.published import Row, read, rows, shape_of
from core.cost.shapes import named
from core.models.shape import parameters
from core.units import GIGA
from core.workspace import assets


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
