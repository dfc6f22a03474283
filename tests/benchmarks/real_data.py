"""The same commands on real data: Multi30k (English-German) and Banking77 (77 intents).

    python -m tests.benchmarks.real_data --data DIR [--minutes 10]

DIR holds `multi30k/` and `banking77/`. Writes results/real_data.md. Neither text nor weights
trained here go into the product.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import table

ASSAY = [sys.executable, "-c", "from core.cli.main import main; main()"]
MULTI30K_ROWS = 10_000


def assay(workspace: Path, *arguments: str) -> dict[str, object]:
    """Run a command and return its JSON."""
    done = subprocess.run(
        [*ASSAY, *arguments, "--json", "--workspace", str(workspace)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")
    found: dict[str, object] = json.loads(done.stdout)
    return found


def first_lines(source: Path, target: Path, rows: int) -> Path:
    """The first rows of a gzip text file."""
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        target.write_text("".join(line for _, line in zip(range(rows), lines, strict=False)))
    return target


def multi30k(data: Path, workspace: Path, scratch: Path) -> list[str]:
    """Arguments that import 10,000 pairs with the official validation and test sets."""
    train = [first_lines(data / f"train.{code}.gz", scratch / f"train.{code}", MULTI30K_ROWS)
             for code in ("en", "de")]  # fmt: skip
    held = [
        argument
        for option, stem in (("--validation", "val"), ("--test", "test_2016_flickr"))
        for code in ("en", "de")
        for argument in (option, str(data / f"{stem}.{code}.gz"))
    ]
    return [*map(str, train), "--task", "translation", "--name", "multi30k", *held]


def banking77(data: Path) -> list[str]:
    """Arguments that import the official splits."""
    return [str(data / "train.csv"), "--task", "text-classification", "--name", "banking77",
            "--input", "text", "--label", "category", "--test", str(data / "test.csv")]  # fmt: skip


def main() -> None:
    """Import, train, score; write the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--minutes", type=float, default=10)
    given = options.parse_args()
    workspace, scratch = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
    rows: list[tuple[object, ...]] = []
    for name, arguments in (
        ("multi30k", multi30k(given.data / "multi30k", workspace, scratch)),
        ("banking77", banking77(given.data / "banking77")),
    ):
        imported = assay(workspace, "data", "import", *arguments)
        started = time.perf_counter()
        trained = assay(workspace, "train", name, "--preset", "thorough", "--follow",
                        "--set", f"max_seconds={60 * given.minutes}")  # fmt: skip
        seconds = time.perf_counter() - started
        run = assay(workspace, "runs", "show", str(trained["run"]))
        spent = f"{run['train_seconds']:.0f} s of {seconds:.0f} s"
        for title, kind in (("base", "base_scores"), ("tuned", "scores")):
            for score in run[kind]:  # type: ignore[attr-defined]
                shown = f"{score['value']:.2f} ({score['low']:.2f}–{score['high']:.2f})"
                rows.append(
                    (name, imported["rows"], run["base"], title, score["metric"], shown,
                     score["n"], spent)
                )  # fmt: skip
    path = table.write(
        "real_data", "Real data, the same commands",
        ("data", "rows", "base model", "", "metric", "score (95 %)", "n", "training, of all"), rows,
        f"Preset thorough, at most {given.minutes:g} minutes of training on the CPU. Multi30k: the "
        f"first {MULTI30K_ROWS:,} training pairs, the official validation and 2016 test sets.",
    )  # fmt: skip
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
