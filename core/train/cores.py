"""On how many cores training computes."""

import os

import psutil
import torch

LOOK_SECONDS = 0.5
"""How long it is watched what others compute."""


def use_free_cores() -> int:
    """Compute on the cores that nobody else uses now, unless OMP_NUM_THREADS says otherwise.

    Threads wait for each other at every operation: beside one busy process, two threads on two
    cores took 330 ms for a step that one thread took 150 ms for.

    Returns:
        Threads that are used.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        affinity = getattr(os, "sched_getaffinity", None)
        cores = len(affinity(0)) if affinity else psutil.cpu_count() or 1
        busy = psutil.cpu_percent(interval=LOOK_SECONDS) / 100 * (psutil.cpu_count() or 1)
        torch.set_num_threads(max(1, min(cores, int(cores - busy + 0.25))))
    return int(torch.get_num_threads())


def use_cores(threads: int) -> int:
    """Compute with so many threads."""
    torch.set_num_threads(threads)
    return threads
