import csv
import math

import numpy as np
import pytest

from core.cost.goodput import LOGGED_STOP_HOURS, Stops, goodput, logged_rate, logs
from core.errors import BadInput
from core.workspace import assets

LOGGED = Stops(2.9, 40, 0.007, LOGGED_STOP_HOURS - 2.9 / 2)
"""What a stop cost in the logs."""


def test_the_logs_are_the_whole_of_each_run():
    assert {row["id"] for row in logs()} == {"Q05", "Q09", "Q10"}


def test_the_rate_is_the_geometric_mean_of_three():
    """OPT: 33 ideal days of 56 on 1,024 GPUs; the same by hand for the others."""
    rates = [
        ((56 - 33 * 1.01083) * 24 / 8) / (33 * 24 * 1024),
        ((108 - 100.03 * 1.01083) * 24 / 8) / (100.03 * 24 * 384),
        ((60 - 46.4 * 1.01083) * 24 / 8) / (46.4 * 24 * 768),
    ]
    found = logged_rate()
    assert found.n == 3
    assert found.value == pytest.approx(math.prod(rates) ** (1 / 3), rel=1e-3)
    assert found.low < min(rates)
    assert found.high > max(rates)


def test_each_log_lies_in_the_range_that_all_three_give():
    with (assets() / "facts" / "goodput.csv").open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["id"] in ("Q05", "Q09", "Q10")]
    for row in rows:
        found = goodput(int(row["n_gpus"]), float(row["ideal_days"]) * 24, LOGGED)
        assert found.low < float(row["goodput"]) < found.high


def test_one_card_hardly_ever_stops_and_a_thousand_do():
    one, many = goodput(1, 10), goodput(1024, 800)
    assert one.failures < 1e-3
    assert one.value > many.value
    assert many.low < many.value < many.high
    assert many.stops > 30


def test_by_hand():
    stops = Stops(2.0, 36, 0.01, 1.0, failures_per_gpu_hour=1e-3)
    found = goodput(10, 100, stops)
    # 1 % evaluation, 36 s in 2 h = 0.5 %; a failure every 100 h costs 1 h and half of 2 h.
    assert found.times == pytest.approx(1 + 0.01 + 0.005 + 10 * 1e-3 * 2)
    assert found.stops == pytest.approx(1)


def test_the_interval_between_checkpoints_is_youngs_where_it_is_short():
    stops = Stops(checkpoint_seconds=36, failures_per_gpu_hour=1e-3)
    assert goodput(1000, 10, stops).checkpoint_every_hours == pytest.approx((2 * 0.01) ** 0.5)
    shorter, longer = (
        goodput(1000, 10, Stops(hours, 36, failures_per_gpu_hour=1e-3)) for hours in (0.07, 0.28)
    )
    assert goodput(1000, 10, stops).value > max(shorter.value, longer.value)


def test_spot_machines_are_taken_away():
    stops = Stops(2.0, 0.0, 0.0, 1.0, 0.0, spot_per_machine_day=1.0)
    assert goodput(16, 24, stops).interruptions == 0
    # Two machines, each once in 24 h, two hours each time.
    assert goodput(16, 24, stops, spot=True).interruptions == pytest.approx(2 / 24 * 2)


def test_longer_runs_are_surer_of_their_share():
    short, long = goodput(64, 10), goodput(64, 5000)
    assert short.value == pytest.approx(long.value)
    assert short.high >= long.high
    assert short.low < long.low


def test_arrays_are_as_numbers():
    gpus, hours = np.array([1, 8, 512]), np.array([5.0, 50.0, 500.0])
    together = goodput(gpus, hours, checkpoint_bytes=1e11)
    for index, (n, h) in enumerate(zip(gpus.tolist(), hours.tolist(), strict=True)):
        one = goodput(n, h, checkpoint_bytes=1e11)
        for name, value in vars(one).items():
            assert getattr(together, name)[index] == pytest.approx(value)


@pytest.mark.parametrize(
    "change", [{"restart_hours": -1}, {"evaluation_share": float("nan")},
               {"checkpoint_every_hours": 0}, {"failures_per_gpu_hour": 2}],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(change):
    [field] = change
    with pytest.raises(BadInput, match=f"^{field}: .* give"):
        goodput(8, 10, Stops(**change))
