"""What the machine says of itself and its processes: which start, which process, killed for memory.

Each answer is None where the system does not tell.
"""

import time
from pathlib import Path

import psutil


def boot_id() -> str:
    """Another text after each start of the machine."""
    path = Path("/proc/sys/kernel/random/boot_id")
    try:
        return path.read_text().strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"


def uptime() -> float:
    """Seconds by a clock that all processes share and that nobody sets; restarts begin it anew."""
    return time.monotonic()


def process_mark(pid: int) -> str | None:
    """Tells a process from a later one that got the same number; None if there is none."""
    try:
        # After the name in brackets, which may hold anything; the 20th field is the start.
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        return f"{boot_id()} {ticks}"
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return None
    try:
        return f"{psutil.Process(pid).create_time():.1f}"
    except psutil.NoSuchProcess:
        return None


def memory_kills() -> int | None:
    """Processes that the kernel killed because memory ran out, since the machine's start."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)
