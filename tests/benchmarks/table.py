"""Write a benchmark's table: machine, versions, date, and a row a figure."""

import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from core.record import now

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("torch", "transformers", "streamlit", "plotly", "sacrebleu")


def machine() -> str:
    """The processor's name, its cores and the memory."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = lines[0].split(":", 1)[1].strip() if lines else name
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{name}, {os.cpu_count()} cores, {memory_gib:.0f} GiB"


def write(
    name: str, title: str, header: Sequence[str], rows: Sequence[Sequence[object]], notes: str = ""
) -> Path:
    """Write results/NAME.md and return its path."""
    versions = ", ".join(f"{library} {metadata.version(library)}" for library in LIBRARIES)
    lines = [
        f"# {title}",
        "",
        f"{now()[:10]} · {machine()} · Python {platform.python_version()} · {versions}",
        "",
        f"| {' | '.join(header)} |",
        f"|{'---|' * len(header)}",
        *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows),
    ]
    if notes:
        lines += ["", notes]
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
