import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from core import calibration
from core.cost.backtest import checks
from core.cost.calibrate import (
    HERE,
    PRIOR_JOBS,
    UNKNOWN_FACTOR,
    Machine,
    Measurement,
    scatter,
    shrink,
)
from core.cost.energy import POWER_SHARE
from core.cost.hardware import gpu
from core.cost.measured import document, load, save
from core.cost.plan import Plan
from core.cost.probe import known_card, machine, machine_name, processor
from core.cost.throughput import step_time
from core.cost.training import estimate_training
from core.errors import BadInput
from core.models.catalog import STARTERS, model
from core.train.runs import Run, write_run
from core.workspace import Workspace, assets

CARD = gpu("A100-80-SXM")
LLAMA = model("llama-2-7b").shape


def measured(*ratios, known=True, method="full"):
    found = tuple(
        Measurement(f"run-{k}", method, 1000 * ratio, 1000, 100, f"2026-11-2{k}T00:00:00+00:00")
        for k, ratio in enumerate(ratios)
    )
    return Machine("box", CARD, known, found)


def log_width(span):
    return math.log(span.high / span.low)


def test_the_posterior_is_the_textbooks():
    """Normal prior and likelihood, known variances: Gelman et al. 2013, section 2.5."""
    between, within = scatter("finetuning")
    found = shrink(measured(0.8, 0.9), "finetuning")
    mean = (math.log(0.8) + math.log(0.9)) / 2
    weight = between**2 / (between**2 + within**2 / 2)
    assert math.log(found.ratio) == pytest.approx(weight * mean)
    left = 1 / (1 / between**2 + 2 / within**2)
    assert log_width(found.after) == pytest.approx(2 * 1.6448536 * math.sqrt(left + within**2))
    assert log_width(found.before) == pytest.approx(2 * 1.6448536 * math.hypot(between, within))


def test_every_measurement_narrows_the_range_down_to_the_scatter_between_jobs():
    widths = [log_width(shrink(measured(*[0.8] * n), "finetuning").after) for n in range(1, 9)]
    assert widths == sorted(widths, reverse=True)
    before = log_width(shrink(measured(0.8), "finetuning").before)
    assert widths[0] < before
    alike = shrink(measured(*[0.8] * 8), "finetuning")
    assert alike.ratio == pytest.approx(0.8, rel=0.03)
    assert 0 < alike.left < 0.8


def test_measurements_that_disagree_leave_a_wider_range_than_those_that_agree():
    alike, apart = measured(0.8, 0.8, 0.8, 0.8), measured(0.3, 0.6, 1.2, 2.0)
    assert log_width(shrink(apart, "finetuning").after) > log_width(
        shrink(alike, "finetuning").after
    )
    assert PRIOR_JOBS > 3


def test_of_a_processor_nothing_is_known_before():
    found = shrink(measured(0.5, known=False), "finetuning")
    assert found.before.high > UNKNOWN_FACTOR
    assert found.left < 0.5
    assert found.ratio == pytest.approx(0.5, rel=0.1)
    known, unknown = (
        log_width(shrink(measured(*[0.5] * 2, known=k), "finetuning").after) for k in (True, False)
    )
    assert unknown > 1.5 * known, "jobs scatter further where no published run is of the machine"


def test_measurements_of_the_same_method_count_before_others():
    mixed = Machine(
        "box", CARD, True,
        (*measured(0.5).measured,
         replace(measured(2.0, method="lora").measured[0], source="adapters")),
    )  # fmt: skip
    assert shrink(mixed, "adapters", "lora").n == 1
    assert shrink(mixed, "adapters", "lora").ratio > 1
    assert shrink(mixed, "finetuning", "full").ratio < 1
    assert shrink(mixed, "adapters", "qlora").n == 2


def test_scatter_splits_the_variance_of_the_published_runs():
    """Within and between make up about what the residuals vary by; widened by a constant."""
    for kind in ("pretraining", "finetuning", "adapters"):
        between, within = scatter(kind)
        logs = [math.log(one.measured / one.elsewhere) for one in checks(kind)]
        mean = sum(logs) / len(logs)
        total = math.sqrt(sum((x - mean) ** 2 for x in logs) / len(logs))
        assert 0.6 * total < math.hypot(between, within) < 1.7 * total


def test_an_estimate_for_the_machine_uses_it_and_says_so():
    usual = estimate_training(LLAMA, 10**8, CARD, 1, "lora")
    here = estimate_training(
        LLAMA, 10**8, CARD, 1, "lora", machine=measured(0.5, 0.5, 0.5, method="lora")
    )
    assert here.rate.value < 0.7 * usual.rate.value
    assert here.hours.value > 1.4 * usual.hours.value
    assert log_width(here.hours) < log_width(usual.hours) * 1.5
    assert here.calibrated.n == 3
    assert "Measured here: 3 × on box" in " ".join(n.say() for n in here.assumptions)
    assert usual.calibrated is None


def test_a_second_measurement_of_the_same_source_takes_the_place_of_the_first():
    box = measured(0.5)
    again = box.with_one(replace(box.measured[0], measured_tokens_per_second=700))
    assert [one.ratio for one in again.measured] == [0.7]


def test_what_was_measured_is_kept_in_the_workspace(tmp_path):
    workspace = Workspace.open(tmp_path)
    assert load(workspace, "box") is None
    save(workspace, measured(0.5, 0.7))
    assert load(workspace, "box") == measured(0.5, 0.7)
    assert load(workspace, "another") is None


def test_the_document_shows_the_shrinkage():
    found = document(measured(0.5, 0.7))
    assert found["n"] == 2
    assert [row["ratio"] for row in found["measurements"]] == [0.5, 0.7]
    for row in found["kinds"]:
        before, after = row["range_before"], row["range_after"]
        assert before["p5"] < before["p50"] == 1 < before["p95"]
        assert after["p5"] < after["p50"] == row["measured_over_predicted"] < after["p95"]
        assert 0 < row["width_after_over_before"] < 1


def test_this_processor_is_a_card_of_what_was_measured():
    found = machine("cpu")
    assert found.card.name == HERE
    assert not found.known
    assert 1e9 < found.card.peak_flops_per_second < 1e14
    assert 1e8 < found.card.bandwidth_bytes_per_second < 1e13
    assert found.name == processor() == machine_name()
    assert found.card.form == "CPU"
    assert POWER_SHARE * found.card.power_limit_watts >= 10


@pytest.mark.parametrize(
    ("driver", "name"),
    [("NVIDIA A100-SXM4-80GB", "A100-80-SXM"), ("NVIDIA A100-SXM4-40GB", "A100-40-SXM"),
     ("NVIDIA A100-PCIE-40GB", "A100-40-PCIe"), ("NVIDIA A100 80GB PCIe", "A100-80-PCIe"),
     ("NVIDIA H100 80GB HBM3", "H100-SXM"), ("NVIDIA H100 PCIe", "H100-PCIe"),
     ("NVIDIA H200", "H200"), ("NVIDIA L4", "L4"), ("NVIDIA L40S", "L40S"),
     ("NVIDIA GeForce RTX 3090", None), ("cpu", None)],
)  # fmt: skip
def test_a_card_is_known_by_what_its_driver_calls_it(driver, name):
    found = known_card(driver)
    assert (found.name if found else None) == name


def test_an_unknown_card_is_a_scale():
    found = machine("NVIDIA GeForce RTX 3090", 7e13, 9e11, 24 * 2**30)
    assert not found.known
    assert found.card.peak_flops_per_second == 7e13
    assert found.card.memory_bytes == 24 * 2**30
    assert found.card.title == "NVIDIA GeForce RTX 3090"


def test_a_processor_has_its_own_constants():
    """A product of a processor's measured peak reaches it; on a GPU a small one does not."""
    shape = next(row.shape for row in STARTERS if row.shape.family == "decoder")
    box = replace(machine("cpu", 1e11, 1e10).card)
    plan = Plan(length=32, micro_batch=8, recompute=False)
    as_card = step_time(shape, replace(box, form="SXM"), plan).total
    assert step_time(shape, box, plan).total < as_card


@pytest.fixture
def workspace(tmp_path):
    """A workspace with a finished run of a starter: 100 steps of 16 sequences, 96,000 tokens."""
    place = Workspace.open(tmp_path)
    starter = next(row for row in STARTERS if row.shape.family == "encoder-decoder")
    folder = place.run("mine-1") / "model"
    folder.mkdir(parents=True)
    config = assets() / "models" / starter.name / "config.json"
    (folder / "config.json").write_bytes(config.read_bytes())
    return place


def finished(**more):
    fields = {
        "run": "mine-1", "state": "succeeded", "base": "starter-translate", "base_hash": None,
        "method": "full", "preset": "quick", "task": "translation", "dataset": "d",
        "data_version": "v", "config": {"batch_size": 16}, "seed": 0, "job": "j",
        "created_at": "2026-11-23T00:00:00+00:00", "finished_at": "2026-11-23T01:00:00+00:00",
        "steps": 100, "tokens_per_second": 5000.0, "training": {"tokens": 96_000, "device": "cpu"},
    }  # fmt: skip
    return Run(**{**fields, **more})


def test_a_finished_run_calibrates_its_machine(workspace):
    write_run(workspace, finished())
    found = calibration.by_run(workspace, "mine-1")
    [one] = found.measured
    assert (one.source, one.steps, one.measured_tokens_per_second) == ("mine-1", 100, 5000)
    # 60 tokens a pair, half of them input: what the formula says for that batch on this processor.
    shape = next(row.shape for row in STARTERS if row.shape.family == "encoder-decoder")
    plan = Plan("full", 30, None, 16, 1, False)
    seconds = step_time(shape, found.card, plan).total
    assert one.predicted_tokens_per_second == pytest.approx(16 * 60 / seconds)
    assert calibration.here(workspace) == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"training": {}}, "recorded no speed"),
        ({"tokens_per_second": None}, "recorded no speed"),
        ({"method": "frozen"}, "'frozen', which is not predicted"),
        ({"environment": {"cpu_count": 4096}}, "4096 cores"),
    ],
)
def test_a_run_that_says_too_little_is_refused_by_name(workspace, change, words):
    write_run(workspace, finished(**change))
    with pytest.raises(BadInput, match=f"^run: 'mine-1'.*{words}"):
        calibration.by_run(workspace, "mine-1")


def test_a_probe_keeps_what_runs_told(workspace, monkeypatch):
    write_run(workspace, finished())
    calibration.by_run(workspace, "mine-1")
    config = {"model_type": "gpt2", "n_layer": 2, "n_embd": 64, "n_head": 2, "vocab_size": 256,
              "n_positions": 64}  # fmt: skip
    answer = {
        "device": "cpu", "memory_bytes": None, "product_flops_per_second": 1e11,
        "copy_bytes_per_second": 1e10,
        "jobs": [{"name": "small", "config": config, "batch": 2, "length": 64, "steps": 5,
                  "tokens_per_second": 900.0}],
    }  # fmt: skip
    child = SimpleNamespace(call=lambda *_: answer, close=lambda: None)
    monkeypatch.setattr(calibration, "Warm", lambda **_: child)
    found = calibration.by_probe(workspace)
    assert {one.source for one in found.measured} == {"mine-1", "probe: small"}
    assert found.card.peak_flops_per_second == 1e11
    assert calibration.here(workspace) == found


def test_a_machine_of_which_nothing_is_known_is_none(tmp_path):
    assert calibration.here(Workspace.open(tmp_path)) is None


def test_a_job_that_waits_for_launches_says_nothing_of_one_that_computes():
    slow = Measurement("small", "full", 3000, 1000, 30, "2026-11-26T00:00:00+00:00", launched=0.9)
    fast = Measurement("large", "full", 700, 1000, 30, "2026-11-26T00:00:00+00:00", launched=0.0)
    box = Machine("box", CARD, True, (slow, fast))
    assert shrink(box, "finetuning", "full", launched=0.95).ratio > 1
    assert shrink(box, "finetuning", "full", launched=0.05).ratio < 1
    alone = shrink(Machine("box", CARD, True, (slow,)), "finetuning", "full", launched=0.05)
    assert (alone.n, alone.ratio) == (0, 1.0)
    assert alone.after == alone.before
