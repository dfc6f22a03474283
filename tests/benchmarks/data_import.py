"""What importing two million rows takes: resident memory at its peak, seconds, rows a second.

    python -m tests.benchmarks.data_import [--rows N]

Writes results/data_import.md. The files are generated: pairs of sentences of 60 to 110 characters.
Each import runs in a process of its own, whose peak Linux reports.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from core.units import MIB
from tests.benchmarks import table

ROWS = 2_000_000
LONG_LINE_BYTES = 500_000_000
CHILD = """
import json, re, sys, time
from pathlib import Path
from core.data.collect import Files, Options, Source
from core.data.imports import import_files
from core.workspace import Workspace
started, cpu = time.perf_counter(), time.process_time()
path = Path(sys.argv[1])
made = import_files(Workspace.open(sys.argv[2]), Options("translation"),
                    Files((Source(path, path.name),)))
# Not ru_maxrss: that begins with what the parent held when it forked.
status = Path("/proc/self/status").read_text()
print(json.dumps({
    "rows": made.dataset.rows, "refused": len(made.collected.refused),
    "version": made.dataset.version, "seconds": time.perf_counter() - started,
    "cpu_seconds": time.process_time() - cpu,
    "peak_bytes": 1024 * int(re.search("VmHWM:[^0-9]*([0-9]+)", status)[1]),
}))
"""


def write(path: Path, rows: int, *, long_line: bool = False) -> None:
    """Write rows as CSV or JSON lines, after the file's suffix; in the middle a line of 500 MB."""
    draw = random.Random(0)
    words = [f"word{n}" for n in range(3_000)]
    with path.open("w") as file:
        if path.suffix == ".csv":
            file.write("id,en,de\n")
        for number in range(rows):
            pair = [" ".join(draw.choices(words, k=8)) for _ in range(2)]
            if long_line and number == rows // 2:
                for _ in range(LONG_LINE_BYTES // MIB):
                    file.write("x" * MIB)
            row = {"id": str(number), "en": pair[0], "de": pair[1]}
            file.write(",".join(row.values()) if path.suffix == ".csv" else json.dumps(row))
            file.write("\n")


def measure(path: Path, home: Path) -> dict[str, float]:
    """Import a file in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), str(home)], check=True, capture_output=True,
        text=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for name, count, long_line in (
            ("f.csv", rows, False), ("f.jsonl", rows, False), ("f.csv", 12_000, False),
            ("f.csv", 1_000, True), ("f.jsonl", 1_000, True),
        ):  # fmt: skip
            path = Path(folder) / name
            write(path, count, long_line=long_line)
            found = measure(path, Path(folder) / "home")
            lines.append((
                path.suffix[1:] + (", one line of 500 MB" if long_line else ""), f"{count:,}",
                f"{path.stat().st_size / MIB:,.0f}", f"{found['refused']:,.0f}",
                f"{found['peak_bytes'] / MIB:,.0f}", f"{found['seconds']:.1f}",
                f"{found['cpu_seconds']:.1f}", f"{found['rows'] / found['cpu_seconds']:,.0f}",
            ))  # fmt: skip
            print(*lines[-1], sep=" | ", flush=True)
            path.unlink()
    table.write(
        "data_import", "Importing data",
        ("file", "rows", "MiB", "rows refused", "peak resident MiB", "seconds",
         "processor seconds", "rows a processor second"), lines,
        "`python -m tests.benchmarks.data_import`. Reading, duplicates, the split, hashing and "
        "writing. Processor seconds are of this process alone; seconds also count what else the "
        "machine did.",
    )  # fmt: skip


if __name__ == "__main__":
    main()
