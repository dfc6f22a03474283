"""Goodput: the share of a run's wall-clock time that trains.

    wall clock = training · (1 + pauses) + stops · (restart + half a checkpoint interval)

Pauses are evaluations and the writing of checkpoints. Stops are failures of hardware and software;
rented at a spot price, interruptions as well. A stop costs the time until the run is up again and
the work since the last checkpoint, on average half the interval.

How often a run stops comes from the three public logs of `assets/facts/goodput.csv` (OPT-175B,
BLOOM-176B, GLM-130B): what they lost beside the pauses, for each GPU-hour, at the hours that one
stop cost them; GLM's is an upper bound, for its days hold preparations. Three logs of 2021 and
2022 are few: the range is a Student t interval with two degrees of freedom on the logarithm, about
a factor of nine either way. What a stop costs today is an input: people restarted those runs, which
took most of the 8 h; the default of one hour agrees with what whole published runs take beyond
their steady pace (`core.cost.cases_runs`).
"""

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from core.cost.estimate import Z_95
from core.cost.plan import GPUS_PER_NODE
from core.cost.transformer import Number
from core.errors import BadInput
from core.units import GIGA, HOURS_PER_DAY, SECONDS_PER_HOUR
from core.workspace import assets

LOGGED_STOP_HOURS = 8.0
"""What a stop cost in the logs: OPT lost 540 h to about 90 restarts (6 h each), BLOOM 166 h to
about 15 dead GPUs, one a week (11 h each): their geometric mean."""
LOGGED_PAUSES = 0.007 + 40 / (2.9 * SECONDS_PER_HOUR)
"""BLOOM: 0.7 % of the time for evaluation, 40 s for a checkpoint every 100 iterations of 105 s."""
LOGGED_GPUS = 1024
"""The most GPUs that one of the logs is of."""
LONGEST_INTERVAL_HOURS = 24.0
WRITE_BYTES_PER_SECOND = 1.3 * GIGA
"""Of one machine: BLOOM's 48 wrote 14 bytes for each of 176 billion parameters in 40 s."""
T_95 = 2.92
"""95 % point of Student's t with two degrees of freedom: three logs."""


@dataclass(frozen=True)
class Stops:
    """What interrupts training, and what that costs.

    Attributes:
        checkpoint_every_hours: Between checkpoints; None = the interval that loses least
            (Young 1974: √(2 · seconds to write · time between stops)), at most a day.
        checkpoint_seconds: Training stands still while one is written; None = by its size, as fast
            as BLOOM's machines.
        evaluation_share: Of the training time, spent on evaluation; BLOOM's.
        restart_hours: From a stop until the run is up again, without the lost work.
        failures_per_gpu_hour: None = as in the logs.
        spot_per_machine_day: Interruptions of a spot machine of up to 8 GPUs: an assumption, for
            no provider publishes a rate; one in a week.
    """

    checkpoint_every_hours: float | None = None
    checkpoint_seconds: float | None = None
    evaluation_share: float = 0.007
    restart_hours: float = 1.0
    failures_per_gpu_hour: float | None = None
    spot_per_machine_day: float = 1 / 7


USUAL = Stops()
LIMITS = {
    "checkpoint_every_hours": (0.01, 1000.0, "hours between checkpoints"),
    "checkpoint_seconds": (0.0, 100_000.0, "seconds for a checkpoint"),
    "evaluation_share": (0.0, 1.0, "of the time for evaluation"),
    "restart_hours": (0.0, 1000.0, "hours to restart"),
    "failures_per_gpu_hour": (0.0, 1.0, "failures per GPU-hour"),
    "spot_per_machine_day": (0.0, 100.0, "interruptions of a machine a day"),
}


@dataclass(frozen=True)
class Rate:
    """Stops of a GPU-hour, with the 90 % range of another run; `n` = logs behind it."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Goodput:
    """Share of the wall-clock time that trains, in a range that holds 90 % of runs.

    `pauses`, `failures`, `interruptions`: hours lost for each hour of training. `stops`: how many
    in the run. Numbers, or arrays.
    """

    value: Number
    low: Number
    high: Number
    pauses: Number
    failures: Number
    interruptions: Number
    stops: Number
    checkpoint_every_hours: Number

    @property
    def times(self) -> Number:
        """Wall-clock hours for each hour of training."""
        return 1 / self.value


def check(stops: Stops) -> None:
    """Refuse what cannot be.

    Raises:
        BadInput: A number is out of its range.
    """
    for name, (least, most, words) in LIMITS.items():
        value = getattr(stops, name)
        if value is not None and not least <= value <= most:
            raise BadInput(f"{name}: {value:g} {words} cannot be; give {least:g} to {most:,g}.")


@lru_cache(maxsize=1)
def logged_rate() -> Rate:
    """Stops of a GPU-hour in the public logs: geometric mean, and the range of the next run's."""
    lost = []
    for row in logs():
        ideal, elapsed = float(row["ideal_days"]), float(row["elapsed_days"])
        stopped = (elapsed / ideal - 1 - LOGGED_PAUSES) * HOURS_PER_DAY * ideal
        gpu_hours = ideal * HOURS_PER_DAY * float(row["n_gpus"])
        lost.append(math.log(stopped / LOGGED_STOP_HOURS / gpu_hours))
    n = len(lost)
    middle = float(np.mean(lost))
    reach = T_95 * float(np.std(lost, ddof=1)) * math.sqrt(1 + 1 / n)
    return Rate(math.exp(middle), math.exp(middle - reach), math.exp(middle + reach), n)


def logs() -> list[dict[str, str]]:
    """The rows of the logs that are of all their time; the others are of parts of it."""
    whole: dict[str, dict[str, str]] = {}
    with (assets() / "facts" / "goodput.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            before = whole.get(row["run"])
            if before is None or float(row["elapsed_days"]) > float(before["elapsed_days"]):
                whole[row["run"]] = row
    return list(whole.values())


def goodput(
    gpus: Number, hours: Number, stops: Stops = USUAL, *, checkpoint_bytes: Number = 0.0,
    spot: bool = False,
) -> Goodput:  # fmt: skip
    """The share of the wall-clock time that trains.

    Args:
        gpus: How many; a number or an array.
        hours: Of training at the steady pace, without any stop; a number or an array.
        stops: What interrupts it.
        checkpoint_bytes: Size of a checkpoint.
        spot: Rented at a spot price: machines are taken away.

    Raises:
        BadInput: A number of `stops` is out of its range.
    """
    check(stops)
    logged, hours = logged_rate(), np.asarray(hours, float)
    own = stops.failures_per_gpu_hour
    rates = (logged.low, logged.value, logged.high) if own is None else (own, own, own)
    machines = np.ceil(np.asarray(gpus, float) / GPUS_PER_NODE)
    taken = machines * stops.spot_per_machine_day / HOURS_PER_DAY if spot else 0.0 * machines
    seconds = stops.checkpoint_seconds
    written = checkpoint_bytes / WRITE_BYTES_PER_SECOND / machines if seconds is None else seconds
    every = _interval(stops, written / SECONDS_PER_HOUR, gpus * rates[1] + taken)
    pauses = stops.evaluation_share + written / SECONDS_PER_HOUR / every + 0.0 * hours
    cost = stops.restart_hours + np.minimum(every, hours) / 2  # no more is lost than was done
    # One stop halts all GPUs. Its number in a run is Poisson: short runs have none, or one.
    few, usual, many = (hours * (gpus * rate + taken) for rate in rates)
    lost = (
        usual, many + Z_95 * np.sqrt(many), np.maximum(0.0, few - Z_95 * np.sqrt(few)),
    )  # fmt: skip
    shares = (1 / (1 + pauses + number * cost / hours) for number in lost)
    parts: tuple[Any, ...] = (
        *shares, pauses, gpus * rates[1] * cost + 0.0 * hours, taken * cost + 0.0 * hours, usual,
        every + 0.0 * hours,
    )  # fmt: skip
    return Goodput(*(float(part) if np.ndim(part) == 0 else part for part in parts))


def _interval(stops: Stops, write_hours: Number, stops_per_hour: Number) -> Number:
    """Hours between checkpoints."""
    if stops.checkpoint_every_hours is not None:
        return stops.checkpoint_every_hours
    best = np.sqrt(2 * np.maximum(write_hours, 1e-3) / np.maximum(stops_per_hour, 1e-12))
    return np.minimum(LONGEST_INTERVAL_HOURS, best)
