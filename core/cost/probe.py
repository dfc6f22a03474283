"""The machine at hand as a card that can be priced: its name, and what a short measurement finds.

A processor has no data sheet that the formula could read, so its peak is what NumPy's own matrix
product reaches, and its bandwidth that of a copy. Less than two seconds, and no torch.
"""

import os
import platform
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import psutil

from core.cost.calibrate import HERE, Machine
from core.cost.energy import POWER_SHARE
from core.cost.hardware import DEFAULT_GPU, GPUS, Gpu, gpu
from core.units import MIB

PRODUCT = 1024
"""Rows and columns of the matrices."""
COPY_BYTES = 64 * MIB
SECONDS = 0.4
"""For each of the two measurements."""
WATTS_PER_CORE = 10.0
"""A server's processor under load, memory and losses included."""
_CPUINFO = Path("/proc/cpuinfo")


def cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else psutil.cpu_count() or 1


def machine_name(device: str = "cpu") -> str:
    """What a machine is called: its GPU, or its processor and the cores at hand.

    Args:
        device: "cpu", or the name of the GPU that computes.
    """
    return processor() if device == "cpu" else device


def processor() -> str:
    """The processor's name, and the cores at hand."""
    name = platform.processor() or platform.machine()
    if _CPUINFO.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", _CPUINFO.read_text(), re.MULTILINE)
        name = found[1].strip() if found else name
    return f"{name}, {cores()} cores"


def known_card(name: str) -> Gpu | None:
    """The row of a card by what its driver calls it: "NVIDIA A100-SXM4-80GB"; None = no row."""
    words = name.upper().replace("NVIDIA", "").strip()
    chip = next((c for c in ("A100", "H100", "H200", "L40S", "L4") if c in words), None)
    rows = [row for row in GPUS if row.name.split("-")[0].upper() == chip]
    if chip == "A100":
        memory = "40" if "40GB" in words else "80"
        rows = [row for row in rows if memory in row.name]
    if any(row.form == "PCIe" for row in rows) and any(row.form == "SXM" for row in rows):
        form = "PCIe" if "PCI" in words else "SXM"
        rows = [row for row in rows if row.form == form]
    return rows[0] if rows else None


def machine(device: str = "cpu", peak: float | None = None, bandwidth: float | None = None,
            memory_bytes: int | None = None) -> Machine:  # fmt: skip
    """A machine of which no job was measured yet.

    Args:
        device: "cpu", or the name of the GPU that computes.
        peak: FLOP/s of matrix products, where they were measured; None = measured now on a
            processor, the default card's for an unknown GPU: measurements then give the scale.
        bandwidth: Bytes per second of a copy, likewise.
        memory_bytes: Of an unknown GPU.
    """
    name = machine_name(device)
    if device != "cpu":
        row = known_card(device)
        if row is not None:
            return Machine(name, row, known=True)
        like = gpu(DEFAULT_GPU)
        card = replace(
            like, name=HERE, title=name, source="measured here", as_of=date.today().isoformat(),
            peak_flops_per_second=peak or like.peak_flops_per_second,
            bandwidth_bytes_per_second=bandwidth or like.bandwidth_bytes_per_second,
            memory_bytes=memory_bytes or like.memory_bytes, form="", backtested=False,
        )  # fmt: skip
        return Machine(name, card, known=False)
    card = Gpu(
        name=HERE,
        title=name,
        memory_bytes=int(psutil.virtual_memory().total),
        peak_flops_per_second=peak or product_flops_per_second(),
        bandwidth_bytes_per_second=bandwidth or copy_bytes_per_second(),
        link_bytes_per_second=bandwidth or copy_bytes_per_second(),
        power_limit_watts=WATTS_PER_CORE * cores() / POWER_SHARE,
        form="CPU",
        source="measured here",
        as_of=date.today().isoformat(),
        backtested=False,
    )
    return Machine(name, card, known=False)


def product_flops_per_second() -> float:
    """What a product of two 32-bit matrices reaches here."""
    random = np.random.default_rng(0)
    left = random.standard_normal((PRODUCT, PRODUCT), np.float32)
    right = left.T.copy()
    return 2 * PRODUCT**3 / _fastest(lambda: left @ right)


def copy_bytes_per_second() -> float:
    """Bytes read and written by a copy, a second."""
    source = np.ones(COPY_BYTES, np.uint8)
    target = np.empty_like(source)
    return 2 * COPY_BYTES / _fastest(lambda: np.copyto(target, source))


def _fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of several goes: the others were disturbed."""
    work()
    best, begun = float("inf"), time.perf_counter()
    while time.perf_counter() - begun < SECONDS:
        before = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - before)
    return best
