"""What the job machinery costs: `python -m tests.benchmarks.jobs [overhead|start|list]...`

overhead   the same training with events, heartbeat and checkpoints every 200 steps, and without:
           in turn, several times, the least processor time of each, which neighbours disturb less
           than time by the clock; and the time by the clock that one checkpoint takes
start      from `assay train` (queued) to the event of the first step, in a fresh process each time
list       1,000 finished runs: seconds to list them, for a fresh process and for a page's rerun

The machine is best left alone meanwhile; the fastest of several is least disturbed.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from core import record, run
from core.data import dataset as datasets
from core.data.samples import import_sample
from core.jobs import runner
from core.jobs.context import Context
from core.jobs.store import JobStore
from core.train.config import from_preset
from core.train.runs import Run, list_runs, write_run
from core.workspace import Workspace
from tests.benchmarks import table

DATASET = "localise-de"
STEPS, EVERY, REPEATS = 401, 200, 3
STARTS = 3
RUNS = 1_000
LIMITS = {"overhead": "≤ 3 %", "start": "≤ 8 s", "list": "≤ 0.3 s"}


class Silence:
    """A listener that costs nothing."""

    pausing = False

    def report(self, progress: float | None, message: str, **values: Any) -> None:
        """Nobody is told."""

    def event(self, kind: str, **payload: Any) -> None:
        """Nobody is told."""

    def check(self) -> None:
        """Nobody asks."""

    def rest(self) -> None:
        """Nobody asks."""

    def saving(self) -> AbstractContextManager[None]:
        """Nothing to keep."""
        return nullcontext()


def overhead(place: Path) -> list[tuple[object, ...]]:
    """Processor seconds of the same steps with the machinery and without it."""
    from core.models.resolve import resolve
    from core.train import checkpoint, loop, trainer

    workspace = Workspace.open(place / "overhead")
    data = import_sample(workspace, DATASET)
    splits = {"train": datasets.read(workspace, data, "train")[:3_000], "validation": []}
    ref = resolve(workspace, "starter-translate")
    settings = {"batch_size": 16, "max_steps": STEPS, "epochs": 100, "keep": "last"}
    saving: list[float] = []
    whole = checkpoint.Checkpoints.save

    def timed(self: Any, *args: Any) -> Path:
        started = time.perf_counter()
        path = whole(self, *args)
        saving.append(time.perf_counter() - started)
        return path

    def train(context: Any, **more: Any) -> float:
        folder = Path(tempfile.mkdtemp(dir=place))
        config = from_preset("balanced", {**settings, **more})
        computing = time.process_time()
        loop.train(ref, data, config, splits, None, folder, context)
        computing = time.process_time() - computing
        shutil.rmtree(folder)
        return computing

    def bare() -> float:
        return train(Silence(), checkpoint_steps=10 * STEPS)

    def whole_machinery() -> float:
        with JobStore(workspace) as store:
            job, _ = store.add("train", {"at": time.time()})
            store.claim(job.id, 1)
            stop = threading.Event()
            beat = threading.Thread(target=_beat, args=(workspace, job.id, stop))
            beat.start()
            try:
                return train(Context(workspace, job.id, store), checkpoint_steps=EVERY)
            finally:
                stop.set()
                beat.join()
                store.finish(job.id, "succeeded")

    checkpoint.Checkpoints.save = timed  # type: ignore[method-assign]
    assert trainer  # its class calls the method that is timed
    without, with_it = _in_turn(bare, whole_machinery)
    each = min(saving)
    return [
        (f"processor time of {STEPS} steps without", f"{without:.2f} s", ""),
        (f"the same with events, heartbeat, a checkpoint every {EVERY} steps",
         f"{with_it:.2f} s ({with_it / without - 1:+.1%})", LIMITS["overhead"]),
        ("one checkpoint: weights, two moments, hashes, forced to the disk",
         f"{1_000 * each:.0f} ms, {each * (STEPS // EVERY) / without:.1%} of the time without",
         LIMITS["overhead"]),
    ]  # fmt: skip


def _beat(workspace: Workspace, job_id: str, stop: threading.Event) -> None:
    with JobStore(workspace) as store:
        while not stop.wait(5):
            store.heartbeat(job_id, 0.0)


def _in_turn(*works: Callable[[], float]) -> list[float]:
    """The fastest of REPEATS rounds for each, in turn, so that a busy minute hits them alike."""
    rounds = []
    for number in range(REPEATS):
        rounds.append([work() for work in works])
        print(f"round {number + 1}: {rounds[-1]}", file=sys.stderr)
    return [min(times) for times in zip(*rounds, strict=True)]


def start(place: Path) -> list[tuple[object, ...]]:
    """Seconds from queueing a training to its first step, imports and all."""
    workspace = Workspace.open(place / "start")
    import_sample(workspace, DATASET)
    found = []
    for number in range(STARTS):
        asked = time.time()
        job, _, _ = run.start_training(
            workspace, DATASET, preset="quick", general="none", test_limit=1,
            settings={"max_steps": 3, "seed": number},
        )  # fmt: skip
        ended = runner.follow(workspace, job.id)
        with JobStore(workspace) as store:
            step = store.events(job.id, "step")[0].at
        found.append((step - asked, (ended.started_at or asked) - asked))
        print(f"start {number + 1}: {found[-1]}", file=sys.stderr)
    # The first has scored the base on one row; the others found that score.
    first, waited = min(found)
    return [
        ("queued to first step (one test row)", f"{first:.1f} s", LIMITS["start"]),
        ("of which until the worker had begun", f"{waited:.2f} s", ""),
    ]


def listing(place: Path) -> list[tuple[object, ...]]:
    """Seconds to list RUNS finished runs."""
    workspace = Workspace.open(place / "list")
    for number in range(RUNS):
        write_run(workspace, _finished(number))
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        assert len(list_runs(workspace)) == RUNS
        times.append(time.perf_counter() - started)
    code = (
        "import sys, time; from core.workspace import Workspace;"
        "from core.train.runs import list_runs; w = Workspace.open(sys.argv[1]);"
        "t = time.perf_counter(); list_runs(w); print(time.perf_counter() - t)"
    )
    cold = min(
        float(subprocess.run([sys.executable, "-c", code, str(workspace.root)],
                             capture_output=True, text=True, check=True).stdout)
        for _ in range(REPEATS)
    )  # fmt: skip
    return [
        (f"{RUNS:,} runs, first look of a process", f"{cold:.3f} s", LIMITS["list"]),
        (f"{RUNS:,} runs, each look after it", f"{min(times):.3f} s", LIMITS["list"]),
    ]


def _finished(number: int) -> Run:
    """A record as long as a real one."""
    scores = [
        {"metric": metric, "value": 41.2, "low": 39.0, "high": 43.5, "n": 1_000, "unit": "points",
         "signature": "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"}
        for metric in ("bleu", "chrf", "ter")
    ]  # fmt: skip
    rows = [{"metric": row["metric"], "difference": 1.0, "low": 0.5, "high": 1.5, "p_value": 0.001,
             "a": 1.0, "b": 2.0, "examples_needed": None} for row in scores]  # fmt: skip
    return Run(
        run=f"d-{number}", state="succeeded", base="starter-translate", base_hash="0" * 64,
        method="full", preset="quick", task="translation", dataset=f"d{number % 7}",
        data_version="0" * 12, config=from_preset("quick").to_json(), seed=0, job=f"j-{number:08x}",
        created_at=record.now(), scores=scores, base_scores=scores,
        comparison={"n": 1_000, "metrics": rows}, train_seconds=45.0, steps=500,
        tokens_per_second=1e4, peak_memory_bytes=10**9, parameters=5_000_000,
        training={"tokens": 10**7, "device": "cpu", "threads": 2},
        files={f"file-{n}": "0" * 64 for n in range(6)}, environment=record.environment(),
        finished_at=record.now(),
    )  # fmt: skip


PARTS = {"overhead": overhead, "start": start, "list": listing}


def main(names: list[str]) -> None:
    """Measure, and write the table."""
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in names or list(PARTS):
            rows += PARTS[name](Path(scratch))
    path = table.write(
        "jobs", "What the job machinery costs", ("what", "measured", "wanted"), rows,
        f"Fastest of {REPEATS} rounds in turn ({STARTS} starts), on a machine that others used at "
        "the same time. starter-translate on the sample localise-de, batches of 16.",
    )  # fmt: skip
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(sys.argv[1:])
