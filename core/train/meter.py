"""What a training takes of the machine: memory, and energy where the machine can measure it.

RAPL counts what the processor's packages draw (all programs on them), NVML what a GPU draws. Where
neither can be read, as in most virtual machines, there is no measured energy, and none is claimed.
"""

import ctypes
from typing import Any

import psutil
import torch

from core.cost.rapl import POWERCAP, Counter, rapl
from core.units import KILO

NVML = "libnvidia-ml.so.1"


class Meter:
    """Reads memory and energy; cheap enough for every step that is told of.

    Args:
        counters: Name ("rapl", "nvml") and counter of what can be measured; None = look.
    """

    def __init__(self, counters: dict[str, Counter] | None = None) -> None:
        self._counters = find_counters() if counters is None else counters
        self._first = {name: read() for name, read in self._counters.items()}
        self._before = 0.0
        self._process = psutil.Process()

    @property
    def energy_source(self) -> str | None:
        """What measures energy: "rapl", "nvml", "rapl+nvml"; None = nothing does."""
        return "+".join(self._counters) or None

    def energy_joules(self) -> float | None:
        """Energy since this meter was made; None = not measured."""
        if not self._counters:
            return None
        drawn = sum(read() - self._first[name] for name, read in self._counters.items())
        return self._before + drawn

    def go_on(self, joules: float | None) -> None:
        """Count on from what was measured before a run was stopped; None = nothing was."""
        self._before = joules or 0.0

    def read(self) -> dict[str, Any]:
        """Memory in bytes and energy in joules; None = there is no such thing, or no measure."""
        joules = self.energy_joules()
        on_gpu = torch.cuda.is_available()
        return {
            "memory_bytes": self._process.memory_info().rss,
            "gpu_memory_bytes": int(torch.cuda.memory_allocated()) if on_gpu else None,
            "energy_joules": None if joules is None else round(joules, 1),
        }


def find_counters() -> dict[str, Counter]:
    """The counters of energy that this process may read."""
    found = {"rapl": rapl(POWERCAP), "nvml": nvml() if torch.cuda.is_available() else None}
    return {name: counter for name, counter in found.items() if counter}


def nvml(library: Any = None) -> Counter | None:
    """A counter of the GPU that torch computes on; None where the driver keeps none (pre-Volta).

    Args:
        library: The driver's NVML; None = load it.
    """
    try:
        driver = library or ctypes.CDLL(NVML)
    except OSError:
        return None
    card, drawn = ctypes.c_void_p(), ctypes.c_ulonglong()
    uuid = f"GPU-{torch.cuda.get_device_properties(0).uuid}".encode()
    if driver.nvmlInit_v2() or driver.nvmlDeviceGetHandleByUUID(uuid, ctypes.byref(card)):
        return None

    def read() -> float:
        driver.nvmlDeviceGetTotalEnergyConsumption(card, ctypes.byref(drawn))
        return drawn.value / KILO  # it counts millijoules

    return None if driver.nvmlDeviceGetTotalEnergyConsumption(card, ctypes.byref(drawn)) else read
