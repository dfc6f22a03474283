"""What this machine has for the work and what it lacks, found without loading a model."""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from core.errors import BadInput
from core.record import LIBRARIES
from core.units import GIGA, MIB
from core.workspace import Workspace, assets

RECOMMENDED_MEMORY_BYTES = 128 * GIGA
"""Host memory recommended beside A100 GPUs, for tuning models of some billion parameters."""
NEEDED_MEMORY_BYTES = 4 * GIGA
"""Enough to fine-tune a starter with the dashboard open."""
NEEDED_DISK_BYTES = 2 * GIGA
PYTHON = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ASSETS = {
    "models": "*/model.safetensors",
    "samples": "*.*",
    "scenarios": "*.toml",
    "facts": "*.csv",
}
"""Folder of the shipped assets, and what must lie in it."""


@dataclass(frozen=True)
class Gpu:
    """A GPU that the driver reports."""

    name: str
    memory_bytes: int


@dataclass(frozen=True)
class Lack:
    """Something missing: what, why it matters, what to do; `needed` = nothing works without it."""

    name: str
    why: str
    fix: str
    needed: bool


@dataclass(frozen=True)
class Machine:
    """What was found. `cuda_build` is whether this torch can use a GPU at all."""

    python: str
    system: str
    libraries: dict[str, str | None]
    cuda_build: bool
    gpus: tuple[Gpu, ...]
    cpu_cores: int
    memory_bytes: int
    memory_free_bytes: int
    recommended_memory_bytes: int
    workspace: str
    workspace_writable: bool
    disk_free_bytes: int | None
    browser: str | None
    assets: dict[str, int]
    lacks: tuple[Lack, ...]

    def as_json(self) -> dict[str, Any]:
        """All of it, with `ok` = nothing needed is missing."""
        return {**asdict(self), "ok": not any(lack.needed for lack in self.lacks)}


def examine(workspace: str | None) -> Machine:
    """Look at this machine.

    Args:
        workspace: The workspace's folder; None = the default one.
    """
    memory = psutil.virtual_memory()
    libraries = {name: _version(name) for name in (*LIBRARIES, "streamlit", "plotly")}
    torch_version = libraries["torch"] or ""
    gpus = _gpus()
    root, writable, problem = _workspace(workspace)
    free = shutil.disk_usage(root).free if root.exists() else None
    shipped = {name: len(list((assets() / name).glob(form))) for name, form in ASSETS.items()}
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    machine = Machine(
        platform.python_version(), f"{platform.system()} {platform.machine()}", libraries,
        bool(torch_version) and "+cpu" not in torch_version, gpus, os.cpu_count() or 1,
        memory.total, memory.available, RECOMMENDED_MEMORY_BYTES, str(root), writable, free,
        browser, shipped, (),
    )  # fmt: skip
    return Machine(**{**vars(machine), "lacks": tuple(_lacks(machine, problem))})


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _workspace(folder: str | None) -> tuple[Path, bool, str]:
    try:
        return Workspace.open(folder).root, True, ""
    except BadInput as error:
        wanted = folder or os.environ.get("ASSAY_HOME") or Path.home() / ".assay"
        return Path(wanted), False, str(error)


def _gpus() -> tuple[Gpu, ...]:
    """What the NVIDIA driver reports; nothing where there is no driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()  # a driver without a GPU answers with an error: there is no GPU to name
    rows = [line.rsplit(",", 1) for line in answer.stdout.splitlines() if "," in line]
    return tuple(Gpu(name.strip(), int(float(mib)) * MIB) for name, mib in rows)


def _lacks(found: Machine, workspace_problem: str) -> list[Lack]:
    small = found.disk_free_bytes is not None and found.disk_free_bytes < NEEDED_DISK_BYTES
    again = "Install Assay again: pip install --force-reinstall llm-assay"
    missing = [name for name, version in found.libraries.items() if version is None]
    empty = [name for name, count in found.assets.items() if count == 0]
    return [
        *(Lack(name, "This library is not installed.", f"pip install {name}", True)
          for name in missing),
        *(Lack(f"assets/{name}", "These shipped files are missing.", again, True)
          for name in empty),
        *_when(sys.version_info < PYTHON, "python", f"Python {found.python} is too old.",
               "Install Python 3.11 or newer.", needed=True),
        *_when(not found.workspace_writable, "workspace", workspace_problem, "", needed=True),
        *_when(found.memory_bytes < NEEDED_MEMORY_BYTES, "memory",
               "Fine-tuning a starter needs about 4 GB of memory.",
               "Use a machine with more memory."),
        *_when(small, "disk", "Less than 2 GB are free for runs and models.",
               "Free space, or name a workspace on another disk."),
        *_when(bool(found.gpus) and not found.cuda_build, "torch with CUDA",
               "There is a GPU, but this torch cannot use it.",
               "pip install --force-reinstall torch (the default build)"),
        *_when(found.browser is None, "chromium",
               "PDF reports and the browser tests need it; the dashboard does not.",
               "apt-get install chromium, or python -m playwright install chromium"),
    ]  # fmt: skip


def _when(lacking: bool, name: str, why: str, fix: str, *, needed: bool = False) -> list[Lack]:
    return [Lack(name, why, fix, needed)] if lacking else []
