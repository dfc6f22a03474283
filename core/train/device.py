"""The GPU that a training would compute on, asked of its driver: torch is not imported for it."""

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from core.units import MIB

BFLOAT16_FROM = 8.0
"""Compute capability from which a GPU's tensor cores compute in bfloat16 (NVIDIA Ampere: A100,
RTX 30; CUDA C++ Programming Guide, "Arithmetic instructions")."""
_QUERY = "--query-gpu=name,memory.free,power.limit,compute_cap"


@dataclass(frozen=True)
class Gpu:
    """A GPU: its free memory now, power limit and compute capability; None = not said."""

    name: str
    free_bytes: int
    watts: float | None
    capability: float | None


def gpu() -> Gpu | None:
    """The first GPU that the NVIDIA driver reports and this torch can use; None = the CPU."""
    program = shutil.which("nvidia-smi")
    if program is None or "+cpu" in metadata.version("torch"):
        return None
    try:
        answer = subprocess.run([program, _QUERY, "--format=csv,noheader,nounits"],
                                capture_output=True, text=True, timeout=20, check=True)  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None  # a driver without a GPU answers with an error: there is none
    cells = [cell.strip() for cell in answer.stdout.partition("\n")[0].split(",")]
    if len(cells) != 4 or not cells[1].isdecimal():
        return None
    return Gpu(cells[0], int(cells[1]) * MIB, _number(cells[2]), _number(cells[3]))


def _number(cell: str) -> float | None:
    return float(cell) if cell.replace(".", "", 1).isdecimal() else None


@cache
def computes_in_bfloat16() -> bool:
    """Whether a GPU is here whose tensor cores compute in bfloat16; asked once a process."""
    found = gpu()
    return bool(found and found.capability and found.capability >= BFLOAT16_FROM)
