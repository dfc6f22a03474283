"""Calibration of the cost estimates on the machine at hand: from a finished run, or by a probe.

Nothing heavy is imported here: the probe trains in a process of its own.
"""

import os
from dataclasses import replace
from typing import Any

from core import record
from core.cost.calibrate import Machine, Measurement
from core.cost.hardware import Gpu
from core.cost.measured import load, save
from core.cost.plan import Method, Plan
from core.cost.probe import machine, machine_name
from core.cost.subject import shape_for
from core.cost.throughput import step_time
from core.cost.training import METHODS
from core.errors import BadInput
from core.jobs.warm import Warm
from core.models.shape import Shape, from_config
from core.train import device
from core.train.runs import Run, open_run
from core.workspace import Workspace

PROBE = "core.work.calibrate:probe"


def device_name() -> str:
    """What a training would compute on here: the GPU's name, or "cpu"."""
    found = device.gpu()
    return found.name if found else "cpu"


def here(workspace: Workspace) -> Machine | None:
    """What was measured of this machine; None = nothing yet."""
    if not workspace.calibrations.is_dir():
        return None  # asking the driver for the GPU's name takes a while
    return load(workspace, machine_name(device_name()))


def by_run(workspace: Workspace, name: str) -> Machine:
    """Set a finished run's speed beside the prediction, and keep it.

    Raises:
        NotFound: There is no such run.
        BadInput: It has not finished, was trained by a method that is not predicted, or elsewhere.
    """
    run = open_run(workspace, name)
    tokens, pace = run.training.get("tokens"), run.tokens_per_second
    if not tokens or not pace or not run.steps:
        raise BadInput(
            f"run: {name!r} ({run.state}) recorded no speed; name one that has finished, or leave "
            "--run out for a probe."
        )
    method = next((known for known in METHODS if known == run.method), None)
    if method is None:
        raise BadInput(
            f"run: {name!r} was trained by {run.method!r}, which is not predicted; name one of "
            f"{', '.join(METHODS)}."
        )
    trained_on = str(run.training.get("device") or "cpu")
    if trained_on == "cpu" and run.environment.get("cpu_count") not in (None, os.cpu_count()):
        raise BadInput(
            f"run: {name!r} was trained on a machine of {run.environment['cpu_count']} cores, this "
            f"one has {os.cpu_count()}; calibrate there, or leave --run out for a probe."
        )
    known = load(workspace, machine_name(trained_on)) or machine(trained_on)
    shape = shape_for(workspace, name)
    predicted, launched = speed(shape, known.card, _plan(run, shape, method, int(tokens)))
    found = known.with_one(
        Measurement(name, method, float(pace), predicted, run.steps,
                    run.finished_at or record.now(), launched)
    )  # fmt: skip
    save(workspace, found)
    return found


def _plan(run: Run, shape: Shape, method: Method, tokens: int) -> Plan:
    """The layout of a run on one device, at its own mean lengths."""
    config = run.config
    batch, times = int(config["batch_size"]), int(config.get("accumulation_steps") or 1)
    length = max(1, round(tokens / ((run.steps or 1) * batch * times * shape.stacks)))
    recompute = bool((config.get("trainer") or {}).get("gradient_checkpointing"))
    return Plan(method, length, None, batch, times, recompute)


def speed(shape: Shape, card: Gpu, plan: Plan) -> tuple[float, float]:
    """Tokens per second that the formula predicts, and the share of a step that is launches."""
    step = step_time(shape, card, plan)
    return float(plan.tokens_per_step(shape) / step.total), float(step.launches / step.total)


def by_probe(workspace: Workspace) -> Machine:
    """Train some steps of small models on this machine, and keep what was found.

    Raises:
        WorkFailed: There was not enough memory, or the probe ended without a word.
    """
    child = Warm(retry=False)
    try:
        answer: dict[str, Any] = child.call(PROBE, {})
    finally:
        child.close()
    found = machine(
        answer["device"], answer["product_flops_per_second"], answer["copy_bytes_per_second"],
        answer["memory_bytes"],
    )  # fmt: skip
    before = load(workspace, found.name)
    if before:
        found = replace(found, served=before.served)
    for one in before.measured if before else ():
        if not one.source.startswith("probe"):
            found = found.with_one(one)
    for job in answer["jobs"]:
        shape = from_config(job["config"])
        plan = Plan("full", job["length"], None, job["batch"], 1, recompute=False)
        predicted, launched = speed(shape, found.card, plan)
        found = found.with_one(
            Measurement(f"probe: {job['name']}", "full", job["tokens_per_second"],
                        predicted, job["steps"], record.now(), launched)
        )  # fmt: skip
    save(workspace, found)
    return found
