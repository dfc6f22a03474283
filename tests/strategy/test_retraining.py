"""A plan counts what retraining took here, where somebody knows what its machine costs."""

import json
from dataclasses import replace

import pytest

from core.cost.hardware import gpu
from core.cost.prices import known_price
from core.jobs.store import JobStore
from core.strategy.document import as_json
from core.strategy.keep import freeze, thaw
from core.workspace import Workspace
from tests.strategy.scene import RENT, TUNED, keep_run, planned, run

EVERY = replace(TUNED, retrain_every_months=6, retrain_usd=100.0)
SECONDS = (1800.0, 3600.0, 5400.0)


@pytest.fixture
def workspace(tmp_path):
    """Three rounds of retraining one base, and one of another that must not count."""
    found = Workspace.open(tmp_path)
    keep_run(found, replace(run("tuned"), training={"device": "cpu", "tokens": 1_000_000}))
    for number, seconds in enumerate(SECONDS):
        # Each update begins from the run before it.
        before = f"tuned-{number - 1}" if number else "tuned"
        updated(found, f"tuned-{number}", seconds, base=before)
    updated(found, "other-1", 9.0, base="t5-small")
    return found


def updated(workspace, name, seconds, device="cpu", **more):
    with JobStore(workspace) as store:
        job, _ = store.add("update", {"dataset": "desk-de", "run": name})
        store.claim(job.id, 1)
        store.heartbeat(job.id, seconds)
        store.finish(job.id, "succeeded", result={})
    made = replace(run(name), training={"device": device, "tokens": 1_000_000}, **more)
    keep_run(workspace, made)


def tuned(workspace, **more):
    plan = planned(RENT, replace(EVERY, run="tuned-2", **more), workspace=workspace)
    return plan, next(row for row in as_json(plan)["ranking"] if row["option"] == "Tuned")


def unpriced(plan):
    return [row for row in as_json(plan)["warnings"] if row["key"] == "warning.unpriced_rounds"]


def test_a_stated_price_turns_measured_time_into_money(workspace):
    plan, row = tuned(workspace, retrain_usd_per_hour=0.5)
    training = row["training"]
    assert training["kind"] == "measured"
    assert training["rounds"] == {
        "n": 3, "device": "cpu", "seconds": {"value": 3600.0, "low": 1800.0, "high": 5400.0},
    }  # fmt: skip
    assert training["usd"] == {"value": 0.5, "low": 0.25, "high": 0.75}
    # 24 months, answers at once: rounds in months 6, 12 and 18
    assert plan.base["Tuned"].parts_usd["retraining"].sum() == pytest.approx(3 * 100.5)
    prices = [line.usd for line in plan.basis.option("Tuned").prices]
    assert prices == [2.0, 0.5]
    assert unpriced(plan) == []


def test_a_card_has_a_published_price(workspace):
    updated(workspace, "carded", 7200.0, device="NVIDIA A100-SXM4-80GB")
    _, row = tuned(workspace)
    usd = known_price(gpu("A100-80-SXM")).usd_per_gpu_hour
    own = tuned(workspace, usd_per_gpu_hour=None)[1]
    assert own["training"]["rounds"]["n"] == 1  # of the newest one's machine
    assert own["training"]["usd"]["value"] == pytest.approx(2 * usd)
    assert row["training"]["usd"]["value"] == pytest.approx(2 * 2.0)  # its own price of that card


def test_without_a_price_the_estimate_counts_and_says_so(workspace):
    plan, row = tuned(workspace)
    assert row["training"]["kind"] == "estimated"
    assert row["training"]["rounds"]["n"] == 3
    (warning,) = unpriced(plan)
    assert "took 1.0 h here (n = 3)" in warning["text"]


def test_who_never_retrained_has_an_estimate_and_no_warning(tmp_path):
    empty = Workspace.open(tmp_path / "empty")
    keep_run(empty, replace(run("tuned-2"), training={"tokens": 1_000_000}))
    plan, row = tuned(empty, retrain_usd_per_hour=0.5)
    assert (row["training"]["kind"], row["training"]["rounds"]) == ("estimated", None)
    assert unpriced(plan) == []


def test_the_first_run_of_the_line_has_the_same_rounds(workspace):
    plan = planned(RENT, replace(EVERY, run="tuned", retrain_usd_per_hour=0.5), workspace=workspace)
    row = next(row for row in as_json(plan)["ranking"] if row["option"] == "Tuned")
    assert row["training"]["rounds"]["n"] == 3


def test_it_is_kept_with_the_plan(workspace):
    plan, _ = tuned(workspace, retrain_usd_per_hour=0.5)
    assert thaw(json.loads(json.dumps(freeze(plan.basis)))) == plan.basis


def test_a_basis_of_before_is_still_read(workspace):
    plan, _ = tuned(workspace)
    old = json.loads(json.dumps(freeze(plan.basis)))
    for option in old["options"]:
        if option["training"]:
            del option["training"]["rounds"], option["training"]["measured"]
    assert thaw(old).option("Tuned").training.measured is False
