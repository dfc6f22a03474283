"""What the data gate takes, and how much of what was planted it finds.

    python -m tests.benchmarks.data_gate --data DIR [--rows 20000 200000]

DIR holds `multi30k/`; beyond its 29,000 pairs the rows are made of its words, drawn at random.
Writes results/data_gate.md. Each look runs in a process of its own, whose peak Linux reports.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from core.data import dataset as store
from core.data.dataset import Example
from core.units import MIB
from core.workspace import Workspace
from tests.benchmarks import table
from tests.benchmarks.train import pairs

PLANTED = 500
TESTS = 1_000
CHILD = """
import json, re, sys, time
from pathlib import Path
from core.data.dataset import open_dataset
from core.data.profile import profile
from core.workspace import Workspace
workspace = Workspace.open(sys.argv[1])
started, cpu = time.perf_counter(), time.process_time()
made = profile(workspace, open_dataset(workspace, "planted"))
status = Path("/proc/self/status").read_text()
print(json.dumps({
    "seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu,
    "peak_bytes": 1024 * int(re.search("VmHWM:[^0-9]*([0-9]+)", status)[1]),
    "found": {finding.name: finding.count for finding in made.findings},
}))
"""


def planted(workspace: Workspace, texts: list[tuple[str, str]], rows: int) -> dict[str, int]:
    """Save rows with known faults; returns what should be found."""
    draw = random.Random(0)
    words = [word for text, _ in texts for word in text.split()]
    # Distinct inputs, so that every repeat is a planted one (or a near one of the captions' own).
    unique = list(dict(texts).items())[:rows]
    while len(unique) < rows:
        unique.append((" ".join(draw.choices(words, k=12)), " ".join(draw.choices(words, k=12))))
    test, train = unique[:TESTS], unique[TESTS:]
    copies = draw.sample(train, 4 * PLANTED)
    leaks, conflicts, near, empty = (copies[n * PLANTED : (n + 1) * PLANTED] for n in range(4))
    train = [
        *train,
        *((test[n][0], target) for n, (_, target) in enumerate(leaks)),
        *((source, target + " nicht") for source, target in conflicts),
        *((source + " today", target + " heute") for source, target in near),
        *((source + f" {n}", source + f" {n}") for n, (source, _) in enumerate(empty)),
    ]
    draw.shuffle(train)
    splits = {
        name: [Example(f"{name}{n}", *pair) for n, pair in enumerate(part)]
        for name, part in (("train", train), ("test", test))
    }
    store.save(workspace, "planted", "translation", splits, source_language="en",
               target_language="de")  # fmt: skip
    # A leak has another target here, so it is a source with several targets, too.
    return {"leak_test_train": PLANTED, "several_targets": 4 * PLANTED,
            "near_duplicates": PLANTED, "copied_some": PLANTED}  # fmt: skip


def main() -> None:
    """Plant, look, and write the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--rows", type=int, nargs="+", default=[20_000, 200_000])
    given = options.parse_args()
    texts, lines = pairs(given.data, "train"), []
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            wanted = planted(Workspace.open(folder), texts, rows)
            done = subprocess.run([sys.executable, "-c", CHILD, folder], check=True,
                                  capture_output=True, text=True)  # fmt: skip
        seen = json.loads(done.stdout)
        print(seen, file=sys.stderr)
        found = seen["found"]
        lines.append((
            f"{rows:,}", f"{seen['seconds']:.1f}", f"{seen['cpu_seconds']:.1f}",
            f"{seen['peak_bytes'] / MIB:,.0f}",
            *(f"{found.get(name, 0):,} of {count:,}" for name, count in wanted.items()),
        ))  # fmt: skip
    path = table.write(
        "data_gate", "The data gate: time, memory, and what it finds of what was planted",
        ("rows", "seconds", "processor seconds", "peak resident MiB", "leaks from the test",
         "sources with several targets (rows)", "near duplicates", "copied sources"), lines,
        f"`python -m tests.benchmarks.data_gate`. Planted {PLANTED} of each into Multi30k "
        "English-German; above 29,000 rows the rest is words of its captions in random order. "
        "What is found beyond the planted is the data's own; a near copy of a short caption has "
        "less than the 0.8 in common from which two texts count as near duplicates. A process of "
        "its own, tokens not counted.",
    )  # fmt: skip
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
