"""The counters that a processor keeps of its own energy (RAPL), where they may be read."""

from collections.abc import Callable
from pathlib import Path

from core.units import MEGA

POWERCAP = Path("/sys/class/powercap")

Counter = Callable[[], float]
"""Joules since some beginning; never falls."""


def rapl(folder: Path) -> Counter | None:
    """A counter over the processor packages under `folder`; None if they cannot be read.

    The kernel's counters start again at `max_energy_range_uj`; this one goes on.
    """
    zones = []
    for zone in sorted(folder.glob("intel-rapl:[0-9]*")):
        try:
            if (zone / "name").read_text().startswith("package"):
                span = int((zone / "max_energy_range_uj").read_text())
                zones.append((zone / "energy_uj", span))
                int((zone / "energy_uj").read_text())
        except OSError:
            return None  # present, but for root alone, since PLATYPUS (CVE-2020-8694)
    if not zones:
        return None
    last = [int(path.read_text()) for path, _ in zones]
    total = [0.0]

    def read() -> float:
        for number, (path, span) in enumerate(zones):
            now = int(path.read_text())
            total[0] += (now - last[number]) % (span + 1) / MEGA
            last[number] = now
        return total[0]

    return read
