"""Is this machine ready for a run: what it has free, what a probe finds, and the judgement.

Nothing heavy is imported here: the probe runs in a process of its own.
"""

import os
import shutil
from collections.abc import Mapping
from itertools import islice
from typing import Any

import psutil

from core.cost.measured import load
from core.cost.probe import machine_name
from core.data import dataset as datasets
from core.errors import RequestError, WorkFailed
from core.jobs.warm import Warm
from core.train import device
from core.train.plan import Plan
from core.train.preflight import Preflight, Room, preflight
from core.workspace import Workspace

PROBE = "core.work.preflight:probe"
SAMPLE_ROWS = 1_024
BYTES_PER_TOKEN = 4
"""Of UTF-8: English has four letters a token; a Chinese character is three bytes, about a token."""


def check(workspace: Workspace, plan: Plan, fields: Mapping[str, Any], *, probe: bool) -> Preflight:
    """Judge a plan on this machine.

    Args:
        workspace: Where the run would be kept.
        plan: The checked plan.
        fields: What was asked for, as `core.train.plan.make_plan` takes it.
        probe: Measure some steps first, which takes some seconds; else everything is estimated.
    """
    here = room(workspace)
    if not probe:
        return _estimated(workspace, plan, here)
    asked = {**fields, "dataset": plan.dataset.title, "workspace": str(workspace.root)}
    child = Warm(retry=False)
    try:
        return preflight(plan, here, child.call(PROBE, asked))
    except RequestError:
        return _estimated(
            workspace, plan, here
        )  # the base was not fetched: what is known is its size
    except WorkFailed as error:
        return preflight(plan, here, None, str(error))
    finally:
        child.close()


def _estimated(workspace: Workspace, plan: Plan, here: Room) -> Preflight:
    """Without a probe: time by the cost engine, where this machine was calibrated."""
    machine = load(workspace, machine_name(here.device))
    tokens = row_tokens(workspace, plan) if machine else None
    return preflight(plan, here, here=machine, mean_tokens=tokens)


def row_tokens(workspace: Workspace, plan: Plan) -> tuple[float, float]:
    """About how many tokens input and target of a row have, without a tokeniser."""
    rows = islice(datasets.read(workspace, plan.dataset, "train"), SAMPLE_ROWS)
    sizes = [
        (len(row.input.encode()) + len((row.context or "").encode()), len(row.target.encode()))
        for row in rows
    ]
    inputs, targets = (sum(column) / len(sizes) for column in zip(*sizes, strict=True))
    return inputs / BYTES_PER_TOKEN + 1, targets / BYTES_PER_TOKEN + 1


def room(workspace: Workspace) -> Room:
    """What is free here: memory of the first GPU if there is one, else of the host; and disk."""
    disk = shutil.disk_usage(workspace.root).free
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else psutil.cpu_count() or 1
    found = device.gpu()
    if found:
        return Room(found.free_bytes, disk, found.name, cores, found.watts)
    return Room(psutil.virtual_memory().available, disk, "cpu", cores)
