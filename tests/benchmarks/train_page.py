"""Script time of the Train page with many finished runs; aim: the list within 0.3 s.

    python -m tests.benchmarks.train_page [RUNS]

Script time is what the server computes for one drawing of the page, without the browser: seconds
of the processor, the best of seven, as a busy machine only ever adds. What the list costs is the
difference between a workspace with many runs and one with a single run.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core import record
from core.data import dataset as datasets
from core.data.dataset import Example
from core.train.runs import list_runs
from core.workspace import Workspace, assets
from tests.benchmarks.table import write
from tests.training import finished

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
STARTER = assets() / "models" / "starter-translate"
TIMES = 7


def generate(workspace: Workspace, runs: int) -> None:
    """A dataset and finished runs on it, the newest one with its curve."""
    rows = [Example(f"e{n}", f"{n} days ago", f"vor {n} Tagen") for n in range(40)]
    datasets.save(workspace, "shop", "translation", {"train": rows[:30], "test": rows[30:]})
    made = {"environment": record.environment(), "files": {"model.safetensors": "0" * 64}}
    for number in range(1, runs + 1):
        finished(workspace, f"shop-{number}", job=number == runs, **made)
        model = workspace.run(f"shop-{number}") / "model"
        model.mkdir()
        shutil.copyfile(STARTER / "config.json", model / "config.json")
        for name in ("tokenizer.json", "model.safetensors"):
            (model / name).touch()


def best(work) -> float:
    """Seconds of the quickest of TIMES."""
    took = []
    for _ in range(TIMES):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return min(took)


def measure(runs: int) -> tuple[float, float]:
    """Seconds of `list_runs`, and of the whole page, in a workspace of so many runs."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ASSAY_HOME"] = folder
        workspace = Workspace.open(folder)
        generate(workspace, runs)
        page = AppTest.from_file(str(APP), default_timeout=120)
        page._page_hash = calc_hash("train")
        page.run()
        assert not page.exception, page.exception[0].value
        return best(lambda: list_runs(workspace)), best(page.run)


def main(runs: int) -> None:
    """Measure and write the table."""
    (_, alone), (listed, many) = measure(1), measure(runs)
    path = write(
        "train_page", f"The Train page with {runs:,} finished runs", ("what", "seconds"),
        [("list_runs", f"{listed:.3f}"), ("page, one run", f"{alone:.3f}"),
         (f"page, {runs:,} runs", f"{many:.3f}"),
         ("what the list adds", f"{many - alone:.3f}")],
        "`python -m tests.benchmarks.train_page`; processor seconds of the script, best of seven.",
    )  # fmt: skip
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
