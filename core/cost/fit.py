"""Fit the constants of a formula to published runs, and judge it with each source left out.

    python -m core.cost.fit          print the constants, write assets/facts/left_out.csv

Least squares on the logarithm of predicted ÷ measured, with a soft corner so that no single run
pulls far; a family of n runs weighs n^-0.35 each; a weak prior (a factor of e^0.3) holds every
constant near where it started. What a source measured is then predicted by constants that were
fitted without it: those errors are what an estimate for a new setting can be expected to have.
"""

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.cost import cases_serving as serving
from core.cost import cases_training as training
from core.cost.published import Pair, Row, rows
from core.cost.steps import Engine
from core.cost.throughput import Speed
from core.workspace import assets

FAMILY_WEIGHT = -0.35
ERROR_SCALE = 0.1
PRIOR = 0.3
ROUNDS = 30
STEP = 1e-4
SPEED_BEFORE = Speed(
    0.75, 160, 250, 0.76, 0.32, 22, 40, 1.2e-3, 1.9, 1.0, 0.6, 0.7, 40, 23, 20, 0.02
)  # fmt: skip
ENGINE_BEFORE = Engine(0.85, 0.8, 14e12, 0.53, 94e-6, 35e-6, 1.0, 0.65)
"""What the prior holds on to: what was known of each constant before it was fitted; the attention
of a prompt is taken from training."""

Predict = Callable[[Row, Any], Pair | None]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """Runs that share a set of constants: kind, rows and formula of each, and where to start."""

    name: str
    start: Any
    source: str
    cases: tuple[tuple[str, Row, Predict], ...]


def families() -> tuple[Family, ...]:
    """Training and serving."""
    return (
        Family("training", SPEED_BEFORE, "framework", _cases("training_runs", (
            ("pretraining", "throughput_pretrain", training.pace),
            ("finetuning", "throughput_finetune", training.pace),
        ))),
        Family("serving", ENGINE_BEFORE, "engine", _cases("inference_runs", (
            ("serving", "max_throughput", serving.largest_throughput),
            ("batch", "static_batch", serving.static_batch),
            ("first-token", "ttft", serving.first_token),
            ("stream", "single_stream", serving.single_stream),
        ))),
    )  # fmt: skip


def _cases(
    table: str, kinds: Sequence[tuple[str, str, Predict]]
) -> tuple[tuple[str, Row, Predict], ...]:
    return tuple(
        (kind, row, predict)
        for row in rows(table)
        for kind, label, predict in kinds
        if row.text("kind") == label
    )


def errors(cases: Sequence[tuple[str, Row, Predict]], constants: Any) -> Vector:
    """Logarithm of predicted ÷ measured, for every case."""
    pairs = [predict(row, constants) for _, row, predict in cases]
    return np.array([np.log(pair.predicted / pair.measured) for pair in pairs if pair])


def fit(cases: Sequence[tuple[str, Row, Predict]], start: Any) -> Any:
    """The constants that fit some cases best: damped Gauss-Newton on their logarithms."""
    count = Counter(row.text("group") for _, row, _ in cases)
    weight = np.array([count[row.text("group")] ** FAMILY_WEIGHT for _, row, _ in cases])
    weight /= ERROR_SCALE * np.sqrt(np.mean(weight**2))
    origin = np.log(np.array(astuple(start)))

    def residuals(at: Vector) -> Vector:
        raw = errors(cases, type(start)(*np.exp(at))) * weight
        soft = np.sign(raw) * np.sqrt(2 * (np.sqrt(1 + raw**2) - 1))
        return np.concatenate([soft, (at - origin) / PRIOR])

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
    return type(start)(*(float(value) for value in np.exp(at)))


def usable(family: Family) -> list[tuple[str, Row, Predict]]:
    """The cases that say enough to be predicted."""
    return [case for case in family.cases if case[2](case[1], family.start) is not None]


def left_out(family: Family, only: str | None = None) -> list[tuple[str, str, float]]:
    """Row, kind and prediction of every case, by constants fitted without its source.

    Args:
        family: What is fitted together.
        only: One source; None = each in turn.
    """
    cases = usable(family)
    found = []
    for source in sorted({case[1].text(family.source) for case in cases}):
        if only not in (None, source):
            continue
        rest = [case for case in cases if case[1].text(family.source) != source]
        constants = fit(rest, family.start)
        for kind, row, predict in cases:
            pair = predict(row, constants) if row.text(family.source) == source else None
            if pair is not None:
                found.append((row.name, kind, pair.predicted))
    return found


def main() -> None:
    """Print the constants of every family and write what was predicted with its source left out."""
    with (assets() / "facts" / "left_out.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("id", "kind", "predicted"))
        for family in families():
            cases = usable(family)
            found = fit(cases, family.start)
            wrong = np.abs(np.exp(errors(cases, found)) - 1)
            print(found, np.median(wrong), np.quantile(wrong, 0.9))
            table.writerows((name, kind, f"{value:.6g}") for name, kind, value in left_out(family))


if __name__ == "__main__":
    main()
