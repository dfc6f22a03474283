"""Fit, time, money: from sizes, from a probe, and what to change where it does not fit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import ready
from core.cost.calibrate import Machine, Measurement, shrink
from core.cost.measured import save
from core.cost.plan import Plan as Layout
from core.cost.probe import machine as processor_card
from core.cost.probe import machine_name
from core.cost.throughput import step_time
from core.cost.transformer import lora_parameters
from core.data import dataset as datasets
from core.data.dataset import Example
from core.errors import BadInput, WorkFailed
from core.models.catalog import model
from core.models.resolve import shape_of
from core.models.shape import parameters
from core.train import device
from core.train.config import from_preset
from core.train.plan import make_plan
from core.train.preflight import Room, memory_parts, preflight, trained_parameters
from core.work.preflight import Peak, probe
from core.workspace import Workspace

GIB = 2**30
ROOM = Room(16 * GIB, 100 * GIB, "cpu", 4)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    place = Workspace.open(tmp_path)
    rows = [Example(f"e{n}", f"{n} days ago", f"vor {n} Tagen") for n in range(100)]
    splits = {"train": [*rows, Example("long", "one day " * 60, "ein Tag " * 30)]}
    datasets.save(place, "shop", "translation", splits, target_language="de")
    return place


def test_a_small_run_is_green_and_says_that_it_is_estimated(workspace: Workspace) -> None:
    found = preflight(make_plan(workspace, "shop"), ROOM)
    assert (found.verdict, found.memory_from, found.change) == ("green", "estimate", None)
    assert found.memory_bytes == sum(found.parts.values())
    assert found.seconds is None
    assert found.energy_kwh is None
    assert found.a100 and 0 < found.a100["usd_low"] < found.a100["usd"] < found.a100["usd_high"]


def test_a_probe_gives_time_memory_and_energy(workspace: Workspace) -> None:
    plan = make_plan(workspace, "shop")
    measured = {"peak_memory_bytes": GIB, "step_seconds": 0.5, "mean_tokens": [6, 6]}
    found = preflight(plan, ROOM, measured)
    assert (found.memory_bytes, found.memory_from) == (GIB, "probe")
    assert (found.seconds, found.seconds_from) == (plan.steps * 0.5, "probe")
    # Four cores at ten watts each.
    assert found.energy_kwh == pytest.approx(found.seconds / 3600 * 0.040)
    assert found.a100 and found.a100["tokens"] == 20 * 101 * 12
    quick = preflight(make_plan(workspace, "shop", preset="quick"), ROOM,
                      {**measured, "step_seconds": 60})  # fmt: skip
    assert (quick.seconds, quick.seconds_from) == (45, "limit")


BOX = Machine(
    "box", processor_card("cpu", 1e11, 1e10).card, False,
    tuple(Measurement(f"run-{k}", "full", 800, 1000, 50, "2026-11-20T00:00:00+00:00")
          for k in range(4)),
)  # fmt: skip
"""A processor of 100 GFLOP/s on which four jobs ran at 0.8 times the predicted speed."""


def test_time_here_comes_from_the_cost_engine_once_the_machine_was_calibrated(
    workspace: Workspace,
) -> None:
    plan = make_plan(workspace, "shop")
    found = preflight(plan, ROOM, here=BOX, mean_tokens=(6.0, 6.0))
    assert found.seconds_from == "calibration"
    layout = Layout("full", 6, 6, plan.config.batch_size, plan.config.accumulation_steps, False)
    step = float(step_time(shape_of(plan.base), BOX.card, layout).total)
    ratio = shrink(BOX, "finetuning", "full").ratio
    assert ratio == pytest.approx(0.8, rel=0.05)
    assert found.seconds == pytest.approx(plan.steps * step / ratio)
    assert found.seconds_low < found.seconds < found.seconds_high
    assert found.energy_kwh == pytest.approx(found.seconds / 3600 * 0.040)
    longer = preflight(plan, ROOM, here=BOX, mean_tokens=(60.0, 60.0))
    assert longer.seconds > found.seconds


def test_what_was_measured_of_this_very_run_goes_before_the_engine(workspace: Workspace) -> None:
    plan = make_plan(workspace, "shop")
    measured = {"peak_memory_bytes": GIB, "step_seconds": 0.5, "mean_tokens": [6, 6]}
    found = preflight(plan, ROOM, measured, here=BOX)
    assert (found.seconds_from, found.seconds_low) == ("probe", None)
    earlier = preflight(replace(plan, seconds=9.0, seconds_from="run"), ROOM, here=BOX)
    assert (earlier.seconds, earlier.seconds_from) == (9.0, "run")
    short = preflight(replace(plan, seconds=1e-6, seconds_from="limit"), ROOM, here=BOX)
    assert (short.seconds, short.seconds_from) == (1e-6, "limit")


def test_the_engine_does_not_know_frozen_layers(workspace: Workspace) -> None:
    plan = make_plan(workspace, "shop", method="frozen")
    assert preflight(plan, ROOM, here=BOX).seconds is None


def test_a_calibrated_machine_is_found_by_its_name(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "room", lambda _: ROOM)
    plan = make_plan(workspace, "shop")
    assert ready.check(workspace, plan, {}, probe=False).seconds is None
    save(workspace, replace(BOX, name=machine_name("cpu")))
    found = ready.check(workspace, plan, {}, probe=False)
    assert found.seconds_from == "calibration"
    inputs, targets = ready.row_tokens(workspace, plan)
    assert 2 < inputs < 20
    assert 2 < targets < 20


@pytest.mark.parametrize(
    ("free", "verdict"), [(10 * GIB, "green"), (1.1 * GIB, "amber"), (0.9 * GIB, "red")]
)
def test_the_verdict_follows_the_room(workspace: Workspace, free: float, verdict: str) -> None:
    plan = make_plan(workspace, "shop")
    measured = {"peak_memory_bytes": GIB, "step_seconds": 0.5, "mean_tokens": [6, 6]}
    assert preflight(plan, replace(ROOM, memory_bytes=int(free)), measured).verdict == verdict


def test_a_full_disk_is_red_and_says_what_to_free(workspace: Workspace) -> None:
    found = preflight(make_plan(workspace, "shop"), replace(ROOM, disk_bytes=1000))
    assert found.verdict == "red"
    assert found.change and "1.00 kB are free" in found.change.say()


@pytest.mark.parametrize(
    ("free_gib", "key"),
    [(11, "batch"), (7, "batch"), (3.1, "lora"), (0.5, "smaller_base")],
)
def test_the_one_change_makes_it_fit(workspace: Workspace, free_gib: float, key: str) -> None:
    """T5 of 223 M parameters: 3.6 GB of state; then what a batch takes."""
    room = replace(ROOM, memory_bytes=int(free_gib * GIB))
    asked = {"base": "t5-base", "settings": {"batch_size": 64}}
    found = preflight(make_plan(workspace, "shop", **asked), room)
    assert found.verdict == "red"
    assert found.change and found.change.key == key
    if not found.settings:
        return
    given = dict(found.settings)
    method = given.pop("method", "full")
    changed = make_plan(workspace, "shop", base="t5-base", method=method, settings=given)
    assert changed.config.batch_size * changed.config.accumulation_steps == 64
    assert preflight(changed, room).verdict == "green"


def test_memory_follows_the_method() -> None:
    shape = model("t5-base").shape
    total = parameters(shape).total
    sums = {
        method: memory_parts(shape, from_preset("balanced", {"method": method}))
        for method in ("full", "frozen", "lora", "qlora")
    }
    assert sums["full"]["weights"] + sums["full"]["optimizer"] == 16 * total
    assert sums["lora"]["optimizer"] == 12 * lora_parameters(shape)
    totals = [sum(sums[method].values()) for method in ("full", "frozen", "lora", "qlora")]
    assert totals == sorted(totals, reverse=True)
    assert trained_parameters(shape, "probe") < trained_parameters(shape, "lora")


def test_evaluation_has_a_peak_of_its_own() -> None:
    shape = model("t5-base").shape
    usual = memory_parts(shape, from_preset("balanced", {"batch_size": 1}))
    large = memory_parts(shape, from_preset("balanced", {"batch_size": 1, "eval_batch_size": 512}))
    assert large["batch"] > 4 * usual["batch"]


def test_a_probe_measures_the_longest_batch_and_keeps_nothing(workspace: Workspace) -> None:
    before = sorted(path for path in workspace.root.rglob("*") if path.is_file())
    found = probe({"workspace": str(workspace.root), "dataset": "shop"})
    assert found["step_seconds"] > 0
    assert found["peak_memory_bytes"] > 4 * 10**6 * 4
    assert found["longest_tokens"][0] > 4 * found["mean_tokens"][0]
    assert sorted(path for path in workspace.root.rglob("*") if path.is_file()) == before


def test_a_probe_downloads_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.models.hub._cached", lambda *_: None)
    with pytest.raises(BadInput, match="t5-base has not been fetched"):
        probe({"workspace": str(workspace.root), "dataset": "shop", "base": "t5-base"})


def test_the_peak_is_seen() -> None:
    import torch

    with Peak() as before:
        pass
    with Peak() as peak:
        torch.ones(64 * 2**20 // 4).sum()
        held = torch.ones(256 * 2**20 // 4)
        float(held.sum())
        del held
    assert peak.bytes >= before.bytes


class Child:
    """Stands for the warm process."""

    def __init__(self, answer: Any, **_: Any) -> None:
        self.answer, self.closed = answer, False

    def call(self, target: str, request: dict[str, Any]) -> Any:
        assert target == "core.work.preflight:probe"
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("answer", "verdict", "source"),
    [
        ({"peak_memory_bytes": GIB, "step_seconds": 1, "mean_tokens": [5, 5]}, "green", "probe"),
        (BadInput("not fetched"), "green", "estimate"),
        (WorkFailed("ended without a word"), "red", "estimate"),
    ],
)
def test_a_probe_that_dies_is_a_verdict(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, answer: Any, verdict: str, source: str
) -> None:
    child = Child(answer)
    monkeypatch.setattr(ready, "Warm", lambda **_: child)
    monkeypatch.setattr(ready, "room", lambda _: ROOM)
    found = ready.check(workspace, make_plan(workspace, "shop"), {}, probe=True)
    assert (found.verdict, found.memory_from) == (verdict, source)
    assert found.probe_error == (str(answer) if isinstance(answer, WorkFailed) else None)
    assert (found.change is not None) == isinstance(answer, WorkFailed)
    assert child.closed


def test_the_room_is_what_is_free(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    here = ready.room(workspace)
    assert here.memory_bytes > 0
    assert here.disk_bytes
    assert here.cores >= 1
    monkeypatch.setattr(device, "gpu", lambda: device.Gpu("A100", 40 * GIB, 400.0, 8.0))
    assert ready.room(workspace).watts == 400
    assert ready.room(workspace).device == "A100"
