"""Fit the constants of the formulas to published runs, and judge them on what they have not seen.

    python -m core.cost.fit          print the constants, write assets/facts/left_out.csv

Least squares on the logarithm of predicted ÷ measured, with a soft corner so that no single run
pulls far; a family of n runs weighs n^-0.35 each; a weak prior holds every constant near where it
started. Each run is then predicted by constants that were fitted without its family of models, and
by constants fitted without its source (framework or engine): these are the errors that an estimate
for a new model, and for a new setting, can be expected to have.

A run that went well is also known to have fitted its card, and one that ran out of memory not to:
estimates of memory on the wrong side are pushed back.
"""

import csv
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.cost import cases_runs as whole
from core.cost import cases_serving as serving
from core.cost import cases_training as training
from core.cost.engines import Pace
from core.cost.memory import Footprint
from core.cost.published import Row, rows, shape_of
from core.cost.throughput import Speed, Work, seconds, work
from core.workspace import assets

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

FAMILY_WEIGHT = -0.35
ERROR_SCALE = 0.08
PRIOR = 0.4
ROUNDS = 40
STEP = 1e-4
SPEED_PRIORS = {
    "gemm_share": 0.2, "half_width": 0.5, "half_product": 0.8, "kernel_seconds": 0.5,
    "read_share": 0.1, "passes": 0.5, "launch_seconds": 0.6, "exposed_share": 0.6,
    "adapter_flops_per_second": 0.6, "waiting_share": 0.6, "megatron_deepspeed": 0.2,
    "misaligned": 0.3, "optimizer_bytes": 0.3,
}  # fmt: skip
SPEED_BEFORE = Speed(
    0.78, 160, 4e5, 0.76, 0.8, 0.5, 22, 30, 80e-6, 1e-3, 1.9, 1.6, 0.4, 20, 14e12, 0.85, 0.72, 0.6,
    0.3, 2.5e-3, 24, 0.006, 0.95, 0.87,
)  # fmt: skip
FOOTPRINT_PRIORS = {
    "gradient_bytes": 0.2, "activation_share": 0.1, "adapter_activations": 0.2,
    "reserve_share": 0.5, "counted_share": 0.03, "logit_bytes": 0.3, "adapter_state_bytes": 0.5,
    "chunked_share": 0.5, "reserve_bytes": 0.5, "counted_bytes": 0.5,
}  # fmt: skip
FOOTPRINT_BEFORE = Footprint(3, 5, 6, 0.25, 1.1, 0.95, 0.1, 0.8e9, 1.02, 0.3e9)
OVERHEAD_BEFORE = whole.Overhead(1.15, 1.2, 0.9, 1.2)
PACE_PRIORS = {
    "read_share": 0.15, "compute_share": 0.2, "half_width": 0.6, "expert_share": 0.3,
    "score_flops_per_second": 0.2, "prompt_share": 0.5, "step_seconds": 0.8, "prompt_overlap": 0.2,
    "compiled_launch": 0.15, "fastertransformer_launch": 0.15, "nemo_launch": 0.15,
    "gpt_fast_read": 0.1, "gpt_fast_int8": 0.1, "gpt_fast_int4": 0.15, "gpt_fast_reduce": 0.6,
}  # fmt: skip
PACE_BEFORE = Pace(
    0.88, 0.72, 200, 0.75, 10e12, 0.5, 0.3e-3, 25e-6, 0.9, 100e-6, 120e-6, 100e-6, 66e-6, 0.85,
    8e-6, 1.18, 1.5, 233e-6, 2.0, 0.7e-3, 2.0, 400e-6, 0.13, 0.7e-3, 1.6, 1.4, 0.6e-3, 0.6e-3,
)  # fmt: skip
"""What the priors hold on to: what was known of each constant before it was fitted."""


@dataclass(frozen=True)
class Problem:
    """Constants, the runs that they are fitted to, and how they predict them all at once.

    Attributes:
        name: What is fitted.
        start: Where the constants start.
        priors: How far the logarithm of each may go; `PRIOR` for the others.
        kinds: Kind of each run, as `core.cost.backtest` names it.
        runs: The runs.
        source: The column that names what they share beside the model.
        measured: What each measured.
        predict: Constants to predictions of all runs.
        bounds: Constants to what is wrong with the bounds of other runs, given which groups count.
    """

    name: str
    start: Any
    priors: Mapping[str, float]
    kinds: tuple[str, ...]
    runs: tuple[Row, ...]
    source: str
    measured: Vector
    predict: Callable[[Any], Vector]
    bounds: Callable[[Any, set[str]], Vector] = field(default=lambda *_: np.zeros(0))

    @property
    def groups(self) -> NDArray[np.str_]:
        """Family of models of each run."""
        return np.array([row.text("group") for row in self.runs])

    @property
    def sources(self) -> NDArray[np.str_]:
        """Framework or engine of each run."""
        return np.array([row.text(self.source) for row in self.runs])


def problems() -> tuple[Problem, ...]:
    """All fits; whole runs stand on the pace of training, so they come after it."""
    return pace_of_training(), footprint(), whole_runs(), pace_of_serving()


def pace_of_training() -> Problem:
    """Tokens per second of steady training."""
    runs, works, tokens = [], [], []
    for row in rows("training_runs"):
        if row.text("kind") not in ("throughput_pretrain", training.FINETUNING):
            continue
        shape = shape_of(row)
        pair = training.pace(row)
        plan = training.plan_of(row, shape) if shape else None
        if pair is None or shape is None or plan is None:
            continue
        runs.append(row)
        works.append(work(shape, serving.card(row), plan))
        slower = training.pressure(row, shape, plan)
        tokens.append(plan.tokens_per_step(shape) / plan.gpus / slower)
    together = Work(
        **{one.name: np.array([getattr(w, one.name) for w in works], float) for one in fields(Work)}
    )
    return Problem(
        "training", SPEED_BEFORE, SPEED_PRIORS,
        tuple(_kind(row) for row in runs),
        tuple(runs), "framework",
        np.array([training.tokens_per_second(row) for row in runs], float),
        lambda speed: np.asarray(tokens / seconds(together, speed).total),
    )  # fmt: skip


def _kind(row: Row) -> str:
    if row.text("kind") != training.FINETUNING:
        return "pretraining"
    return "finetuning" if training.method_of(row) == "full" else "adapters"


def footprint() -> Problem:
    """Peak memory of training."""
    wanted = ("throughput_pretrain", training.FINETUNING, "memory_train")
    found = [row for row in rows("training_runs") if row.text("kind") in wanted]
    runs = [row for row in found if training.memory(row) is not None]
    known = [row for row in found if training.parts_of(row) is not None]
    bounded = [row for row in known if row.text("status") in ("ok", "OOM")]
    members = Counter(row.text("group") for row in bounded)
    sign = np.array([1.0 if row.text("status") == "ok" else -1.0 for row in bounded])
    weight = np.array([12 * members[row.text("group")] ** -0.5 for row in bounded])
    weight = np.where(sign > 0, weight, 3.0)
    room = np.array([serving.card(row).usable_bytes for row in bounded], float)

    def predict(constants: Footprint) -> Vector:
        pairs = (training.memory(row, constants) for row in runs)
        return np.array([pair.predicted for pair in pairs if pair], float)

    def bounds(constants: Footprint, counted: set[str]) -> Vector:
        need = np.array([_needed(row, constants) for row in bounded])
        on = np.array([row.text("group") in counted for row in bounded])
        return np.asarray(np.maximum(0.0, sign * np.log(need / room)) * weight * on)

    pairs = [training.memory(row) for row in runs]
    return Problem(
        "footprint", FOOTPRINT_BEFORE, FOOTPRINT_PRIORS, ("training-memory",) * len(runs),
        tuple(runs), "framework", np.array([pair.measured for pair in pairs if pair], float),
        predict, bounds,
    )  # fmt: skip


def _needed(row: Row, constants: Footprint) -> float:
    parts = training.parts_of(row, constants)
    return float(parts.needed_bytes) if parts else np.nan


def whole_runs() -> Problem:
    """GPU-hours of whole pre-training runs."""
    found = [row for row in rows("training_runs") if row.text("kind") == "pretrain_total"]
    runs = [row for row in found if row.number("gpu_hours") and whole.steady_hours(row)]
    steady = np.array([whole.steady_hours(row) for row in runs], float)
    return Problem(
        "run", OVERHEAD_BEFORE, {}, ("run",) * len(runs), tuple(runs), "framework",
        np.array([row.number("gpu_hours") for row in runs], float),
        lambda overhead: steady * np.array([whole.factor(row, overhead) for row in runs]),
    )  # fmt: skip


def pace_of_serving() -> Problem:
    """Output tokens per second, and seconds to the first token."""
    names = {"max_throughput": "serving", "static_batch": "batch", "ttft": "first-token",
             "single_stream": "stream", "hf_generate": "library"}  # fmt: skip
    runs = [
        row
        for row in rows("inference_runs")
        if row.text("kind") in names
        and row.text("status") == "ok"
        and serving.measured(row) is not None
        and serving.asked(row) is not None
    ]
    kinds = np.array([row.text("kind") for row in runs])
    cases = [case for row in runs if (case := serving.asked(row)) is not None]

    def predict(pace: Pace) -> Vector:
        found = np.zeros(len(runs))
        for kind in names:
            chosen = np.flatnonzero(kinds == kind)
            found[chosen] = serving.estimates(kind, [cases[i] for i in chosen], pace)
        return found

    return Problem(
        "serving", PACE_BEFORE, PACE_PRIORS, tuple(names[kind] for kind in kinds), tuple(runs),
        "engine", np.array([serving.measured(row) for row in runs], float), predict,
    )  # fmt: skip


def fit(problem: Problem, chosen: Mask | None = None) -> Any:
    """The constants that fit some runs best: damped Gauss-Newton on their logarithms.

    Args:
        problem: What is fitted.
        chosen: Which runs count; None = all.
    """
    on = np.ones(len(problem.runs), bool) if chosen is None else chosen
    groups = problem.groups
    count = Counter(groups[on].tolist())
    weight = np.array([count[group] ** FAMILY_WEIGHT for group in groups[on].tolist()])
    weight /= ERROR_SCALE * np.sqrt(np.mean(weight**2))
    kind = type(problem.start)
    origin = np.log(np.array(astuple(problem.start), float))
    width = np.array([problem.priors.get(one.name, PRIOR) for one in fields(kind)])

    def residuals(at: Vector) -> Vector:
        constants = kind(*(float(value) for value in np.exp(at)))
        raw = np.log(problem.predict(constants)[on] / problem.measured[on]) * weight
        soft = np.sign(raw) * np.sqrt(2 * (np.sqrt(1 + raw**2) - 1))
        bounds = problem.bounds(constants, set(count))
        return np.concatenate([soft, bounds, (at - origin) / width])

    at, damping = origin.copy(), 1.0
    now = residuals(at)
    for _ in range(ROUNDS):
        slope = np.stack([(residuals(at + step) - now) / STEP for step in STEP * np.eye(len(at))])
        square = slope @ slope.T
        move = np.linalg.solve(square + damping * np.diag(np.diag(square)), -slope @ now)
        trial = residuals(at + move)
        if trial @ trial < now @ now:
            better = now @ now - trial @ trial
            at, now, damping = at + move, trial, damping / 4
            if better < 1e-3:
                break
        else:
            damping *= 6
    return kind(*(float(value) for value in np.exp(at)))


def left_out(problem: Problem, labels: NDArray[np.str_], only: str | None = None) -> Vector:
    """Predictions of every run by constants fitted without those of its label; NaN = not asked.

    Args:
        problem: What is fitted.
        labels: One for each run: its family, or its source.
        only: One label; None = each in turn.
    """
    found = np.full(len(problem.runs), np.nan)
    for label in sorted(set(labels.tolist())):
        if only in (None, label):
            out = labels == label
            found[out] = problem.predict(fit(problem, ~out))[out]
    return found


def main() -> None:
    """Print the constants of every fit and write what was predicted without family and source."""
    with (assets() / "facts" / "left_out.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("id", "kind", "predicted", "predicted_without_source"))
        for problem in problems():
            constants = fit(problem)
            family = left_out(problem, problem.groups)
            source = left_out(problem, problem.sources)
            print(constants)
            for kind in sorted(set(problem.kinds)):
                on = np.array(problem.kinds) == kind
                for name, found in (("fitted", problem.predict(constants)),
                                    ("family out", family), ("source out", source)):  # fmt: skip
                    wrong = np.abs(found[on] / problem.measured[on] - 1)
                    print(f"  {kind:16s} {name:10s} n {on.sum():3d} median "
                          f"{100 * np.median(wrong):.1f} % p90 "
                          f"{100 * np.quantile(wrong, 0.9):.1f} %")  # fmt: skip
            for row, kind, one, other in zip(problem.runs, problem.kinds, family, source,
                                             strict=True):  # fmt: skip
                table.writerow((row.name, kind, f"{one:.6g}", f"{other:.6g}"))


if __name__ == "__main__":
    main()
