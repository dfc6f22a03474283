"""How long the Evaluate page's script takes with many evaluations of many examples.

    python -m tests.benchmarks.evaluate_page [--evaluations 200] [--examples 10000]

The workspace is made anew, by hand: what is measured is the page, not the scoring. Two models stand
beside each other; the other evaluations are of other examples, ten models to a board, as they pile
up. Each section is drawn four times: at the first look, when nothing is computed yet, and again, as
after any click. Seconds are those of the processor, as a busy machine only ever adds.
"""

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.data import dataset as datasets
from core.data.dataset import Example
from core.evaluate import board
from core.workspace import Workspace
from tests.scored import evaluation

APP = str(Path(__file__).resolve().parents[2] / "dashboard" / "app.py")
BOARDS_SEEN = 2
SECTIONS = ("compare", "examples", "slices")


def build(workspace: Workspace, evaluations: int, examples: int) -> None:
    """Two evaluations scored in earnest, and copies of them under other models' names."""
    rng = random.Random(0)
    words = [f"word{n}" for n in range(3_000)]
    rows = [
        Example(str(n), " ".join(rng.choices(words, k=12)), " ".join(rng.choices(words, k=12)),
                columns={"channel": rng.choice(("mail", "chat", "phone"))})
        for n in range(examples)
    ]  # fmt: skip
    datasets.save(workspace, "big", "translation", {"train": rows[:1], "test": rows[1:]},
                  target_language="de")  # fmt: skip
    for model in ("a", "b"):
        said = {row.id: row.target if rng.random() < 0.5 else row.input for row in rows[1:]}
        evaluation(workspace, "big", model, said, names=("bleu", "chrf", "empty"))
    [name] = [path.name for path in workspace.evaluations().iterdir() if "-a-" in path.name]
    for number in range(evaluations - 2):
        copy = f"big-copy-{number}"
        shutil.copytree(workspace.evaluation(name), workspace.evaluation(copy))
        path = workspace.evaluation(copy) / "record.json"
        body = json.loads(path.read_text())
        settings = {**body["settings"], "example_set": f"other-{number // 10}"}
        named = {"evaluation": copy, "model": f"m{number}", "settings": settings}
        path.write_text(json.dumps({**body, **named}))
    # The page opens with what was scored last.
    for newest in ("a", "b"):
        os.utime(workspace.evaluation(f"big-{newest}-1") / "record.json")
    # The job that scores a model makes the tests that the board shows.
    for group in board.groups(workspace)[:BOARDS_SEEN]:
        entries = board.rank(workspace, group, "bleu")
        for entry in entries:
            board.beside(workspace, entries, entry.name)


def drawn(section: str) -> AppTest:
    """The page, opened at a section."""
    page = AppTest.from_file(APP, default_timeout=600)
    page.query_params["dataset"], page.query_params["show"] = "big", section
    page.query_params["run"], page.query_params["against"] = "b", "a"
    page._page_hash = calc_hash("evaluate")
    return page


def main() -> None:
    """Measure, and print JSON."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--evaluations", type=int, default=200)
    asked.add_argument("--examples", type=int, default=10_000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ASSAY_HOME"] = folder
        build(Workspace.open(folder), given.evaluations, given.examples)
        seconds: dict[str, list[float]] = {}
        for section in SECTIONS:
            page, times = drawn(section), []
            for _ in range(4):
                begun = time.process_time()
                page.run()
                times.append(round(time.process_time() - begun, 3))
                assert not page.exception, page.exception[0].value
            seconds[section] = times
    print(json.dumps({"evaluations": given.evaluations, "examples": given.examples,
                      "first_and_later_seconds": seconds}, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
