"""The Positions page: script time of each part (aim 0.3 s), reading, measuring, bytes of a file.

    python -m tests.benchmarks.positions

Script time is what the server computes for one drawing, without the browser: seconds of the
processor, the best of seven. Reading and measuring are wall time in this process, the model held.
"""

import os
import tempfile
import time

from streamlit.testing.v1 import AppTest

from core.charts.positions import colours
from core.data.samples import import_sample
from core.interpret import own, own_pictures
from core.interpret.loss_curve import open_curve
from core.interpret.offline_positions import positions_page
from core.work import context as measuring
from core.work.positions import compute
from core.workspace import Workspace
from tests.benchmarks.table import write

PARTS = ("order", "own", "length", "formula", "compare")
STARTERS = ("starter-translate", "starter-causal", "starter-encode")
TIMES = 7
AIM_SECONDS, AIM_BYTES = 0.3, 3_000_000
SCRIPT = "from dashboard.views import positions\npositions.render()"


class Silent:
    """A job's context that says nothing."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def report(self, *said: object, **values: object) -> None:
        """Nobody listens."""


def script_seconds(part: str, model: str) -> float:
    """Of the quickest of TIMES drawings."""
    app = AppTest.from_string(SCRIPT, default_timeout=120)
    app.query_params["part"], app.query_params["model"] = part, model
    app.run()
    took = []
    for _ in range(TIMES):
        started = time.process_time()
        app.run()
        took.append(time.process_time() - started)
    assert not app.exception
    return min(took)


def wall(work, *arguments):
    """Result and seconds."""
    started = time.perf_counter()
    found = work(*arguments)
    return found, time.perf_counter() - started


def main() -> None:
    """Measure, and write results/positions.md."""
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ASSAY_HOME"] = folder
        workspace = Workspace.open(folder)
        import_sample(workspace, "general-de")
        for model in STARTERS:
            request = {"workspace": folder, "model": model}
            made, seconds = wall(compute, request)
            rows.append((f"read the positions of {model}", f"{seconds:.2f} s", ""))
            read = own.open_own(workspace, made["key"])
            page = positions_page(own_pictures.panels(read), "", [], colours(), made["key"])
            size = len(page.encode())
            met = "yes" if size <= AIM_BYTES else "NO"
            rows.append((f"offline page of {model}", f"{size / 1e6:.2f} MB",
                         f"≤ {AIM_BYTES / 1e6:.0f} MB: {met}"))  # fmt: skip
            asked = {"model": model, "dataset": "general-de", "text": None, "length": None}
            result, seconds = wall(measuring.run, asked, Silent(workspace))
            curve = open_curve(workspace, result["context"])
            rows.append((f"measure the loss of {model}: {curve.tokens:,} tokens, {curve.units} "
                         f"units, to {curve.length}", f"{seconds:.1f} s", ""))  # fmt: skip
        for part in PARTS:
            for model in STARTERS:
                seconds = script_seconds(part, model)
                met = "yes" if seconds <= AIM_SECONDS else "NO"
                rows.append((f"script of part {part}, {model}", f"{seconds:.3f} s",
                             f"≤ {AIM_SECONDS} s: {met}"))  # fmt: skip
    path = write("positions", "The Positions page", ("what", "measured", "aim"), rows)
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
