"""Is this machine ready for a run: what it has free, what a probe finds, and the judgement.

Nothing heavy is imported here: the probe runs in a process of its own.
"""

import os
import shutil
from collections.abc import Mapping
from typing import Any

import psutil

from core.errors import RequestError, WorkFailed
from core.jobs.warm import Warm
from core.train import device
from core.train.plan import Plan
from core.train.preflight import Preflight, Room, preflight
from core.workspace import Workspace

PROBE = "core.work.preflight:probe"


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
        return preflight(plan, here)
    asked = {**fields, "dataset": plan.dataset.title, "workspace": str(workspace.root)}
    child = Warm(retry=False)
    try:
        return preflight(plan, here, child.call(PROBE, asked))
    except RequestError:
        return preflight(plan, here)  # the base was not fetched: what is known is its size
    except WorkFailed as error:
        return preflight(plan, here, None, str(error))
    finally:
        child.close()


def room(workspace: Workspace) -> Room:
    """What is free here: memory of the first GPU if there is one, else of the host; and disk."""
    disk = shutil.disk_usage(workspace.root).free
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else psutil.cpu_count() or 1
    found = device.gpu()
    if found:
        return Room(found.free_bytes, disk, found.name, cores, found.watts)
    return Room(psutil.virtual_memory().available, disk, "cpu", cores)
